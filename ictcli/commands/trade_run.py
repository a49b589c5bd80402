"""What ``ictcli trade`` does: permission first, then the loop, then what it showed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ictcli.commands.trade_options import TradeOptions
from ictcli.commands.trade_result import result_text, verdict_of
from ictcli.commands.trade_watching import seen_by, watched
from ictcli.errors import DataError, ExitCode, OutcomeUnknown, UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.market.timeframes import Timeframe
    from ictcli.research.choices import Choice
    from ictcli.research.modelled import AskedModel
    from ictcli.telemetry import Progress
    from ictcli.trading.demotion import DemotionWatch
    from ictcli.trading.ending import Ending
    from ictcli.trading.graduation import Graduations, Standing
    from ictcli.trading.request import Outside, Traded, TradeRequest
    from ictcli.trading.service import Service


def request_of(
    session: Session,
    options: TradeOptions,
    symbols: tuple[str, ...],
    strategies: tuple[str, ...],
    params: tuple[str, ...],
    model: str | None,
    timeframes: "tuple[Timeframe, ...]",
    seed: int | None,
) -> "TradeRequest":
    """What is asked for, with what the configuration adds.

    Raises:
        UsageError: nothing to trade.
        DataError: there is no such model.
    """
    from ictcli.commands.backtest_run import distinct
    from ictcli.commands.trade_span import span_of
    from ictcli.research.choices import parse_params
    from ictcli.trading.request import TradeRequest

    config = session.config.config
    asked = _model_of(session, model)
    named = symbols or ((asked.symbol,) if asked else config.trade.symbols)
    chosen = strategies or (() if asked else config.trade.strategies)
    if not chosen and asked is None:
        raise UsageError(
            "nothing to trade", hint="Add --strategy NAME or --model NAME, or set trade.strategies."
        )
    if not named:
        raise UsageError("no symbol to trade", hint="Name one, or set trade.symbols.")
    traded, chain = distinct(session, named), _timeframes(timeframes, asked, config.trade.timeframe)
    start, end = span_of(session, options.replay, traded, chain, options.source)
    return TradeRequest(
        symbols=traded,
        strategies=chosen,
        params=parse_params(params),
        timeframes=chain,
        model=asked,
        mode=options.mode,
        broker=options.broker or (config.trade.broker if options.live else ""),
        start=start,
        end=end,
        speed=options.speed or ("max" if options.mode == "replay" else 1.0),
        once=options.once,
        dry_run=options.dry_run,
        confirm_account=options.confirm_account,
        source=options.source,
        seed=config.backtest.seed if seed is None else seed,
    )


def _timeframes(
    given: "tuple[Timeframe, ...]", asked: "AskedModel | None", configured: str
) -> "tuple[Timeframe, ...]":
    from ictcli.market.timeframes import parse_timeframe

    if not given:
        return (asked.timeframe if asked else parse_timeframe(configured),)
    if asked is not None and len(set(given)) > 1:
        raise UsageError(
            f"a model judges bars of one timeframe, and {len(set(given))} are given",
            hint=f"Trade it on {asked.timeframe} alone, in a session of its own.",
        )
    return tuple(sorted(set(given), key=lambda one: one.ns))


def _model_of(session: Session, reference: str | None) -> "AskedModel | None":
    if reference is None:
        return None
    from ictcli.learning.lockbox import LOCKBOX_LOG, openings
    from ictcli.models.version import split_reference
    from ictcli.research.modelled import AskedModel

    name, which = split_reference(reference)
    version = session.models.load(name, which or "champion")
    log = openings(session.store.state_dir / LOCKBOX_LOG)
    return AskedModel(version, tuple((one.first, one.last) for one in log if one.model == version.reference))


def run(session: Session, request: "TradeRequest") -> None:
    """Trade, show what came of it, and leave with its exit code.

    Raises:
        PolicyRefused: a rule forbids to trade; names everything that is missing.
        OutcomeUnknown: it ended with an outcome unknown.
        Exit: somebody pressed Ctrl-C, after ending in good order.
    """
    from ictcli.commands.trade_starting import early_code, show_early, starting, told_to
    from ictcli.research.backtest import Workshop
    from ictcli.trading.control import control_folder
    from ictcli.trading.ending import Ending
    from ictcli.trading.latch import Latch
    from ictcli.trading.permission import refuse_halted

    choices = _choices(session, request)
    state = session.config.state_dir
    latch = Latch(control_folder(state))
    refuse_halted(latch, request)
    live = request.mode == "live"
    standings = _standings(session, request, choices) if live else []
    _permit(session, request, standings)
    for one in standings:
        if one.evidence.net < 0:
            session.out.warn(f"{one.mark}: its {one.shown}")
    request = replace(request, graduated=tuple(one.mark for one in standings if one.graduated))
    if latch.reason() is None:
        latch.reserve()
    from ictcli.trading.service import Service
    from ictcli.trading.session import run_trade

    shop = Workshop(session.store, session.book, session.config.config, session.workspace)
    ending, service = Ending(control_folder(state)), Service(session.environ)
    requests: list[Mapping[str, Any]] = []
    try:
        with (
            starting(session, request, ending, service),
            watched(session, request) as watch,
            session.out.progress("starting") as progress,
        ):
            demotion = _watch(session, request, standings)
            outside = _outside(session, ending, service, demotion, told_to(service, progress), requests)
            traded = run_trade(request, shop, seen_by(outside, watch))
    except KeyboardInterrupt:
        if ending.engaged or not ending.why():
            raise
        show_early(session, request, ending)
        if ending.interrupted:
            raise click.exceptions.Exit(early_code(ending)) from None
        return
    more = {"requests": requests} if request.dry_run and session.out.json else {}
    _finish(session, request, choices, traded, more, interrupted=ending.interrupted)


def _choices(session: Session, request: "TradeRequest") -> "list[Choice]":
    """The strategies, or the model alone; each must decide bar by bar."""
    from ictcli.strategies.expression import Expression
    from ictcli.trading.session_floor import choices_of

    choices = list(choices_of(request, session.config.config))
    for choice in choices:
        if isinstance(choice.strategy, Expression):
            raise UsageError(
                f"{choice.strategy.name} is an expression over whole columns, for research only",
                hint="Trading needs a step that decides bar by bar: see docs/write-a-strategy.md.",
            )
    return choices


def _standings(session: Session, request: "TradeRequest", choices: "Sequence[Choice]") -> "list[Standing]":
    """Where the strategies stand; asked for only where it counts, as whole journals are gone through."""
    if request.mode == "replay" or request.dry_run:
        return []
    from ictcli.ledger.address import find_place, paper_place
    from ictcli.trading.demotion import review_all
    from ictcli.trading.graduation import strategy_mark

    config, state = session.config.config, session.config.state_dir
    model = request.model.version if request.model else None
    return review_all(
        [paper_place(state), find_place(state, session.environ)],
        [strategy_mark(choice, model) for choice in choices],
        _graduations(session),
        config.trade,
        float(config.backtest.slippage_points),
        session.now,
    )


def _graduations(session: Session) -> "Graduations":
    from ictcli.ledger.chain import read_key
    from ictcli.trading.graduation import Graduations

    state = session.config.state_dir
    return Graduations(state, read_key(state / "secret.key"))


def _permit(session: Session, request: "TradeRequest", standings: "Sequence[Standing]") -> None:
    """Refuse what must not be begun; what only the broker can tell is asked for once logged in."""
    from ictcli.brokers.opening import find_broker
    from ictcli.trading.permission import missing_before_login, require

    config = session.config.config
    broker = find_broker(request.broker, config.brokers) if request.broker else None
    if request.mode == "live" and not request.dry_run:
        require(missing_before_login(request, broker, config, standings))


def _watch(
    session: Session, request: "TradeRequest", standings: "Sequence[Standing]"
) -> "DemotionWatch | None":
    if request.mode != "live" or request.dry_run:
        return None
    from ictcli.ledger.address import find_place
    from ictcli.trading.demotion import DemotionWatch

    config = session.config.config
    place = find_place(session.config.state_dir, session.environ)
    return DemotionWatch(place, standings, config.trade, float(config.backtest.slippage_points))


def _outside(
    session: Session,
    ending: "Ending",
    service: "Service",
    watch: "DemotionWatch | None",
    progress: "Progress",
    requests: list[Mapping[str, Any]],
) -> "Outside":
    """What the loop sees of the world; what it shows is printed at once, or kept for the one document."""
    from ictcli.clock import monotonic
    from ictcli.trading.request import Outside

    def asked() -> str:
        if watch is not None and (reason := watch.look(monotonic())):
            ending.end(reason)
        why = ending.why()
        if why:
            service.ending(why)
        return why

    def show(document: Mapping[str, Any]) -> None:
        if session.out.json:
            requests.append(document)
        else:
            session.out.rows([document])

    return Outside(
        ending=asked,
        alive=lambda status: service.alive(status, monotonic()),
        ready=service.ready,
        tell=session.out.note,
        show=show,
        progress=progress,
        provenance=session.provenance(),
        environ=session.environ,
        engage=ending.engage,
    )


def _finish(
    session: Session,
    request: "TradeRequest",
    choices: "Sequence[Choice]",
    traded: "Traded",
    more: Mapping[str, Any],
    *,
    interrupted: bool,
) -> None:
    """Show what came of it and leave."""
    from ictcli.trading.restriction import restricted

    document = {**traded.document, **more}
    standings, refused = _verdicts(session, request, choices)
    document["graduation"] = [verdict_of(one) for one in standings]
    document["quality"] = _quality(session, request)
    session.out.emit(document, lambda: result_text(session, document))
    if line := restricted(document["state"], document["state_reason"]):
        session.out.warn(line)
    if traded.code is ExitCode.UNKNOWN_OUTCOME:
        raise OutcomeUnknown(
            "it ended with an order whose outcome is not known", hint="Run `ictcli status`, then start again."
        )
    if refused is not None:
        raise refused
    if interrupted:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    if traded.code is not ExitCode.OK:
        raise click.exceptions.Exit(traded.code)


def _verdicts(
    session: Session, request: "TradeRequest", choices: "Sequence[Choice]"
) -> "tuple[list[Standing], DataError | None]":
    """Where the strategies stand, or what refuses to say: a session that ended is shown all the same."""
    try:
        return _standings(session, request, choices), None
    except DataError as error:
        return [], error


def _quality(session: Session, request: "TradeRequest") -> dict[str, Any] | None:
    """How well the orders of the ledger were executed; None for a dry run, which sends none."""
    if request.dry_run:
        return None
    from ictcli.ledger.address import place_of
    from ictcli.ledger.opening import reading
    from ictcli.ledger.stored import entry_of
    from ictcli.trading.quality import execution_quality

    place = place_of(request.ledger, session.config.state_dir, session.environ)
    with reading(place.address) as stored:
        entries = [entry_of(event) for event in stored.events()]
    return execution_quality(entries, seed=request.seed)
