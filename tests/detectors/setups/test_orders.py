"""What becomes of a 2022 model: the bars after vector V8's setup, one rule of execution each.

The setup of V8 is known at bar 10: entry 52, stop 45, target 60, zone [50, 54], risk 7.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.detectors.setups.orders import BY_STOP, BY_TARGET, BY_TIME, CLOSED_AT, FILLED_AT, R_MULTIPLE
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]
V8 = [
    *[(56, 57, 54, 55), (55, 56, 52, 53), (53, 60, 53, 58), (58, 58, 54, 55), (55, 55, 49, 50)],
    *[(50, 53, 50, 52), (52, 54, 51, 53), (53, 53, 50, 50), (50, 50, 46, 50), (50, 58, 50, 57)],
    (57, 59, 54, 55),
]
SIZES: dict[str, Any] = {"left": 1, "right": 1, "atr_length": 3, "reclaim": 1, "buffer": 1, "buffer_atr": 0.0}
PLAIN = {**SIZES, "hours": "any", "day_end": False}
FILL = (55, 56, 52, 54)
"""Comes down to exactly the entry."""
HIGH = (55, 56, 53, 54)
"""Stays one point above the entry."""


def story(rows: Rows) -> list[tuple[str, int]]:
    return [(row["record"], row["at"]) for row in rows if row["serial"] == 0][1:]


def outcome(rows: Rows) -> tuple[int, float, float, float]:
    """Label, fill and exit price, and result in R of the first setup."""
    end = next(row for row in rows if row["serial"] == 0 and row["record"] == "closed")
    prices = (end["extra"][FILLED_AT] / 2, end["extra"][CLOSED_AT] / 2)
    return (end["label"], *prices, end["ratio"][R_MULTIPLE])


@pytest.fixture
def follow(build: Build, records: Records) -> Callable[..., Rows]:
    """The log of the model over V8 and more bars, with a spread and opens in minutes."""

    def run(
        later: Sequence[tuple[int, int, int, int]],
        *,
        spread: int = -1,
        minutes: Sequence[float] | None = None,
        **params: Any,
    ) -> Rows:
        bars = build([*V8, *later], minutes)
        bars = replace(bars, spread=np.full(len(bars), spread, np.int32))
        return records("model2022", bars, {**PLAIN, **params})

    return run


@pytest.mark.jit_off
def test_the_order_fills_at_a_touch_and_the_target_is_not_credited_on_that_bar(
    follow: Callable[..., Rows],
) -> None:
    assert story(follow([HIGH, FILL])) == [("entered", 12)]
    assert story(follow([(55, 60, 52, 58)])) == [("entered", 11)]
    rows = follow([(55, 60, 52, 58), (58, 60, 57, 59)])
    assert story(rows) == [("entered", 11), ("closed", 12)]
    assert outcome(rows) == (BY_TARGET, 52, 60, 8 / 7)
    assert story(follow([FILL, (58, 59, 57, 59)])) == [("entered", 11)]


@pytest.mark.jit_off
def test_the_stop_counts_on_the_bar_of_the_fill(follow: Callable[..., Rows]) -> None:
    rows = follow([(55, 56, 45, 50)])
    assert story(rows) == [("entered", 11), ("closed", 11)]
    assert outcome(rows) == (BY_STOP, 52, 45, -1)
    assert story(follow([(55, 56, 46, 50)])) == [("entered", 11)]


def test_a_bar_that_reaches_stop_and_target_is_a_stop(follow: Callable[..., Rows]) -> None:
    assert outcome(follow([FILL, (54, 60, 45, 58)])) == (BY_STOP, 52, 45, -1)
    assert story(follow([FILL, (54, 59, 46, 58)])) == [("entered", 11)]


def test_bars_that_open_beyond_a_price_trade_at_their_open(follow: Callable[..., Rows]) -> None:
    assert outcome(follow([(50, 53, 49, 52), (52, 60, 52, 60)])) == (BY_TARGET, 50, 60, 10 / 7)
    assert outcome(follow([FILL, (43, 44, 40, 41)])) == (BY_STOP, 52, 43, -9 / 7)
    assert outcome(follow([FILL, (62, 63, 61, 62)])) == (BY_TARGET, 52, 62, 10 / 7)
    assert outcome(follow([(44, 46, 43, 45)])) == (BY_STOP, 44, 44, 0)


def test_a_target_that_trades_first_voids_the_order(follow: Callable[..., Rows]) -> None:
    assert story(follow([(56, 60, 55, 58), FILL])) == [("void", 11)]
    assert story(follow([(56, 59, 55, 58), FILL])) == [("entered", 12)]


def test_an_order_must_be_passed_by_the_spread_and_ends_with_its_zone(follow: Callable[..., Rows]) -> None:
    """With a spread of 5 the stop lies 5 below the range (41), a fill needs a low of 47."""
    assert story(follow([(55, 56, 47, 51)], spread=5, min_rr=0.0)) == [("entered", 11)]
    assert story(follow([(55, 56, 48, 50)], spread=5, min_rr=0.0)) == []
    assert story(follow([(55, 56, 48, 49)], spread=5, min_rr=0.0)) == [("invalidated", 11)]


def test_an_order_rests_for_its_bars_and_no_longer(follow: Callable[..., Rows]) -> None:
    assert story(follow([HIGH, FILL], max_wait=2)) == [("entered", 12)]
    assert story(follow([HIGH, HIGH, FILL], max_wait=2)) == [("expired", 13)]
    assert story(follow([FILL, *[HIGH] * 5], max_wait=2)) == [("entered", 11)]


def test_nothing_is_held_beyond_four_in_the_afternoon(follow: Callable[..., Rows]) -> None:
    """Bar 12 opens at 16:00 New York, minute 1260 of the day in UTC, or a minute earlier."""
    late = [1248 + at for at in range(13)]
    rows = follow([FILL, (53, 60, 52, 55)], minutes=late, day_end=True)
    assert story(rows) == [("entered", 11), ("closed", 12)]
    assert outcome(rows) == (BY_TIME, 52, 53, 1 / 7)
    assert story(follow([HIGH, FILL], minutes=late, day_end=True)) == [("expired", 12)]
    assert story(follow([HIGH, FILL], minutes=late, day_end=False)) == [("entered", 12)]
    early = [minute - 1 for minute in late]
    assert story(follow([HIGH, FILL], minutes=early, day_end=True)) == [("entered", 12)]
    tomorrow = [*late[:12], 24 * 60 + 14 * 60]
    early_next = [minute - 300 for minute in tomorrow]
    assert story(follow([HIGH, FILL], minutes=early_next, day_end=True)) == [("expired", 12)]


@pytest.mark.parametrize(("most", "born"), [(1, [10]), (2, [10, 22])])
def test_further_setups_are_passed_over_while_one_is_alive(
    most: int, born: list[int], build: Build, records: Records
) -> None:
    """With a high of 100 at bar 2 the first position stays open while the pattern comes a second time."""
    far = [*V8[:2], (53, 100, 53, 58), *V8[3:]]
    bars = build([*far, FILL, (54, 57, 53, 56), *V8[1:]])
    rows = records("model2022", bars, {**PLAIN, "atr_length": 1, "most_live": most})
    assert [row["at"] for row in rows if row["record"] == "confirmed"] == born
    assert [row["at"] for row in rows if row["record"] in ("entered", "closed")] == [11]
