"""The verdict on each row: one rule, the first that it breaks."""

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.market.bars import Int64
from ictcli.market.calendars import calendar
from ictcli.market.validation.check import Limits, check_bars, check_ticks
from ictcli.market.validation.grid import DOUBLE
from ictcli.market.validation.prices import Prices
from ictcli.market.validation.rules import CODES, RULES, names_of
from ictcli.market.validation.signs import SignCounter, deep_weekend

LIMITS = Limits(NS_PER_MINUTE, 2, DOUBLE, 50.0)


def minutes(n: int) -> tuple[Int64, Prices]:
    ts = np.arange(n, dtype=np.int64) * NS_PER_MINUTE
    close = (2000 + np.arange(n) % 7).astype(np.float64)
    opens = (2000 + (np.arange(n) + 1) % 7).astype(np.float64)
    return ts, Prices(opens, np.maximum(opens, close) + 1, np.minimum(opens, close) - 1, close)


def test_clean_rows_have_no_verdict() -> None:
    ts, prices = minutes(200)

    assert not check_bars(ts, ts, prices, LIMITS).any()


def test_each_broken_row_is_filed_under_its_own_rule() -> None:
    ts, prices = minutes(200)
    prices.close[10] = np.nan
    prices.open[20] = -1.0
    prices.open[30] *= 1000
    prices.close[40] += 0.00123
    prices.low[50] = prices.high[50] + 1
    ts[61] = ts[60]
    prices.high[70] += 800
    verdicts = check_bars(ts, ts, prices, LIMITS)

    assert {row: RULES[int(verdicts[row]) - 1].name for row in np.flatnonzero(verdicts).tolist()} == {
        10: "nan_or_inf",
        20: "not_positive",
        30: "decimal_shift",
        40: "off_grid",
        50: "ohlc_violation",
        60: "duplicate_conflict",
        61: "duplicate_conflict",
        70: "implausible_jump",
    }


def test_a_bad_row_does_not_take_its_good_twin_along() -> None:
    ts, prices = minutes(100)
    ts[51] = ts[50]
    prices.close[51] = np.inf
    verdicts = check_bars(ts, ts, prices, LIMITS)

    assert names_of(verdicts) == {"nan_or_inf": 1}


def test_ticks_may_share_an_instant_and_cross_but_not_be_nonsense() -> None:
    bid = np.array([1.1, 1.1, 1.2, np.nan, 0.0] + [1.1] * 40)
    ask = bid - 0.01
    verdicts = check_ticks(bid, ask, LIMITS)

    assert names_of(verdicts) == {"nan_or_inf": 1, "not_positive": 1}


def test_rule_names_are_unique_and_numbered_from_one() -> None:
    assert sorted(CODES.values()) == list(range(1, len(RULES) + 1))


def test_saturday_and_sunday_noon_are_deep_weekend_and_sunday_evening_is_not() -> None:
    moments = ["2024-06-07T23:00", "2024-06-08T00:00", "2024-06-09T12:00", "2024-06-09T18:00"]
    ts = np.array(moments, "datetime64[ns]").astype(np.int64)

    assert deep_weekend(ts).tolist() == [False, True, True, False]


def test_a_generator_that_knows_no_weekend_and_one_volume_gives_itself_away() -> None:
    ts, prices = minutes(14 * 1440)
    counter = SignCounter(calendar("fx"))
    counter.add_stamps(ts)
    counter.add_bars(prices, np.full(len(ts), 100.0))

    assert [sign.name for sign in counter.signs(len(ts), sub_second=0, beyond=0)] == [
        "weekend_bars",
        "same_volume",
    ]


def test_crypto_trades_on_weekends() -> None:
    ts, _ = minutes(14 * 1440)
    counter = SignCounter(calendar("crypto"))
    counter.add_stamps(ts)

    assert counter.signs(len(ts), sub_second=0, beyond=0) == []
