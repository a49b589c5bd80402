"""``ictcli detect``: ICT patterns of stored bars with their whole life cycle."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command
from ictcli.commands.detect_checks import (
    chosen_kinds,
    refuse_contradictions,
    refuse_undrawn,
    refuse_unfollowed,
    refuse_unscored,
)
from ictcli.commands.given_files import gate_file, refuse_unwritable
from ictcli.errors import UsageError
from ictcli.options import INSTANT, seed_option, span_options, symbols_argument, timeframe_option
from ictcli.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

    from ictcli.commands.detect_compiling import Told
    from ictcli.commands.scoring import ScoreRequest
    from ictcli.detectors.journal import Subject
    from ictcli.detectors.reading import Log, View
    from ictcli.market.timeframes import Timeframe

_EXAMPLES = [
    "ictcli detect EURUSD -t M15",
    "ictcli detect EURUSD XAUUSD -t H1 --kind fvg,structure --start 7d",
    "ictcli detect XAUUSD -t M15 --events --nl",
    "ictcli detect XAUUSD -t M15 --as-of 2026-01-29T15:30Z",
    "ictcli detect XAUUSD -t M15 --verify",
    "ictcli detect XAUUSD -t M15 --kind fvg --score --gate config/gates.toml",
    "ictcli detect XAUUSD -t M15 --plot chart.html",
]


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
    refuse_contradictions(session.out, events=events, nl=nl, verify=verify, as_of=as_of)
    refuse_unscored(score=score, rows=events or nl or verify or as_of is not None, gate=gate, seed=seed)
    refuse_undrawn(plot, dark=dark, other=events or nl or verify or score)
    rows = events or nl or verify or score or plot is not None
    refuse_unfollowed(follow=follow, tempo=interval or speed, other=rows or bool(as_of or end))
    refuse_unwritable(session, "--plot", plot)
    if gate is not None:
        gate_file(session, gate)
    names = chosen_kinds(kinds)

    from ictcli.commands.detect_compiling import compiling_told
    from ictcli.commands.detect_subjects import Choice, subjects_of
    from ictcli.commands.scoring import ScoreRequest
    from ictcli.detectors.reading import View
    from ictcli.detectors.registry import check_parameters

    check_parameters(session.config.config.detect, session.config.origin)
    session.tend_catalog()
    kept = not (verify or score or as_of is not None)
    subjects = subjects_of(session, symbols, Choice(timeframe, source, other, kept))
    view = View(names, start, end)
    with compiling_told(session.out) as told:
        if follow:
            _warm(session, subjects, told)
            _follow(session, subjects, view, interval or 1.0, speed)
        elif verify:
            _verify(session, subjects, names)
        elif score:
            _score(session, subjects, ScoreRequest(names, start, end, gate, seed))
        elif plot is not None:
            _plot(session, subjects, plot, Look(view, as_of, told), dark=dark)
        else:
            _show(session, subjects, Look(view, as_of, told), events=events, nl=nl)


@dataclass(frozen=True, slots=True)
class Look:
    """How to look at a series.

    Attributes:
        view: what to show.
        as_of: instant of interest, nanoseconds UTC; None for the end of the data.
        told: tells of compiling.
    """

    view: "View"
    as_of: int | None
    told: "Told"


def _show(session: Session, subjects: list["Subject"], look: Look, *, events: bool, nl: bool) -> None:
    """Print the rows of every subject."""
    from ictcli.commands.detect_text import rows_of, series_text

    view = look.view
    looks = (_look(session, subject, look, count=not nl) for subject in subjects)
    if nl:
        session.out.rows(row for _, log in looks for row in rows_of(_tables(log, view, events=events)))
        return
    documents = list(looks)
    shown = (row for _, log in documents for row in rows_of(_tables(log, view, events=events)))
    payload = {
        "series": [facts for facts, _ in documents],
        "events" if events else "detections": list(shown) if session.out.json else [],
    }
    session.out.emit(
        payload,
        lambda: "\n\n".join(
            series_text(facts, log, view, session.out.table, events=events) for facts, log in documents
        ),
    )


def _look(session: Session, subject: "Subject", look: Look, *, count: bool) -> tuple[dict[str, Any], "Log"]:
    """Facts about one series and its detections."""
    from ictcli.clock import iso
    from ictcli.commands.detect_text import revision_text
    from ictcli.detectors.journal import known_at, refresh
    from ictcli.detectors.reading import HeldLog, KeptLog

    config = session.config.config.detect
    view, as_of = look.view, look.as_of
    left_out = _tell_refused(session, subject, view.names)
    key = subject.key
    found: Log
    if as_of is None:
        with session.out.progress("detecting") as progress:
            watched = look.told.watched(progress)
            manifest, computed = refresh(session.store, subject, config, session.provenance(), watched)
        found = KeptLog(session.store.part_log("detections", key).folder, manifest)
        if not computed:
            session.out.note(f"{key}: up to date")
        elif manifest.revisions and manifest.revisions[-1].generation == manifest.generation:
            session.out.warn(revision_text(str(key), manifest.revisions[-1]))
    else:
        found, computed = HeldLog(known_at(session.store, subject, config, as_of, view.names)), True
    facts = {
        "source": key.source,
        "symbol": key.symbol,
        "timeframe": str(key.timeframe),
        "with": subject.other_name or None,
        "as_of": None if as_of is None else iso(as_of),
        "up_to_date": not computed,
        "left_out": left_out,
        "counts": found.counts(view) if count else [],
    }
    return facts, found


def _tell_refused(session: Session, subject: "Subject", names: tuple[str, ...]) -> dict[str, str]:
    """Say in one line which detectors cannot work on the series; those that were asked for are an error.

    Returns:
        Why each is left out, by name.
    """
    from ictcli.commands.detect_text import by_detector, left_out_text
    from ictcli.detectors.journal import plan_of
    from ictcli.detectors.plan import NEEDS_PAIR

    plan = plan_of(subject, session.config.config.detect, names)
    refused = by_detector(plan.refused, (node.detector.name for node in plan.nodes))
    if asked := [f"{name}: {reason}" for name, reason in refused.items() if name in names]:
        paired = all(refused[name] == NEEDS_PAIR for name in refused if name in names)
        hint = "Add --with SYMBOL." if paired else "Leave it out of --kind, or choose another -t."
        raise UsageError(f"{subject.key}: {'; '.join(asked)}", hint=hint)
    if refused:
        session.out.note(f"{subject.key}: {left_out_text(str(subject.timeframe), refused)}")
    return refused


def _tables(log: "Log", view: "View", *, events: bool) -> Iterator["pa.Table"]:
    return log.events(view) if events else log.zones(view)


def _score(session: Session, subjects: list["Subject"], request: "ScoreRequest") -> None:
    """Score every subject; exit 3 unless the gate passes."""
    from ictcli.commands.scoring import show_scores

    for subject in subjects:
        _tell_refused(session, subject, request.names)
    show_scores(session, subjects, request)


def _plot(session: Session, subjects: list["Subject"], out: Path, look: Look, *, dark: bool) -> None:
    """Draw the one subject."""
    from ictcli.commands.plotting import PlotRequest, show_plot

    if len(subjects) != 1:
        raise UsageError(f"a chart shows one symbol, not {len(subjects)}", hint="Name one SYMBOL.")
    request = PlotRequest(out, dark, look.view, look.as_of)
    _, log = _look(session, subjects[0], look, count=False)
    show_plot(session, subjects[0], log, request)


def _warm(session: Session, subjects: list["Subject"], told: "Told") -> None:
    """Compile what a follower needs before it starts; followers report no progress."""
    from ictcli.detectors.journal import plan_of
    from ictcli.detectors.warming import warm

    with session.out.progress() as progress:
        for subject in subjects:
            warm(plan_of(subject, session.config.config.detect), told.watched(progress))


def _follow(
    session: Session, subjects: list["Subject"], view: "View", interval: float, speed: float | None
) -> None:
    """Tell what becomes known until somebody stops it."""
    from ictcli.commands.following import FollowRequest, follow

    for subject in subjects:
        _tell_refused(session, subject, view.names)
    follow(session, subjects, FollowRequest(view.names, view.start, int(interval * 1e9), speed))


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
