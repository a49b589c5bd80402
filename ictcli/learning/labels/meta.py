"""Meta-labels (AFML 3.6): did the trade that a strategy asked for earn after costs?

The trades are those of ictcli's own engine, on an account that refuses nothing for want of money, risk or
room: fixed lots, no limits, every entry a position of its own. So the label of one signal does not depend on
what became of the others. What a broker would refuse at any size (a stop too close, an open beyond it)
stays refused, and a resting order that is not reached stays unfilled: neither is an event.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

import msgspec
import numpy as np

from ictcli.config.records import Config, RiskConfig, SizingConfig
from ictcli.engine.money import minor_digits
from ictcli.engine.portfolio import joined
from ictcli.engine.records import MOST_POSITIONS, TRADE
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.learning.events import LOWER, UPPER, VERTICAL, Events, Int64, Labelled
from ictcli.learning.labels.uniqueness import average_uniqueness
from ictcli.market.bars import Bars
from ictcli.research.accounts import Floor
from ictcli.research.choices import Choice
from ictcli.research.playing import Decisions, Line, decisions_of, settings_of, settle
from ictcli.research.series import Series
from ictcli.strategies.decisions import ENTER, NOTE

_NOTIONAL = 10**8
"""Minor units that a trade is worth: the rounding of its money is far below any cost."""
_BALANCE = Decimal(10**12 - 1)
"""The most an account may open with."""
_MOST_LOTS = Decimal("1e8")
"""Of a trade, however cheap the instrument."""
_NO_LIMITS = RiskConfig(
    per_trade=0.0,
    per_symbol=0.0,
    per_group=0.0,
    heat=0.0,
    correlated_heat=0.0,
    daily_loss=0.0,
    drawdown=0.0,
    losses_in_a_row=0,
    orders_per_day=0,
    positions_per_strategy=MOST_POSITIONS,
    spread=0.0,
)
_FULL = (Refusal.IN_POSITION, Refusal.NO_ROOM)
"""Refusals for want of room, which an account of its own does not know."""


def meta_labels(floor: Floor, choice: Choice, config: Config) -> tuple[Labelled, ...]:
    """Events of a strategy's signals, for each traded series by itself.

    An event starts at the bar of the decision and ends at the bar of the exit; its label is 1 where the
    result after spread, slippage, commission, fees and swap is above 0. Results are fractions of the entry
    price. Its risk is the way from the entry to the first stop.

    Args:
        floor: series, and shorter bars that resolve them; news are no matter of labels.
        choice: the strategy and its parameters.
        config: detector parameters, slippage and fills; account, sizing and limits are set aside.

    Raises:
        ConfigError: parameters or a symbol's money terms do not fit.
        DataError: a bar is not sound.
        UsageError: the strategy does not work on such bars.
    """
    return tuple(
        _of_series(series, fine, choice, config)
        for series, fine in zip(floor.series[: floor.traded], floor.fine[: floor.traded], strict=True)
    )


def _of_series(series: Series, fine: Bars | None, choice: Choice, config: Config) -> Labelled:
    found = decisions_of(choice, series, settings_of(series, config))
    decisions = found[found["kind"] != NOTE]
    decisions["steps"] = 0
    wanted = np.flatnonzero((decisions["kind"] == ENTER) & (decisions["reduce_only"] == 0))
    own, lots = _account(series, config)
    spec = msgspec.structs.replace(series.spec, volume_max=lots)
    floor = Floor((replace(series, spec=spec),), 1, (fine,))
    parts = [np.zeros(0, TRADE), *_settled(floor, choice, own, decisions, wanted)]
    trades = joined(parts)
    trades = trades[np.argsort(trades["row"], kind="stable")]
    resolved = trades[trades["reason"] != ExitReason.END]
    dropped = {"not filled": len(wanted) - len(trades), "open at the end": len(trades) - len(resolved)}
    counts = {why: count for why, count in dropped.items() if count}
    start = decisions["bar"][resolved["row"]].copy()
    return Labelled(_events(resolved, start, series), _rule(choice, config), counts)


def _rule(choice: Choice, config: Config) -> dict[str, object]:
    how = config.backtest
    return {
        "rule": "meta",
        "strategy": choice.strategy.name,
        "version": choice.version,
        "source": choice.source,
        "params": msgspec.to_builtins(choice.params),
        "slippage_points": how.slippage_points,
        "slippage_share": how.slippage_share,
        "limit_through": how.limit_through,
    }


def _account(series: Series, config: Config) -> tuple[Config, Decimal]:
    """An account in the currency in which the series earns, without limits, and its volume in lots."""
    spec, bars, digits = series.spec, series.bars, minor_digits(series.spec.quote)
    price = Decimal(int(bars.close[0])) * bars.point  # the first: later bars must change nothing
    worth = min(Decimal(_NOTIONAL).scaleb(-digits) / (spec.contract_size * price), _MOST_LOTS)
    steps = (max(worth, spec.volume_min) / spec.volume_step).to_integral_value(rounding=ROUND_CEILING)
    lots = steps * spec.volume_step
    account = msgspec.structs.replace(
        config.account,
        currency=spec.quote,
        balance=_BALANCE,
        mode="hedging",
        stop_out=0.0,
        same_as={},
    )
    fills = msgspec.structs.replace(config.backtest, fill_share=0.0)
    sizing = SizingConfig(method="lots", lots=lots, throttle=0.0)
    own = msgspec.structs.replace(config, account=account, sizing=sizing, risk=_NO_LIMITS, backtest=fills)
    return own, lots


def _settled(
    floor: Floor, choice: Choice, config: Config, decisions: Decisions, wanted: Int64
) -> Iterator[Decisions]:
    """Trades, their ``row`` the decision's; entries that one account has no room for go to the next one."""
    entering = np.zeros(len(decisions), np.bool_)
    entering[wanted] = True
    before = len(wanted) + 1
    while 0 < len(wanted) < before:
        before = len(wanted)
        taken = ~entering
        taken[wanted] = True
        rows = np.flatnonzero(taken)
        played = settle(floor, [choice], config, [Line(0, 0, decisions[rows])])
        trades, told = played.books.trades.copy(), played.books.events
        trades["row"] = rows[trades["row"]]
        yield trades
        full = (told["event"] == OrderEvent.REFUSED) & np.isin(told["code"], _FULL)
        refused = np.unique(rows[told["row"][full]])
        wanted = refused[entering[refused]]


def _events(trades: Decisions, start: Int64, series: Series) -> Events:
    """Results as fractions of the entry price; trades are in the order of their decisions."""
    side, end = trades["side"].copy(), trades["closed"].copy()
    value = trades["entry_value"].astype(np.float64)
    notional = value * _money_of_a_point(series)
    charged = trades["commission"] + trades["fees"] - trades["swap"]
    net = (trades["gross"] - charged) / notional
    way = np.abs(trades["entry_value"] - trades["stop"] * trades["steps"]) / value
    outcome = np.where(trades["reason"] == ExitReason.TARGET, UPPER, VERTICAL)
    outcome = np.where(trades["reason"] == ExitReason.STOP, LOWER, outcome) * side
    return Events(
        start=start,
        end=end,
        side=side,
        label=(net > 0.0).astype(np.int64),
        outcome=outcome,
        long_net=np.where(side > 0, net, 0.0),
        short_net=np.where(side < 0, net, 0.0),
        cost=(trades["spread"] + trades["slippage"]) / value + charged / notional,
        risk=np.where((trades["stop"] != 0) & (way > 0.0), way, 1.0),
        weight=average_uniqueness(start, end, len(series.bars)),
        ambiguous=trades["ambiguous"] == 1,
    )


def _money_of_a_point(series: Series) -> float:
    """Minor units that one point is worth on one volume step."""
    spec = series.spec
    worth = series.bars.point * spec.contract_size * spec.volume_step
    return float(worth.scaleb(minor_digits(spec.quote)))
