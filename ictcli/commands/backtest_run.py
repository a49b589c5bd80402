"""What ``ictcli backtest`` runs: one run, a search or a walk-forward; before it, a check for look-ahead."""

from typing import TYPE_CHECKING, Any

from ictcli.commands.backtest_options import FileOptions, SearchOptions, StudyOptions
from ictcli.errors import UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.research.backtest import Backtest, Request, Workshop
    from ictcli.research.modelled import AskedModel
    from ictcli.research.studies.request import Studies
    from ictcli.telemetry import Progress


def distinct(session: Session, symbols: tuple[str, ...]) -> tuple[str, ...]:
    """The symbols without those that another one of them names already, as ``GOLD`` does beside ``XAUUSD``.

    Raises:
        ConfigError: a symbol has no specification.
    """
    from ictcli.store.selection import has_bars

    named: dict[str, str] = {}
    for symbol in symbols:
        stored = symbol if has_bars(session.store, symbol) else session.book.require(symbol).name
        if stored in named:
            session.out.note(f"{symbol} is {stored}, which {named[stored]} names already: taken once")
        named.setdefault(stored, symbol)
    return tuple(named.values())


def model_of(
    session: Session,
    reference: str | None,
    strategies: tuple[str, ...],
    search: SearchOptions,
    studied: StudyOptions,
) -> "AskedModel | None":
    """The model that ``--model`` names, with what was opened of its lockbox; None where none is named.

    Raises:
        UsageError: neither strategy nor model, or a model together with what it cannot serve.
        DataError: there is no such model or version.
    """
    if reference is None:
        if not strategies:
            raise UsageError("nothing to trade", hint="Add --strategy NAME, or --model NAME.")
        return None
    if search.any:
        raise UsageError(
            "--model is one that was trained, and a search tries many strategies",
            hint="Leave out --sweep and --walk-forward; `ictcli train --tune` searches models.",
        )
    if studied.check_lookahead and not strategies:
        raise UsageError("--check-lookahead replays a strategy", hint="Add --strategy, or leave it out.")
    from ictcli.learning.lockbox import LOCKBOX_LOG, openings
    from ictcli.models.version import split_reference
    from ictcli.research.modelled import AskedModel

    name, which = split_reference(reference)
    version = session.models.load(name, which or "champion")
    log = openings(session.store.state_dir / LOCKBOX_LOG)
    looked = tuple((one.first, one.last) for one in log if one.model == version.reference)
    return AskedModel(version, looked)


def studies_of(studied: StudyOptions) -> "Studies":
    """The studies that were asked for, refused where they cannot be done."""
    from ictcli.research.studies.request import Studies, check_studies

    studies = Studies(
        costs=studied.costs,
        null=studied.null or 0,
        monte_carlo=studied.monte_carlo or 0,
        jobs=studied.jobs or 1,
        backend=studied.backend or "loky",
    )
    check_studies(studies)
    return studies


def look_ahead(
    session: Session, request: "Request", shop: "Workshop", progress: "Progress", *, asked: bool
) -> dict[str, Any] | None:
    """The ``lookahead`` part of the document; None where nothing was checked.

    Raises:
        Finding: a strategy looks ahead; the document has been printed.
    """
    from ictcli.research.backtest import load_floor
    from ictcli.research.choices import choose_strategies
    from ictcli.research.studies.lookahead import check_lookahead, needs_check

    if not request.strategies:
        return None
    choices = choose_strategies(request.strategies, shop.config.strategies, request.params)
    if not asked and not needs_check(choices):
        return None
    from ictcli.strategies.lookahead import refuse_lookahead

    floor, _ = load_floor(request, shop, progress)
    document, name, found = check_lookahead(floor, choices, shop.config, progress)
    if found.first is not None:
        session.out.emit({"strategy": name, "lookahead": document}, "")
    refuse_lookahead(name, found)
    return document


def paper(
    session: Session, request: "Request", shop: "Workshop", search: SearchOptions, progress: "Progress"
) -> dict[str, Any]:
    """The ``paper`` part of the document: the same bars through the whole path of paper trading.

    Raises:
        UsageError: together with a search, which trades many strategies.
        ConfigError: a strategy does not decide bar by bar.
    """
    if search.any:
        raise UsageError(
            "--verify-paper trades one choice of strategies, and a search tries many",
            hint="Leave out --sweep and --walk-forward.",
        )
    from ictcli.research.backtest import trade
    from ictcli.trading.serving import streams
    from ictcli.trading.verifying import verify_paper

    found = trade(request, shop, progress)
    models = streams(request.model, found.choices, found.floor.series[0], session.store, shop.config)
    return verify_paper(found, models, progress)


def run(
    session: Session,
    request: "Request",
    shop: "Workshop",
    search: SearchOptions,
    studies: "Studies",
    progress: "Progress",
) -> "Backtest":
    """The run that was asked for, kept."""
    from ictcli.research.studies.request import studied_backtest

    common: dict[str, Any] = {
        "now": session.now,
        "provenance": session.provenance(),
        "progress": progress,
    }
    if not search.any:
        return studied_backtest(request, shop, studies, **common)
    from ictcli.research.search.ranges import parse_axis
    from ictcli.research.search.sweep_run import Search, sweep
    from ictcli.research.search.walk_forward import parse_walk_forward
    from ictcli.research.search.walk_forward_run import walk_forward

    axes = tuple(parse_axis(text) for text in search.sweeps)
    how = Search(axes, search.random, search.metric, search.compared)
    if search.walk_forward is None:
        return sweep(request, shop, how, studies, **common)
    plan = parse_walk_forward(search.walk_forward)
    return walk_forward(request, shop, how, plan, studies, **common)


def show(
    session: Session,
    document: dict[str, Any],
    lookahead: dict[str, Any] | None,
    traded: dict[str, Any] | None,
) -> None:
    """Print a run with what was checked beside it.

    Raises:
        Finding: trades on paper differ.
    """
    checks = {"lookahead": lookahead, "paper": traded}
    whole = document | {name: check for name, check in checks.items() if check is not None}
    session.out.emit(whole, lambda: result_text(document, lookahead, traded))
    if traded is not None and traded["mismatches"]:
        session.out.finding("trades on paper differ from the backtest", "The first of them are listed above.")


def result_text(
    document: dict[str, Any], lookahead: dict[str, Any] | None, traded: dict[str, Any] | None
) -> str:
    """What people see of a run."""
    from ictcli.reports import summary
    from ictcli.reports.forward_tables import forward_tables
    from ictcli.reports.study_tables import study_tables

    blocks = [summary.result_text(document)]
    blocks += ["\n".join(lines) for lines in (*study_tables(document), *forward_tables(document))]
    if lookahead is not None:
        blocks.append(lookahead_line(lookahead))
    if traded is not None:
        blocks.append(paper_line(traded))
    blocks.append(f"Report: ictcli report {document['run']}")
    return "\n\n".join(blocks)


def lookahead_line(found: dict[str, Any]) -> str:
    """What the replays showed where nothing gave itself away, and no more than that."""
    return (
        f"Look-ahead: none found; {found['bars_checked']:,} of {found['bars']:,} bars decided alike"
        f" in {found['checked']:,} replays with another future, cut at {found['moments']:,} moments"
    )


def paper_line(found: dict[str, Any]) -> str:
    """What came of trading the same bars on paper."""
    if not found["mismatches"]:
        return f"Paper: all {found['compared']:,} trades equal, to the last digit"
    lines = [f"Paper: {found['mismatches']:,} of {found['compared']:,} trades differ"]
    lines += [
        f"  trade {one['trade'] + 1}: {one['field']} {one['backtest']} in the backtest, not {one['paper']}"
        for one in found["first"]
    ]
    return "\n".join(lines)


def write_files(
    session: Session, files: FileOptions, document: dict[str, Any], *, allow_inconclusive: bool
) -> None:
    """Write what machines read.

    Raises:
        DataError: the disk refuses.
    """
    from ictcli.reports.junit import junit_xml
    from ictcli.reports.markdown import markdown_summary
    from ictcli.store.atomic import write_named

    if files.junit is not None:
        text = junit_xml(document, allow_inconclusive=allow_inconclusive)
        write_named(session.cwd / files.junit, text.encode(), shared=True)
    if files.summary is not None:
        write_named(session.cwd / files.summary, markdown_summary(document).encode(), shared=True)
