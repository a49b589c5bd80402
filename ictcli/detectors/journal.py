"""Detections of a stored series: a log that is kept beside the bars and grows with them.

The log always holds every detector over the whole series, so a question about one kind or one month is a
view of it. What was known at an earlier instant is computed from the bars closed by then.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ictcli import __version__
from ictcli.clock import iso
from ictcli.config.records import DetectConfig
from ictcli.detectors.extension import Work, extend
from ictcli.detectors.plan import Plan
from ictcli.detectors.registry import configured
from ictcli.detectors.scan import Detections, plan_for, scan
from ictcli.detectors.warming import warm
from ictcli.errors import DataError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.calendars import Calendar
from ictcli.market.timeframes import Timeframe
from ictcli.store.partlog import LogManifest
from ictcli.store.serving import serve_bars
from ictcli.store.store import Store
from ictcli.telemetry import Progress, silent

LAYOUT = 1
"""Raised when the columns or the meaning of the kept rows change."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A series to look at.

    Attributes:
        stored: the stored series; of the wanted timeframe, one that nests in it, or ticks.
        timeframe: wanted.
        calendar: trading hours of the symbol.
        other: stored series of a second symbol, for detectors that compare; None for none.
        other_calendar: its trading hours.
    """

    stored: SeriesKey
    timeframe: Timeframe
    calendar: Calendar
    other: SeriesKey | None = None
    other_calendar: Calendar | None = None

    @property
    def key(self) -> SeriesKey:
        """Source and symbol of the stored series with the wanted timeframe."""
        return SeriesKey(self.stored.source, self.stored.symbol, self.timeframe)

    @property
    def other_name(self) -> str:
        """``source/symbol`` of the second series; empty for none."""
        return f"{self.other.source}/{self.other.symbol}" if self.other else ""


def plan_of(subject: Subject, config: DetectConfig, names: Iterable[str] = ()) -> Plan:
    """The plan for the named detectors on a subject, all of them when none is named.

    The second symbol is part of the parameters of the detectors that compare, and of their listeners'.

    Raises:
        UsageError: a name is unknown.
        ConfigError: ``detect.params`` is wrong.
    """
    settings = configured(config, subject.timeframe.ns, always_open=subject.calendar.always_open)
    if subject.other is None:
        return plan_for(names, settings)
    return plan_for(names, replace(settings, other=subject.other.symbol), pair=True)


def closed_bars(store: Store, subject: Subject, as_of: int | None = None) -> Bars:
    """The bars of a subject that were closed at ``as_of`` (nanoseconds UTC); None: at the end of the data.

    Raises:
        DataError: there are none.
    """
    bars = serve_bars(store, subject.stored, subject.timeframe, subject.calendar, as_of=as_of)
    if len(bars):
        return bars
    lacking = f"no closed {subject.timeframe} bars of {subject.stored}"
    if as_of is None:
        raise DataError(lacking, hint="Run `ictcli status` to see what is stored.")
    known = closed_bars(store, subject)
    raise DataError(
        f"{lacking} at {iso(as_of)}: the bars begin {iso(int(known.ts[0]))}",
        hint=f"Give --as-of {iso(int(known.ts_close[0]))} or later.",
    )


def other_bars(store: Store, subject: Subject, as_of: int | None = None) -> Bars | None:
    """The closed bars of the second symbol, possibly none; None when there is no second symbol."""
    if subject.other is None or subject.other_calendar is None:
        return None
    return serve_bars(store, subject.other, subject.timeframe, subject.other_calendar, as_of=as_of)


def bars_in_common(store: Store, subject: Subject) -> int:
    """How many closed bars of a subject have one of the second symbol beside them; 0 without one.

    Raises:
        DataError: the subject has no closed bars.
    """
    other = other_bars(store, subject)
    if other is None:
        return 0
    bars = closed_bars(store, subject)
    return len(np.intersect1d(bars.ts, other.ts, assume_unique=True))


def refresh(
    store: Store,
    subject: Subject,
    config: DetectConfig,
    provenance: Mapping[str, Any],
    progress: Progress = silent,
    *,
    thorough: bool = True,
) -> tuple[LogManifest, bool]:
    """Bring the log of a series up to date; only what is new or changed is computed.

    Args:
        store: where the series is.
        subject: the series.
        config: parameters of the detectors.
        provenance: written beside the log.
        progress: receives progress.
        thorough: compare the content of every file with its hash, not only the size.

    Returns:
        What the log consists of and whether it grew or changed.

    Raises:
        DataError: nothing is stored, a file is damaged, or a bar is not sound.
        Busy: another process is extending it.
    """
    log = store.part_log("detections", subject.key)
    kept = log.manifest()
    facts = _facts(store, subject, config)
    sound = log.whole if thorough else log.present
    if kept is not None and _current(kept, facts) and sound(kept):
        return kept, False
    warm(plan_of(subject, config), progress)
    with log.writer() as writer:
        if writer.before is not None and not sound(writer.before):
            writer.distrust()
        if writer.before is not None and _current(writer.before, facts):
            return writer.before, False
        work = _work(store, subject, config, facts)
        return extend(writer, log.folder, work, provenance, progress), True


def _current(kept: LogManifest, facts: tuple[str, str]) -> bool:
    return (kept.identity, kept.inputs) == facts


def _work(store: Store, subject: Subject, config: DetectConfig, facts: tuple[str, str]) -> Work:
    identity, inputs = facts
    return Work(
        plan=plan_of(subject, config),
        key=subject.key,
        bars=closed_bars(store, subject),
        other=other_bars(store, subject),
        identity=identity,
        inputs=inputs,
        other_name=subject.other_name,
    )


def known_at(
    store: Store, subject: Subject, config: DetectConfig, as_of: int, names: Iterable[str] = ()
) -> Detections:
    """Exactly what was known at an instant, from the bars closed by then and the open of the next one.

    Raises:
        DataError: no bar was closed by then.
    """
    closed = closed_bars(store, subject, as_of)
    known = closed_bars(store, subject)
    next_bar = int(np.searchsorted(known.ts, closed.ts[-1], "right"))
    opened = known.slice(next_bar, next_bar + 1)
    opened = opened.slice(0, int(np.searchsorted(opened.ts, as_of, "right")))
    plan = plan_of(subject, config, names)
    return scan(closed, subject.key, plan, other_bars(store, subject, as_of), opened=(opened, as_of))


def _facts(store: Store, subject: Subject, config: DetectConfig) -> tuple[str, str]:
    """Hashes of what the rows depend on besides the bars, and of the bars."""
    series = [subject.stored, *([subject.other] if subject.other else [])]
    manifests = [store.manifest(key) for key in series]
    hashes = []
    for key, manifest in zip(series, manifests, strict=True):
        if manifest is None:
            raise DataError(f"{key} is not stored", hint="Run `ictcli status` to see what is.")
        hashes.append(manifest.content_hash())
    facts = [__version__, str(LAYOUT), str(subject.timeframe), subject.calendar.name]
    facts += [f"{key} {manifest.digits}" for key, manifest in zip(series, manifests, strict=True) if manifest]
    plan = plan_of(subject, config)
    facts += [f"{node.title}|{node.detector.version}|{node.text}" for node in plan.nodes]
    return _hash(facts), _hash(hashes)


def _hash(facts: list[str]) -> str:
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
