"""``ictcli detect``: ICT patterns of stored bars with their whole life cycle."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command
from ictcli.errors import UsageError
from ictcli.options import INSTANT, seed_option, span_options, symbols_argument, timeframe_option
from ictcli.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

    from ictcli.commands.scoring import ScoreRequest
    from ictcli.detectors.journal import Subject
    from ictcli.detectors.reading import Log, View
    from ictcli.market.bars import SeriesKey
    from ictcli.market.calendars import Calendar
    from ictcli.market.timeframes import Timeframe
    from ictcli.store.partlog import DataRevision

_EXAMPLES = [
    "ictcli detect EURUSD -t M15",
    "ictcli detect EURUSD XAUUSD -t H1 --kind fvg,structure --start 7d",
    "ictcli detect XAUUSD -t M15 --events --nl",
    "ictcli detect XAUUSD -t M15 --as-of 2026-01-29T15:30Z",
    "ictcli detect XAUUSD -t M15 --verify",
    "ictcli detect XAUUSD -t M15 --kind fvg --score --gate config/gates.toml",
    "ictcli detect XAUUSD -t M15 --plot chart.html",
]
_LATEST = 10
_NOBODY = "none"


@click.command("detect", cls=Command, examples=_EXAMPLES)
@symbols_argument
@timeframe_option("M15")
@click.option("--kind", "kinds", metavar="NAME,...", help="Detectors to show; default: all.")
@click.option(
    "--with",
    "other",
    metavar="SYMBOL",
    help="Second symbol, for detectors that compare; kept until another, or none.",
)
@click.option("--source", metavar="NAME", help="Source of the bars; default: the symbol's primary one.")
@span_options
@click.option("--as-of", type=INSTANT, help="Only what was known at this instant; nothing is stored.")
@click.option("--events", is_flag=True, help="The log of what became known when, instead of the objects.")
@click.option("--nl", is_flag=True, help="One JSON object per row and line.")
@click.option("--verify", is_flag=True, help="Replay prefixes of the data; exit 3 if a record changes.")
@click.option("--score", is_flag=True, help="How well detectors announce moves, beside what chance would.")
@click.option(
    "--gate", type=click.Path(path_type=Path, dir_okay=False), help="With --score: exit 3 unless all pass."
)
@seed_option
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT",
    help="Draw a chart: OUT.html or OUT.png; the last 500 bars, or --start to --end.",
)
@click.option("--dark", is_flag=True, help="With --plot OUT.png: light on dark.")
@click.option("--follow", is_flag=True, help="Tell every new record, one JSON object per line, until Ctrl-C.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.01),
    metavar="SECONDS",
    help="With --follow: time between looks at the store; default: 1.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="With --follow: let a simulated market go on, this many times faster than real time.",
)
@click.pass_obj
def command(
    session: Session,
    symbols: tuple[str, ...],
    timeframe: "Timeframe",
    kinds: str | None,
    other: str | None,
    source: str | None,
    start: int | None,
    end: int | None,
    as_of: int | None,
    events: bool,
    nl: bool,
    verify: bool,
    score: bool,
    gate: Path | None,
    seed: int | None,
    plot: Path | None,
    dark: bool,
    follow: bool,
    interval: float | None,
    speed: float | None,
) -> None:
    """Find ICT patterns with their whole life cycle: one row per zone, level or point.

    Without SYMBOL every stored symbol is looked at. Results are kept and recomputed only when the bars or
    the parameters changed. --start and --end bound the time at which a row became known.
    """
    from ictcli.commands.scoring import ScoreRequest
    from ictcli.detectors.reading import View
    from ictcli.detectors.registry import choose

    _refuse_contradictions(session, events=events, nl=nl, verify=verify, as_of=as_of)
    _refuse_unscored(score=score, rows=events or nl or verify or as_of is not None, gate=gate, seed=seed)
    _refuse_undrawn(plot, dark=dark, other=events or nl or verify or score)
    rows = events or nl or verify or score or plot is not None
    _refuse_unfollowed(follow=follow, tempo=interval or speed, other=rows or bool(as_of or end))
    session.tend_catalog()
    names = choose([name.strip() for name in kinds.split(",")]) if kinds else ()
    subjects = _subjects(session, symbols, timeframe, source, other)
    if follow:
        _follow(session, subjects, names, start, interval or 1.0, speed)
    if verify:
        _verify(session, subjects, names)
        return
    if score:
        _score(session, subjects, ScoreRequest(names, start, end, gate, seed))
        return
    view = View(names, start, end)
    if plot is not None:
        _plot(session, subjects, plot, view, as_of, dark=dark)
        return
    _show(session, subjects, view, as_of, events=events, nl=nl)


def _refuse_contradictions(
    session: Session, *, events: bool, nl: bool, verify: bool, as_of: int | None
) -> None:
    if nl and session.out.json:
        raise UsageError("--json and --nl contradict each other", hint="Choose one of them.")
    if verify and (events or nl or as_of is not None):
        raise UsageError("--verify shows no rows", hint="Leave out --events, --nl and --as-of.")


def _refuse_unscored(*, score: bool, rows: bool, gate: Path | None, seed: int | None) -> None:
    if score and rows:
        raise UsageError("--score shows no rows", hint="Leave out --events, --nl, --as-of and --verify.")
    if not score and (gate is not None or seed is not None):
        raise UsageError("--gate and --seed are for --score", hint="Add --score, or leave them out.")


def _refuse_undrawn(plot: Path | None, *, dark: bool, other: bool) -> None:
    if plot is not None and other:
        raise UsageError("--plot shows no rows", hint="Leave out --events, --nl, --verify and --score.")
    if dark and (plot is None or plot.suffix.lower() != ".png"):
        raise UsageError("--dark is for --plot OUT.png", hint="A page follows the browser's theme.")


def _refuse_unfollowed(*, follow: bool, tempo: object, other: bool) -> None:
    if tempo and not follow:
        raise UsageError("--interval and --speed are for --follow", hint="Add --follow, or leave them out.")
    if follow and other:
        raise UsageError(
            "--follow tells what becomes known from now on",
            hint="Leave out --events, --nl, --verify, --score, --plot, --as-of and --end.",
        )


def _subjects(
    session: Session, symbols: tuple[str, ...], timeframe: "Timeframe", source: str | None, other: str | None
) -> list["Subject"]:
    """The stored series behind every symbol, all of them known before the first is looked at."""
    from ictcli.detectors.journal import Subject
    from ictcli.store.selection import stored_symbols

    found = []
    for symbol in symbols or stored_symbols(session.store, source):
        stored, hours = _series(session, symbol, timeframe, source)
        subject = Subject(stored, timeframe, hours)
        found.append(replace(subject, **_second(session, subject, source, other)))
    return found


def _series(
    session: Session, symbol: str, timeframe: "Timeframe", source: str | None
) -> tuple["SeriesKey", "Calendar"]:
    """The stored series that gives bars of a symbol, and the symbol's trading hours."""
    from ictcli.market.calendars import calendar
    from ictcli.store.selection import Selection, choose, stored_symbols

    selection = Selection(timeframe, source, None, None, session.config.config.primary)
    known = stored_symbols(session.store, source)
    spec = session.book.resolve(symbol)
    stored = choose(session.store, symbol if symbol in known or spec is None else spec.name, selection)
    if spec is None:
        _warn_unspecified(session, symbol, stored)
    return stored, calendar(spec.calendar if spec else "fx")


def _second(session: Session, subject: "Subject", source: str | None, other: str | None) -> dict[str, Any]:
    """The second series: the one asked for, else the one that the kept log was made with."""
    if other == _NOBODY:
        return {}
    if other is None:
        kept = session.store.part_log("detections", subject.key).manifest()
        if kept is None or not kept.other:
            return {}
        source, _, other = kept.other.partition("/")
    stored, hours = _series(session, other, subject.timeframe, source)
    if stored.symbol == subject.stored.symbol:
        raise UsageError(f"--with {other} is the symbol itself", hint="Choose one that moves with it.")
    return {"other": stored, "other_calendar": hours}


def _warn_unspecified(session: Session, symbol: str, stored: Any) -> None:
    from ictcli.market.symbols import stanza

    manifest = session.store.manifest(stored)
    session.out.warn(
        f"{symbol} has no specification; FX hours are assumed. Add to config/symbols.toml:\n"
        + stanza(symbol, manifest.digits if manifest else 0)
    )


def _show(
    session: Session, subjects: list["Subject"], view: "View", as_of: int | None, *, events: bool, nl: bool
) -> None:
    """Print the rows of every subject."""
    looks = (_look(session, subject, view, as_of, count=not nl) for subject in subjects)
    if nl:
        session.out.rows(row for _, log in looks for row in _rows(_tables(log, view, events=events)))
        return
    documents = list(looks)
    shown = (row for _, log in documents for row in _rows(_tables(log, view, events=events)))
    payload = {
        "series": [facts for facts, _ in documents],
        "events" if events else "detections": list(shown) if session.out.json else [],
    }
    session.out.emit(
        payload, lambda: "\n\n".join(_text(session, *one, view, events=events) for one in documents)
    )


def _look(
    session: Session, subject: "Subject", view: "View", as_of: int | None, *, count: bool
) -> tuple[dict[str, Any], "Log"]:
    """Facts about one series and its detections."""
    from ictcli.clock import iso
    from ictcli.detectors.journal import known_at, refresh
    from ictcli.detectors.reading import HeldLog, KeptLog

    config = session.config.config.detect
    _tell_refused(session, subject, view.names)
    key = subject.key
    found: Log
    if as_of is None:
        with session.out.progress("detecting") as progress:
            manifest, computed = refresh(session.store, subject, config, session.provenance(), progress)
        found = KeptLog(session.store.part_log("detections", key).folder, manifest)
        if not computed:
            session.out.note(f"{key}: up to date")
        elif manifest.revisions and manifest.revisions[-1].generation == manifest.generation:
            session.out.warn(_revision_text(str(key), manifest.revisions[-1]))
    else:
        found, computed = HeldLog(known_at(session.store, subject, config, as_of, view.names)), True
    facts = {
        "source": key.source,
        "symbol": key.symbol,
        "timeframe": str(key.timeframe),
        "with": subject.other_name or None,
        "as_of": None if as_of is None else iso(as_of),
        "up_to_date": not computed,
        "counts": found.counts(view) if count else [],
    }
    return facts, found


def _revision_text(title: str, revision: "DataRevision") -> str:
    from ictcli.clock import iso

    return (
        f"{title}: data_revision: closed bars changed from {iso(revision.first_ts)} on; "
        f"{revision.withdrawn} records were withdrawn and computed again"
    )


def _tell_refused(session: Session, subject: "Subject", names: tuple[str, ...]) -> None:
    """Say which detectors cannot work on the series; those that were asked for by name are an error."""
    from ictcli.detectors.journal import plan_of

    refused = plan_of(subject, session.config.config.detect, names).refused
    lines = [f"{name}: {reason}" for name, reason in refused.items()]
    if any(name.partition(".")[0] in names for name in refused):
        raise UsageError(f"{subject.key}: {'; '.join(lines)}", hint="Leave it out, or choose another -t.")
    for line in lines:
        session.out.note(f"{subject.key}: left out: {line}")


def _tables(log: "Log", view: "View", *, events: bool) -> Iterator["pa.Table"]:
    return log.events(view) if events else log.zones(view)


def _rows(tables: Iterable["pa.Table"]) -> Iterator[dict[str, Any]]:
    for table in tables:
        for batch in table.to_batches(max_chunksize=1000):
            yield from batch.to_pylist()


def _text(session: Session, facts: dict[str, Any], log: "Log", view: "View", *, events: bool) -> str:
    """What people see of one series."""
    title = f"{facts['source']}/{facts['symbol']}/{facts['timeframe']}"
    if facts["with"]:
        title += f" with {facts['with']}"
    if facts["as_of"]:
        title += f" as of {facts['as_of']}"
    counts = [[row["kind"], row["dir"], row["state"], row["count"]] for row in facts["counts"]]
    summary = session.out.table(["kind", "dir", "state", "count"], counts)
    latest, total = log.latest_events(view, _LATEST) if events else log.latest_zones(view, _LATEST)
    shown = [_cells(row) for row in _rows([latest])]
    if not shown:
        return f"{title}: nothing found"
    headers = list(shown[0])
    table = session.out.table(headers, [list(row.values()) for row in shown])
    return f"{title}\n{summary}\n\nLatest {len(shown)} of {total} rows (times in UTC)\n{table}"


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of a row that fit a terminal."""
    event = "record" in row
    price = row["level"] if row["level"] is not None else f"{row['bottom']}-{row['top']}"
    moment = row["at"] if event else row["confirmed_at"]
    label = "MSS" if row["mss"] else row["label"]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "dir": row["dir"],
        "label": label,
        "known at" if event else "confirmed": f"{moment:%Y-%m-%d %H:%M}",
        "price": price,
        "record" if event else "state": row["record"] if event else row["state"],
        "fill": None if row["fill"] is None else f"{row['fill']:.0%}",
    }


def _score(session: Session, subjects: list["Subject"], request: "ScoreRequest") -> None:
    """Score every subject; exit 3 unless the gate passes."""
    from ictcli.commands.scoring import show_scores

    for subject in subjects:
        _tell_refused(session, subject, request.names)
    show_scores(session, subjects, request)


def _plot(
    session: Session, subjects: list["Subject"], out: Path, view: "View", as_of: int | None, *, dark: bool
) -> None:
    """Draw the one subject."""
    from ictcli.commands.plotting import PlotRequest, show_plot

    if len(subjects) != 1:
        raise UsageError(f"a chart shows one symbol, not {len(subjects)}", hint="Name one SYMBOL.")
    request = PlotRequest(out, dark, view, as_of)
    _, log = _look(session, subjects[0], view, as_of, count=False)
    show_plot(session, subjects[0], log, request)


def _follow(
    session: Session,
    subjects: list["Subject"],
    names: tuple[str, ...],
    start: int | None,
    interval: float,
    speed: float | None,
) -> None:
    """Tell what becomes known until somebody stops it."""
    from ictcli.commands.following import FollowRequest, follow

    for subject in subjects:
        _tell_refused(session, subject, names)
    follow(session, subjects, FollowRequest(names, start, int(interval * 1e9), speed))


def _verify(session: Session, subjects: list["Subject"], names: tuple[str, ...]) -> None:
    """Replay every subject; exit 3 when a record changed."""
    from ictcli.detectors.journal import closed_bars, other_bars, plan_of
    from ictcli.detectors.verification import verify

    results = []
    for subject in subjects:
        _tell_refused(session, subject, names)
        with session.out.progress() as progress:
            bars = closed_bars(session.store, subject)
            plan = plan_of(subject, session.config.config.detect, names)
            results.append(verify(plan, bars, other_bars(session.store, subject), progress=progress))
    series = [
        {"series": str(subject.key), "first": result.first, "rewritten": result.rewritten}
        for subject, result in zip(subjects, results, strict=True)
    ]
    totals: dict[str, Any] = {
        "detectors": list(dict.fromkeys(name for result in results for name in result.detectors)),
        "prefixes": sum(result.prefixes for result in results),
        "rewritten": sum(result.rewritten for result in results),
        "batch_mismatches": sum(result.batch_mismatches for result in results),
    }
    text = "\n".join(f"{name}: {value}" for name, value in totals.items() if name != "detectors")
    session.out.emit({**totals, "series": series}, f"detectors: {', '.join(totals['detectors'])}\n{text}")
    if totals["rewritten"] or totals["batch_mismatches"]:
        first = next(result.first for result in results if result.first)
        session.out.finding(
            f"{first.detector} changed a record of bar {first.at} ({first.what})",
            "The detector looks ahead or depends on where it started: do not trade on it.",
        )
