"""What a session trades: series, strategies, model, account."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ictcli.clock import now_ns
from ictcli.config.loading import fingerprint
from ictcli.config.records import Config
from ictcli.errors import UsageError
from ictcli.ledger.bodies import Start
from ictcli.market.bars import Bars
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Request, Workshop, load_floor
from ictcli.research.choices import Choice, choose_strategies
from ictcli.research.modelled import exits_of
from ictcli.research.series import Series
from ictcli.strategies.forecast import Forecast
from ictcli.trading.assembly import Assembled, assemble
from ictcli.trading.graduation import strategy_mark
from ictcli.trading.minds import ModelStream
from ictcli.trading.permission import refuse_netted_timeframes
from ictcli.trading.request import Outside, TradeRequest
from ictcli.trading.serving import serving_streams, streams


@dataclass(frozen=True, slots=True)
class SessionFloor:
    """Series and strategies, and the account before its first bar.

    Attributes:
        floor: series with all the bars that were asked for, the shortest timeframe of each symbol first.
        choices: strategies.
        assembled: the account.
        timeframes: of every series.
        marks: of the strategies, as evidence knows them.
        identity: what is traded and how.
    """

    floor: Floor
    choices: tuple[Choice, ...]
    assembled: Assembled
    timeframes: tuple[str, ...]
    marks: tuple[str, ...]
    identity: str


def lay_floor(request: TradeRequest, shop: Workshop, outside: Outside, start: int | None) -> SessionFloor:
    """Load series from an instant on, and put the account together.

    Raises:
        DataError: bars are missing.
        ConfigError: a strategy does not decide bar by bar, or money cannot be counted.
        UsageError: several sources have a symbol and none is preferred.
    """
    refuse_netted_timeframes(request, shop.config.account.mode)
    floor = _floor_of(request, shop, outside, start)
    choices = choices_of(request, shop.config)
    series = floor.series[0]
    if request.mode == "replay":
        models = streams(request.model, choices, series, shop.store, shop.config)
    else:
        models = serving_streams(
            request.model, choices, series, shop.store, shop.config, now_ns(), outside.tell
        )
    assembled = assemble(floor, choices, shop.config, models, keeps=request.mode == "replay")
    marks = marks_of(choices, models)
    timeframes = tuple(one.key.timeframe.name for one in floor.series)
    identity = identity_of(floor, timeframes, choices, shop, request)
    return SessionFloor(floor, choices, assembled, timeframes, marks, identity)


def _floor_of(request: TradeRequest, shop: Workshop, outside: Outside, start: int | None) -> Floor:
    """Every symbol on every timeframe; profits are converted by series of the shortest."""
    floors = []
    for timeframe in request.timeframes:
        asked = Request(
            symbols=request.symbols, strategies=request.strategies, params=request.params,
            timeframe=timeframe, source=request.source, start=start, end=request.end,
            seed=request.seed, gate=None, model=request.model,
        )  # fmt: skip
        floors.append(load_floor(asked, shop, outside.progress)[0])
    first = floors[0]
    traded = [(one, fine) for own in floors for one, fine in _paired(own)[: own.traded]]
    series, fine = zip(*traded, *_paired(first)[first.traded :], strict=True)
    return Floor(series, len(traded), fine, first.news)


def _paired(floor: Floor) -> list[tuple[Series, Bars | None]]:
    return list(zip(floor.series, floor.fine, strict=True))


def choices_of(request: TradeRequest, config: Config) -> tuple[Choice, ...]:
    """The strategies, or the model alone, which is a strategy too; never none.

    Raises:
        UsageError: there is none, or a strategy or parameter does not exist.
        DataError: the model does not say how its trades end.
    """
    if request.model is not None and not request.strategies:
        return (Choice(Forecast(), exits_of(request.model.version)),)
    if not request.strategies:
        raise UsageError("nothing to trade", hint="Add --strategy NAME or --model NAME.")
    return tuple(choose_strategies(request.strategies, config.strategies, request.params))


def marks_of(choices: Sequence[Choice], models: Sequence[ModelStream | None]) -> tuple[str, ...]:
    """What evidence is kept under: each strategy with the version of its model that serves."""
    return tuple(
        strategy_mark(choice, model.version if model else None)
        for choice, model in zip(choices, models, strict=True)
    )


def identity_of(
    floor: Floor, timeframes: Sequence[str], choices: Sequence[Choice], shop: Workshop, request: TradeRequest
) -> str:
    """What the states of steps depend on; limits and sizes may change from one session to the next."""
    series = [f"{one.spec.name}/{name}" for one, name in zip(floor.series, timeframes, strict=True)]
    strategies = [
        (one.strategy.name, one.version, one.source, msgspec.to_builtins(one.params)) for one in choices
    ]
    model = request.model.version.reference if request.model else ""
    detect = msgspec.to_builtins(shop.config.detect)
    return msgspec.json.encode([series, strategies, model, detect], order="sorted").decode()


def start_of(
    request: TradeRequest, laid: SessionFloor, shop: Workshop, account: int, server: str, outside: Outside
) -> Start:
    """The event that a session begins with; the order manager gives it its epoch."""
    return Start(
        run=str(outside.provenance["time"]),
        epoch=0,
        mode="dry" if request.dry_run else request.mode,
        account=account,
        server=server,
        currency=shop.config.account.currency,
        version=str(outside.provenance["version"]),
        config=fingerprint(shop.config),
        strategies=laid.marks,
    )
