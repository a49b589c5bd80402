"""What a fetch comes down to: which sources, each refreshed in turn, one failing source stopping no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from ictcli.clock import from_datetime, iso, parse_instant, to_datetime
from ictcli.config.records import FileSource, Mt5Source, SimSource, SourceConfig
from ictcli.errors import IctError, UsageError
from ictcli.market.timeframes import TICK, Timeframe, parse_timeframe
from ictcli.sources.quality import SeriesReport, merged
from ictcli.sources.registry import named, source, timeframe_name
from ictcli.sources.source import Failure, Harvest, Request, Surroundings

_OF_FILES = {
    "path": "--path",
    "symbol": "SYMBOL",
    "format": "--format",
    "source_tz": "--source-tz",
    "columns": "--column",
}
_OF_SIM = {"years": "--years", "seed": "--seed", "edge": "--edge"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says about the source.

    Attributes:
        source: name of a configured source or of a built-in kind; None for all configured ones.
        label: name to store under; None for the source's.
        options: options given, by config key: path, format, source_tz, columns, years, seed, edge.
    """

    source: str | None = None
    label: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def fetch(
    wishes: Wishes,
    request: Request,
    configured: Mapping[str, SourceConfig],
    folders: tuple[Path, Path],
    around: Surroundings,
) -> Harvest:
    """Refresh the sources that are meant.

    Args:
        wishes: which source, and how.
        request: symbols, timeframe, span.
        configured: the config's sources.
        folders: where the config's relative paths start, and those of the command line.
        around: store, symbols, callbacks.

    Raises:
        UsageError: nothing says what to fetch, or options do not fit the source.
    """
    harvest = Harvest()
    for name, config, given in _meant(wishes, configured, around.now):
        own = _completed(request, config, around.now, given)
        folder = folders[1] if "path" in given else folders[0]
        try:
            found = source(wishes.label or name, config, folder).fetch(own, around)
        except IctError as error:
            harvest.failures.append(Failure(name, name, error))
        else:
            harvest.reports.extend(found.reports)
            harvest.failures.extend(found.failures)
    return Harvest(merged(harvest.reports), harvest.failures)


def series_timeframe(text: str) -> Timeframe:
    """The timeframe called ``text``, or ``TICK``.

    Raises:
        UsageError: there is no such timeframe.
    """
    return TICK if text.upper() == TICK.name else parse_timeframe(text)


def worst(failures: Sequence[Failure]) -> IctError:
    """The failure to leave the program with: errors before what may go away by itself."""
    most = max(failures, key=lambda failure: (not failure.error.retryable, int(failure.error.code)))
    if len(failures) == 1:
        return most.error
    others = len(failures) - 1
    message = f"{most.what}: {most.error.message} (and {others} more failed)"
    return type(most.error)(message, hint=most.error.hint)


def unexplained(reports: Sequence[SeriesReport]) -> str:
    """One line about gaps that nothing explains; empty when there are none."""
    gappy = [report for report in reports if report.coverage.gaps.get("missing")]
    if not gappy:
        return ""
    gaps = sum(report.coverage.gaps["missing"] for report in gappy)
    bars = sum(report.coverage.missing_bars for report in gappy)
    names = ", ".join(str(report.key) for report in gappy[:5])
    return f"{gaps:,} unexplained gaps ({bars:,} bars) in {names}"


def _meant(
    wishes: Wishes, configured: Mapping[str, SourceConfig], now: int
) -> list[tuple[str, SourceConfig, Mapping[str, Any]]]:
    """Name, table and command-line options of each source that is meant."""
    name = wishes.source or ("file" if "path" in wishes.options else None)
    if name is None:
        if wishes.options or wishes.label:
            raise UsageError("options of a source need --source", hint="Add --source NAME.")
        if not configured:
            raise UsageError(
                "the config names no sources, so there is nothing to refresh",
                hint="Try: ictcli fetch EURUSD --source sim, or --source file --path FILE.",
            )
        return [(each, config, {}) for each, config in configured.items()]
    config = named(name, configured)
    if config is None:
        config = _built_in(name, wishes)
    return [(name, _with_options(name, config, wishes.options, now), wishes.options)]


def _built_in(name: str, wishes: Wishes) -> SourceConfig:
    if name == "sim":
        return SimSource()
    return Mt5Source() if name == "mt5" else FileSource(path=_path(wishes))


def _path(wishes: Wishes) -> str:
    path = wishes.options.get("path")
    if not path:
        raise UsageError("--source file needs --path", hint="Name a file or glob: --path export.csv.")
    return str(path)


def _with_options(name: str, config: SourceConfig, options: Mapping[str, Any], now: int) -> SourceConfig:
    foreign = _foreign(config)
    for key in options:
        if key in foreign:
            raise UsageError(f"{foreign[key]} does not apply to the source {name!r}", hint="Leave it out.")
    changes = dict(options)
    if "columns" in changes:
        changes["columns"] = _column_map(changes["columns"])
    if isinstance(config, SimSource) and (years := changes.pop("years", None)):
        changes["end"] = iso(years_later(parse_instant(config.start, now=now), years))
    return changed(config, **changes) if changes else config


def _foreign(config: SourceConfig) -> Mapping[str, str]:
    """Options of other kinds of sources, as they are written on the command line."""
    if isinstance(config, Mt5Source):
        return _OF_FILES | _OF_SIM
    return _OF_FILES if isinstance(config, SimSource) else _OF_SIM


def _column_map(pairs: Sequence[str]) -> dict[str, str]:
    columns = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise UsageError(
                f"--column {pair!r} is not OURS=THEIRS", hint="For example: --column close=Last."
            )
        columns[ours.strip()] = theirs.strip()
    return columns


def _completed(request: Request, config: SourceConfig, now: int, given: Mapping[str, Any]) -> Request:
    """The request with what the source's table adds to it."""
    if isinstance(config, SimSource):
        years = given.get("years")
        if years and request.start is not None and request.end is None:
            return replace(request, end=years_later(request.start, years))
        return request
    name = timeframe_name(config)
    if name and request.timeframe is None:
        return replace(request, timeframe=parse_timeframe(name))
    return request


def years_later(start: int, years: int) -> int:
    """The same date and time ``years`` later (28 February for a leap day), nanoseconds UTC."""
    moment: datetime = to_datetime(start)
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return from_datetime(moment.replace(year=moment.year + years, day=day))
