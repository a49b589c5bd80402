"""The roll at 17:00 New York: when it comes, what it charges, what it starts anew."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_DAY, from_datetime, iso
from ictcli.engine.nights import pass_roll, rolls
from ictcli.engine.records import DAYS
from tests.engine.ledger import Ledger, ask

SWAPS = {"swap_long": Decimal("-6.25"), "swap_short": Decimal("1.5")}
MONDAY, WEDNESDAY, FRIDAY, SATURDAY, SUNDAY = 0, 2, 4, 5, 6


def instant(year: int, month: int, day: int, hour: int = 0) -> int:
    return from_datetime(datetime(year, month, day, hour, tzinfo=UTC))


def week(first_day: int = MONDAY, days: int = 7) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.array([[n, (first_day + n) % 7] for n in range(days)], np.int64)


def roll(desk: Ledger, table: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> int:
    return int(pass_roll(desk.rules[0], desk.account[0], desk.series, desk.states, desk.positions, table))


def test_rolls_follow_new_york_through_both_clock_changes() -> None:
    spring = rolls(instant(2024, 3, 8), instant(2024, 3, 13))
    assert [iso(int(at)) for at in spring[:, 0]] == [
        "2024-03-08T22:00:00Z",
        "2024-03-09T22:00:00Z",
        "2024-03-10T21:00:00Z",  # 23 hours
        "2024-03-11T21:00:00Z",
        "2024-03-12T21:00:00Z",
    ]
    assert spring[:, 1].tolist() == [FRIDAY, SATURDAY, SUNDAY, 0, 1]
    autumn = rolls(instant(2024, 11, 1), instant(2024, 11, 5))
    assert [iso(int(at)) for at in autumn[:, 0]] == [
        "2024-11-01T21:00:00Z",
        "2024-11-02T21:00:00Z",
        "2024-11-03T22:00:00Z",  # 25 hours
        "2024-11-04T22:00:00Z",
    ]


def test_a_roll_at_the_first_instant_is_past_and_one_at_the_last_is_not() -> None:
    at = instant(2024, 5, 6, 21)
    assert rolls(at, at + NS_PER_DAY)[:, 0].tolist() == [at + NS_PER_DAY]
    assert len(rolls(at, at)) == 0


def test_without_weekends_rolls_are_trading_days() -> None:
    table = rolls(instant(2024, 5, 3), instant(2024, 5, 14), weekends=False)
    assert table[:, 1].tolist() == [4, 0, 1, 2, 3, 4, 0]


@pytest.mark.jit_off
def test_wednesday_charges_three_nights_and_the_weekend_none() -> None:
    desk = Ledger(changes=SWAPS)
    desk.quote(0, 110_000)
    long, short = desk.open(0, 1, 100, 110_000), desk.open(0, -1, 10, 110_000)
    booked = []
    for _ in range(7):
        before = int(desk.account["balance"][0])
        roll(desk, week())
        booked.append(int(desk.account["balance"][0]) - before)
    # One lot long pays 6.25 a night, a tenth short earns 0.15.
    night = -625 + 15
    assert booked == [night, night, -1875 + 45, night, night, 0, 0]
    assert (long["swap"], short["swap"]) == (-7 * 625, 7 * 15)


def test_markets_that_never_close_pay_every_night_once() -> None:
    desk = Ledger(("BTCUSD",), changes={"swap_long": Decimal("-1000")})
    desk.quote(0, 6_000_000)
    position = desk.open(0, 1, 100, 6_000_000)  # one coin: 10.00 a night
    for _ in range(7):
        roll(desk, week())
    assert position["swap"] == -7 * 1000


def test_each_position_is_rounded_on_its_own() -> None:
    desk = Ledger(changes=SWAPS)
    desk.quote(0, 110_000)
    for _ in range(2):
        desk.open(0, 1, 2, 110_000)  # 12.5 cents, to the even cent
    roll(desk, week())
    assert desk.account["balance"][0] == 1_000_000 - 24


@pytest.mark.jit_off
def test_swap_is_converted_at_the_last_close_of_the_other_series() -> None:
    desk = Ledger(("EURGBP", "GBPUSD"), changes=SWAPS)
    desk.quote(0, 86_000)
    desk.quote(1, 125_000)
    position = desk.open(0, 1, 100, 86_000)
    roll(desk, week(WEDNESDAY))
    assert position["swap"] == -2344  # 18.75 GBP are 23.4375 USD


def test_a_roll_starts_the_day_anew() -> None:
    desk = Ledger()
    desk.account["orders_today"], desk.account["balance"] = 7, 1_020_000
    desk.quote(0, 110_100)
    desk.open(0, 1, 100, 110_000)
    assert roll(desk, week()) == 1_020_000 + 100_00
    account = desk.account[0]
    assert (account["orders_today"], account["roll"]) == (0, 1)
    assert account["day_opening"] == account["peak"] == account["equity"] == 1_030_000


def test_protection_starts_at_a_roll_and_ends_after_its_days_with_a_new_peak() -> None:
    desk = Ledger()
    desk.rules["most_drawdown"], desk.rules["reentry_days"] = 100_000, 3
    desk.account["balance"] = 900_000
    table = week(days=10)
    stopped = []
    for _ in range(5):
        roll(desk, table)
        stopped.append(bool(desk.account["stopped_at"][0]))
    assert stopped == [True, True, True, False, False]  # starts at roll 0, ends at roll 3
    assert desk.account["peak"][0] == 900_000
    assert desk.account["ruined"][0] == 0


def test_a_throttled_account_comes_back_after_its_days() -> None:
    desk = Ledger()
    desk.rules["throttle"], desk.rules["reentry_days"] = 100_000, 2
    desk.account["balance"] = 905_000  # 9.5 %: sizes are a twentieth
    stopped = []
    for _ in range(3):
        roll(desk, week())
        stopped.append(bool(desk.account["stopped_at"][0]))
    assert stopped == [True, True, False]
    assert desk.size(ask(1, 110_000), 110_020) == 226  # whole again: 45.25 over 0.20


def test_protection_without_reentry_stays_on() -> None:
    desk = Ledger()
    desk.rules["most_drawdown"], desk.account["balance"] = 100_000, 900_000
    for _ in range(50):
        roll(desk, week(days=50))
    assert desk.account["stopped_at"][0] == 1


def test_an_empty_account_without_positions_is_ruined() -> None:
    desk = Ledger()
    desk.account["balance"] = 0
    roll(desk, week())
    assert desk.account["ruined"][0] == 1


def test_an_empty_account_with_a_position_may_recover() -> None:
    desk = Ledger()
    desk.account["balance"] = 0
    desk.quote(0, 110_000)
    desk.open(0, 1, 1, 110_000)
    roll(desk, week())
    assert desk.account["ruined"][0] == 0


@pytest.mark.jit_off
def test_daily_returns_are_kept_for_days_of_trading() -> None:
    desk = Ledger(("EURUSD", "BTCUSD"))
    desk.rules["needs_days"] = 1
    table = week(FRIDAY)
    for eur, btc in ((100_000, 5_000_000), (100_000, 5_500_000), (100_000, 5_500_000), (102_000, 5_775_000)):
        desk.quote(0, eur)
        desk.quote(1, btc)
        roll(desk, table)
    eur, btc = desk.states["returns"][:, :4]
    assert np.isnan(eur[:3]).all()  # no close before Friday's, no trading on Saturday and Sunday
    assert eur[3] == 102_000 / 100_000 - 1.0
    assert math.isnan(btc[0])
    assert btc[1:].tolist() == [5_500_000 / 5_000_000 - 1.0, 0.0, 5_775_000 / 5_500_000 - 1.0]
    assert desk.states["days"].tolist() == [4, 4]


def test_the_ring_forgets_the_oldest_day() -> None:
    desk = Ledger()
    desk.rules["needs_days"] = 1
    table = np.array([[n, MONDAY] for n in range(DAYS + 5)], np.int64)
    for n in range(DAYS + 5):
        desk.quote(0, 100_000 + 100 * n)
        roll(desk, table)
    newest = desk.states["returns"][0, (DAYS + 4) % DAYS]
    assert newest == (100_000 + 100 * (DAYS + 4)) / (100_000 + 100 * (DAYS + 3)) - 1.0
    assert not np.isnan(desk.states["returns"]).any()


def test_a_series_without_bars_keeps_no_return() -> None:
    desk = Ledger()
    desk.rules["needs_days"] = 1
    roll(desk, week())
    assert math.isnan(desk.states["returns"][0, 0])
    assert desk.states["day_close"][0] == 0


@given(
    steps=st.lists(st.integers(1, 500), min_size=1, max_size=5),
    side=st.sampled_from([1, -1]),
    points=st.integers(-5_000, 5_000),
)
def test_balance_and_positions_book_the_same_swap(steps: list[int], side: int, points: int) -> None:
    swap = {"swap_long": Decimal(points) / 100, "swap_short": Decimal(points) / 100}
    desk = Ledger(changes=swap)
    desk.quote(0, 110_000)
    positions = [desk.open(0, side, one, 110_000) for one in steps]
    for _ in range(5):
        roll(desk, week())
    booked = sum(int(one["swap"]) for one in positions)
    assert desk.account["balance"][0] == 1_000_000 + booked
    assert abs(booked - sum(steps) * 7 * points / 100) <= len(steps) * 5 * 0.5
