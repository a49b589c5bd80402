"""From configuration and series to an account that has not traded yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.config.records import Config
from ictcli.engine.groups import blackout_table, exposure_groups
from ictcli.engine.money import NONE, OWN_PRICE, divisor, multiplier
from ictcli.engine.nights import rolls
from ictcli.engine.portfolio import Desk
from ictcli.engine.records import SERIES
from ictcli.engine.sizing import PARTS_PER_MILLION
from ictcli.engine.terms import Converter, check_range, conversion_needed, rules_record, series_terms
from ictcli.engine.trades import Traded
from ictcli.market.bars import Bars
from ictcli.market.calendars import calendar
from ictcli.market.news import NewsEvent
from ictcli.research.series import Series

_FARTHEST = 10
"""A stop or target beyond this many times the highest price is no price; it bounds all money arithmetic."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What an account trades: the series in their order, those that only convert at the end.

    Attributes:
        series: traded and converting ones.
        traded: how many of them, from the first, are traded.
        fine: shorter bars or ticks of each, or None.
        news: the calendar of news that keeps from entering.
    """

    series: tuple[Series, ...]
    traded: int
    fine: tuple[Bars | None, ...]
    news: tuple[NewsEvent, ...] = ()


def missing_conversions(series: Sequence[Series], config: Config) -> list[tuple[str, ...]]:
    """For each profit that no series of these converts: the symbols of which one must be added."""
    account = config.account
    known = {one.spec.name for one in series}
    needed = dict.fromkeys(conversion_needed(one.spec, account.currency, account.same_as) for one in series)
    return [names for names in needed if names and known.isdisjoint(names)]


def open_desk(floor: Floor, config: Config, *, trails: bool = True) -> Desk:
    """The account before its first bar.

    Args:
        floor: what is traded.
        config: account, sizing, risk, costs.
        trails: whether a stop may trail by the average true range, which is kept only where it matters.

    Raises:
        ConfigError: money cannot be counted for one of the series, or settings contradict each other.
    """
    series = floor.series
    start = min(int(one.bars.ts[0]) for one in series)
    end = max(int(one.bars.ts_close[-1]) for one in series)
    weekends = any(calendar(one.spec.calendar).always_open for one in series)
    specs = [one.spec for one in series]
    blackouts = blackout_table(floor.news, specs, config.account.same_as)
    return Desk(
        _rules(config, trails=trails),
        _terms(floor, config),
        rolls(start, end, weekends=weekends),
        blackouts,
        start,
    )


def _rules(config: Config, *, trails: bool) -> NDArray[np.void]:
    rules, how = rules_record(config), config.backtest
    rules["fill_share"] = round(how.fill_share * PARTS_PER_MILLION)
    rules["rest_cancelled"] = how.unfilled == "cancel"
    rules["through"] = how.limit_through
    rules["atr_length"] = config.detect.atr_length
    rules["needs_atr"] = trails or how.slippage_share > 0
    return rules


def _terms(floor: Floor, config: Config) -> NDArray[np.void]:
    """The ``SERIES`` records."""
    account, how = config.account, config.backtest
    available = [Converter(one.spec, at, one.bars.digits) for at, one in enumerate(floor.series)]
    groups = exposure_groups([one.spec for one in floor.series], account.same_as)
    records = np.zeros(len(floor.series), SERIES)
    for at, one in enumerate(floor.series):
        if at >= floor.traded:
            records[at]["denominator"], records[at]["group"], records[at]["tick"] = 1, -1, 1
            continue
        own = series_terms(
            one.spec, one.bars.digits, account.currency, account.same_as, available, config.sizing.lots
        )
        own["steps_per_tick"] = int(how.lots_per_tick / one.spec.volume_step * PARTS_PER_MILLION)
        own["slippage"], own["slippage_share"] = (
            how.slippage_points,
            round(how.slippage_share * PARTS_PER_MILLION),
        )
        own["group"], own["group_side"] = groups.number[at], groups.side[at]
        _prove_range(one, own, floor)
        records[at] = own[0]
    return records


def _prove_range(one: Series, own: NDArray[np.void], floor: Floor) -> None:
    bars = one.bars
    widest = max(int(bars.spread.max()), int(own["typical_spread"][0])) + 2 * int(own["slippage"][0])
    if own["slippage_share"][0] > 0:
        widest += int(own["slippage_share"][0] * int((bars.high - bars.low).max()) // PARTS_PER_MILLION)
    most, least = 1, 1
    if own["conversion"][0] not in (NONE, OWN_PRICE):
        rate = floor.series[int(own["conversion_series"][0])].bars
        most, least = int(rate.high.max()), max(1, int(rate.low.min()))
    lowest = int(bars.low.min()) // _FARTHEST
    check_range(one.spec, own, _FARTHEST * int(bars.high.max()) + widest, most, least, lowest)


def traded_series(desk: Desk, floor: Floor) -> list[Traded]:
    """The series as tables need them."""
    return [_traded(floor, at, own) for at, own in enumerate(desk.world.series)]


def _traded(floor: Floor, at: int, own: Any) -> Traded:
    one = floor.series[at]
    rate, price = 1, _typical_price(one)
    if own["conversion"] not in (NONE, OWN_PRICE):
        rate = _typical_price(floor.series[int(own["conversion_series"])])
    worth = float(own["point_value"]) * multiplier(own, rate) / divisor(own, rate, price)
    return Traded(
        key=one.key,
        bars=one.bars,
        volume_step=int(one.spec.volume_step.scaleb(8)),
        point_worth=worth,
        typical=int(own["typical_spread"]),
        fine=floor.fine[at],
    )


def _typical_price(one: Series) -> int:
    return max(1, int(np.median(one.bars.close[:: max(1, len(one.bars) // 1000)])))
