"""The trader that a ledger tells of, put together once more, unless it is another one by now.

A checkpoint says what was traded: series, strategies with their parameters, model, detector parameters. All
of it is made anew from the workspace as it is and must come out the same, for anything else would decide
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ictcli.errors import ConfigError, DataError, UsageError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.news import read_news
from ictcli.market.timeframes import parse_timeframe
from ictcli.models.store import models_of
from ictcli.models.version import split_reference
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Workshop
from ictcli.research.choices import Choice, choose_strategies
from ictcli.research.modelled import AskedModel, exits_of
from ictcli.research.series import Series
from ictcli.strategies.forecast import Forecast
from ictcli.trading.assembly import Assembled, assemble
from ictcli.trading.checkpoints import TraderState
from ictcli.trading.engagement import money_of
from ictcli.trading.minds import ModelStream
from ictcli.trading.request import TradeRequest
from ictcli.trading.serving import streams
from ictcli.trading.session_floor import identity_of, marks_of

_SOURCE = "ledger"
_PARTS = ("series", "strategies", "model", "detectors")


@dataclass(frozen=True, slots=True)
class Traded:
    """What a checkpoint says was traded.

    Attributes:
        series: symbols with their timeframes, those that only convert at the end.
        strategies: name, version, hash of the file, parameters of each.
        model: reference, empty without one.
        traded: how many series, from the first, are traded.
    """

    series: tuple[tuple[str, str], ...]
    strategies: tuple[tuple[str, int, str, dict[str, Any]], ...]
    model: str
    traded: int

    @staticmethod
    def of(state: TraderState) -> "Traded":
        """From the identity of a checkpoint."""
        series, strategies, model, _ = msgspec.json.decode(state.identity)
        names = tuple((name, timeframe) for name, _, timeframe in (one.rpartition("/") for one in series))
        own = tuple(
            (str(name), int(version), str(source), dict(params))
            for name, version, source, params in strategies
        )
        return Traded(names, own, model, len(state.account.minds) // max(1, len(own)))


@dataclass(frozen=True, slots=True)
class Core:
    """A trader's parts, ready to be assembled as often as wanted.

    Attributes:
        floor: series with the recorded bars.
        timeframes: of every series.
        choices, models: strategies and what judges them.
        marks: of the strategies, as evidence knows them.
        start: first instant of its rolls, ns UTC.
    """

    floor: Floor
    timeframes: tuple[str, ...]
    choices: tuple[Choice, ...]
    asked: AskedModel | None
    marks: tuple[str, ...]
    start: int
    shop: Workshop

    def assemble(self) -> Assembled:
        """An account before its first bar."""
        return assemble(self.floor, self.choices, self.shop.config, self.models(), self.start)

    def models(self) -> list[ModelStream | None]:
        """What judges each strategy, not asked yet."""
        return streams(self.asked, self.choices, self.floor.series[0], self.shop.store, self.shop.config)


def core_of(
    state: TraderState, traded: Traded, bars: Sequence[Bars], shop: Workshop, files: Sequence[str]
) -> Core:
    """The trader of a checkpoint.

    Args:
        state: the checkpoint.
        traded: what it says.
        bars: of every series, from the checkpoint on.
        shop: the workspace as it is.
        files: of strategies that are not installed.

    Raises:
        DataError: configuration, a strategy or the model is another one by now; names the part.
        ConfigError: a symbol has no specification any more, or money cannot be counted.
    """
    if state.money and state.money != money_of(shop.config):
        raise _changed("account, sizing, risk or costs")
    asked = _model(traded, shop)
    choices = _choices(traded, asked, shop, files)
    source = asked.source if asked else _SOURCE
    series = []
    for (name, timeframe), own in zip(traded.series, bars, strict=True):
        key = SeriesKey(source, name, parse_timeframe(timeframe))
        series.append(Series(key, key, "", shop.book.require(name), own))
    risk = shop.config.risk
    news = read_news(shop.folder / risk.news) if risk.news else ()
    floor = Floor(tuple(series), traded.traded, (None,) * len(series), news)
    timeframes = tuple(timeframe for _, timeframe in traded.series)
    request = TradeRequest((), (), {}, (), model=asked)
    _require_same(state.identity, identity_of(floor, timeframes, choices, shop, request))
    models = streams(asked, choices, floor.series[0], shop.store, shop.config)
    return Core(floor, timeframes, choices, asked, marks_of(choices, models), state.start, shop)


def _require_same(then: str, now: str) -> None:
    if then == now:
        return
    parts = zip(_PARTS, msgspec.json.decode(then), msgspec.json.decode(now), strict=True)
    raise _changed(" and ".join(name for name, one, other in parts if one != other) or "the configuration")


def _changed(what: str) -> DataError:
    return DataError(
        f"{what} changed since the ledger was written: other decisions would prove nothing",
        hint="Undo the change in a copy of the workspace, or choose a period after it: --since.",
    )


def _model(traded: Traded, shop: Workshop) -> AskedModel | None:
    if not traded.model:
        return None
    name, which = split_reference(traded.model)
    try:
        return AskedModel(models_of(shop.store).load(name, which or "champion"))
    except (DataError, UsageError) as error:
        raise _changed(f"the model ({error.message})") from error


def _choices(
    traded: Traded, asked: AskedModel | None, shop: Workshop, files: Sequence[str]
) -> tuple[Choice, ...]:
    """The strategies with the parameters they had; a model alone is one, too."""
    if asked is not None and traded.strategies and traded.strategies[0][0] == Forecast().name:
        return (Choice(Forecast(), exits_of(asked.version)),)
    found = []
    given = list(files)
    for name, _, source, params in traded.strategies:
        if source and not given:
            raise DataError(
                f"strategy {name} came from a file", hint="Name the file: --strategy FILE.py:NAME."
            )
        try:
            (choice,) = choose_strategies([given.pop(0) if source else name], shop.config.strategies, {})
            found.append(replace(choice, params=msgspec.convert(params, type(choice.params))))
        except (UsageError, ConfigError, msgspec.ValidationError) as error:
            raise _changed(f"strategy {name} ({error})") from error
    return tuple(found)
