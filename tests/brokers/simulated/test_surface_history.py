"""Checklist 5 and 6: the server's clock on every time, and bars and ticks as a terminal has them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.simulated.records import ServerTick
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_clock import WallClock
from ictcli.brokers.simulated.surface_session import TerminalOptions
from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.market.clocks import parse_rule
from ictcli.terminals.structs import RATES_DTYPE, TICKS_DTYPE
from tests.brokers.simulated.plain_server import NOON, SHOWN, PlainServer, deal, minutes, quoted, terminal_of

M1, H1 = 1, 16385


def with_bars(count: int = 5, **options: object) -> SimulatedTerminal:
    server = quoted()
    server.bars_of["EURUSD", "M1"] = minutes(count)
    return terminal_of(server, **options)


@pytest.fixture
def honolulu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Honolulu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_forming_bar_is_at_position_zero_and_last() -> None:
    rows = with_bars().copy_rates_from_pos("EURUSD", M1, 0, 3)
    assert rows.dtype == RATES_DTYPE
    assert rows["time"].tolist() == [SHOWN - 120, SHOWN - 60, SHOWN]
    assert rows["open"].tolist() == [1.10002, 1.10003, 1.10004]
    assert rows["high"].tolist() == [1.10007, 1.10008, 1.10009]
    assert rows[-1]["tick_volume"] == rows[-1]["spread"] == rows[-1]["real_volume"] == 0


def test_positions_count_into_the_past() -> None:
    terminal = with_bars()
    assert terminal.copy_rates_from_pos("EURUSD", M1, 1, 2)["time"].tolist() == [SHOWN - 120, SHOWN - 60]
    assert terminal.copy_rates_from_pos("EURUSD", M1, 3, 10)["time"].tolist() == [SHOWN - 240, SHOWN - 180]
    assert len(terminal.copy_rates_from_pos("EURUSD", M1, 5, 1)) == 0


def test_bars_from_a_date_are_those_that_opened_by_then() -> None:
    terminal = with_bars()
    assert terminal.copy_rates_from("EURUSD", M1, SHOWN - 61, 2)["time"].tolist() == [
        SHOWN - 180,
        SHOWN - 120,
    ]
    assert terminal.copy_rates_from("EURUSD", M1, SHOWN - 60, 1)["time"].tolist() == [SHOWN - 60]
    assert len(terminal.copy_rates_from("EURUSD", M1, SHOWN - 900, 5)) == 0


def test_a_range_includes_both_ends() -> None:
    terminal = with_bars()
    assert terminal.copy_rates_range("EURUSD", M1, SHOWN - 120, SHOWN)["time"].tolist() == [
        SHOWN - 120,
        SHOWN - 60,
        SHOWN,
    ]
    assert len(terminal.copy_rates_range("EURUSD", M1, SHOWN - 119, SHOWN - 61)) == 0
    assert len(terminal.copy_rates_range("EURUSD", M1, SHOWN, SHOWN - 120)) == 0


def test_charts_keep_only_so_many_bars() -> None:
    terminal = with_bars(50, max_bars=10)
    assert terminal.terminal_info().maxbars == 10
    assert len(terminal.copy_rates_from_pos("EURUSD", M1, 0, 1000)) == 10
    assert len(terminal.copy_rates_from_pos("EURUSD", M1, 8, 1000)) == 2
    assert terminal.copy_rates_range("EURUSD", M1, 86400, SHOWN)["time"][0] == SHOWN - 9 * 60


def test_an_empty_range_can_be_answered_by_none() -> None:
    terminal = with_bars(empty_is_none=True)
    assert terminal.copy_rates_range("EURUSD", M1, SHOWN + 60, SHOWN + 120) is None
    assert terminal.last_error() == (-1, "Terminal: Call failed")
    assert terminal.copy_ticks_range("EURUSD", SHOWN + 60, SHOWN + 120, -1) is None


def test_the_first_requests_of_a_symbol_and_timeframe_fail_while_history_loads() -> None:
    terminal = with_bars(warm_up=2)
    for _ in range(2):
        assert terminal.copy_rates_from_pos("EURUSD", M1, 0, 1) is None
        assert terminal.last_error() == (-1, "Terminal: Call failed")
    assert len(terminal.copy_rates_from_pos("EURUSD", M1, 0, 1)) == 1
    assert terminal.copy_rates_from_pos("EURUSD", H1, 0, 1) is None
    assert terminal.copy_ticks_from("EURUSD", SHOWN, 1, -1) is None


def test_by_default_the_first_request_fails() -> None:
    terminal = SimulatedTerminal(quoted())
    terminal.initialize()
    assert terminal.copy_rates_from_pos("EURUSD", M1, 0, 1) is None
    assert terminal.copy_rates_from_pos("EURUSD", M1, 0, 1) is not None


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("EURUSD", 7, 0, 1), -2),
        (("EURUSD", M1, -1, 1), -2),
        (("EURUSD", M1, 0, 0), -2),
        (("NOTHING", M1, 0, 1), -4),
    ],
)
def test_values_that_the_terminal_does_not_know(args: tuple[object, ...], code: int) -> None:
    terminal = with_bars()
    assert terminal.copy_rates_from_pos(*args) is None
    assert terminal.last_error()[0] == code


def test_naive_datetimes_are_read_in_the_zone_of_the_machine(honolulu: None) -> None:
    shown = datetime.fromtimestamp(SHOWN, ZoneInfo("Pacific/Honolulu")).replace(tzinfo=None)
    assert with_bars().copy_rates_from("EURUSD", M1, shown, 1)["time"].tolist() == [SHOWN]


def test_aware_datetimes_are_read_as_the_clock_of_the_server_in_utc() -> None:
    terminal = with_bars()
    wall = datetime.fromtimestamp(SHOWN, UTC)
    assert terminal.copy_rates_from("EURUSD", M1, wall, 1)["time"].tolist() == [SHOWN]
    true_instant = datetime(2026, 1, 14, 12, tzinfo=UTC)
    assert len(terminal.copy_rates_from("EURUSD", M1, true_instant, 1)) == 0
    other_zone = wall.astimezone(timezone(timedelta(hours=-5)))
    assert terminal.copy_rates_from("EURUSD", M1, other_zone, 1)["time"].tolist() == [SHOWN]


def test_parts_of_a_second_are_cut_off() -> None:
    terminal = with_bars()
    for date in (SHOWN - 0.001, datetime.fromtimestamp(SHOWN - 1, UTC) + timedelta(milliseconds=999)):
        assert terminal.copy_rates_from("EURUSD", M1, date, 1)["time"].tolist() == [SHOWN - 60]
    assert terminal.copy_rates_from("EURUSD", M1, SHOWN + 0.999, 1)["time"].tolist() == [SHOWN]


@pytest.mark.parametrize(
    ("rule", "instant", "hours"),
    [
        ("ny+7", "2026-03-07T12:00:00Z", 2),
        ("ny+7", "2026-03-09T12:00:00Z", 3),
        ("eet", "2026-03-09T12:00:00Z", 2),
        ("eet", "2026-03-30T12:00:00Z", 3),
        ("utc", "2026-07-01T12:00:00Z", 0),
        ("+03:00", "2026-01-01T12:00:00Z", 3),
        ("Europe/Moscow", "2010-07-01T12:00:00Z", 4),
    ],
)
def test_every_time_is_the_clock_of_the_server_by_its_rule(rule: str, instant: str, hours: int) -> None:
    now = parse_instant(instant, now=0)
    server = PlainServer(now=now, quotes={"EURUSD": ServerTick(now, 110_000, 110_010)})
    server.bars_of["EURUSD", "M1"] = minutes(2, now)
    server.ticks_of = [ServerTick(now, 110_000, 110_010)]
    options = TerminalOptions(warm_up=0, selected=None)
    terminal = SimulatedTerminal(server, parse_rule(rule), options)
    terminal.initialize()
    shown = now // NS_PER_SECOND + hours * 3600
    terminal.order_send(deal())
    terminal.order_send(
        deal(action=5, type=2, price=1.0, type_time=2, expiration=shown + 3600, type_filling=2)
    )
    (position,), (pending,) = terminal.positions_get(), terminal.orders_get()
    (done,) = terminal.history_orders_get(shown, shown)
    (booked,) = terminal.history_deals_get(shown, shown)
    seen = [
        terminal.symbol_info_tick("EURUSD").time,
        terminal.symbol_info("EURUSD").time,
        position.time,
        position.time_update,
        pending.time_setup,
        done.time_done,
        booked.time,
        pending.time_expiration - 3600,
        terminal.copy_rates_from_pos("EURUSD", M1, 0, 1)["time"][0],
        terminal.copy_ticks_range("EURUSD", shown, shown, -1)["time"][0],
    ]
    assert seen == [shown] * len(seen)
    assert server.orders[0].expires == now + 3600 * NS_PER_SECOND
    assert position.time_msc == booked.time_msc == done.time_done_msc == shown * 1000
    assert terminal.history_deals_get(shown + 1, shown + 9) == ()


@given(
    st.integers(
        parse_instant("2015-01-01", now=0) // NS_PER_SECOND,
        parse_instant("2035-01-01", now=0) // NS_PER_SECOND,
    ),
    st.sampled_from(["ny+7", "eet", "utc", "+02:00", "Europe/London"]),
)
def test_an_instant_comes_back_from_its_reading_outside_repeated_hours(seconds: int, rule: str) -> None:
    clock = WallClock(parse_rule(rule))
    ts = seconds * NS_PER_SECOND
    first = clock.instant(clock.seconds(ts))
    assert clock.seconds(first) == clock.seconds(ts)
    assert first in (ts, ts - 3600 * NS_PER_SECOND)
    begin, end = clock.around(clock.seconds(ts), clock.seconds(ts))
    assert begin < ts < end


def test_both_showings_of_a_repeated_hour_are_in_the_history() -> None:
    first = parse_instant("2026-10-25T00:30:00Z", now=0)
    server = quoted(now=first)
    terminal = SimulatedTerminal(server, parse_rule("eet"), TerminalOptions(selected=None))
    terminal.initialize()
    terminal.order_send(deal())
    server.now = first + 3600 * NS_PER_SECOND
    terminal.order_send(deal())
    shown = int(datetime(2026, 10, 25, 3, 30, tzinfo=UTC).timestamp())
    assert [booked.time for booked in terminal.history_deals_get(shown, shown)] == [shown, shown]
    assert terminal.history_deals_total(shown, shown) == terminal.history_orders_total(shown, shown) == 2


def with_ticks() -> SimulatedTerminal:
    server = quoted()
    at = NOON - NS_PER_MINUTE
    server.ticks_of = [
        ServerTick(at, 110_000, 110_010, 1),
        ServerTick(at + 1_500_000_000, 110_000, 110_011, 2),
        ServerTick(at + 2_000_000_000, 110_001, 110_011, 3),
    ]
    server.now = NOON + NS_PER_DAY
    return terminal_of(server)


def test_ticks_carry_milliseconds_and_what_changed() -> None:
    rows = with_ticks().copy_ticks_from("EURUSD", SHOWN - 60, 10, -1)
    assert rows.dtype == TICKS_DTYPE
    assert rows["time_msc"].tolist() == [1000 * (SHOWN - 60) + extra for extra in (0, 1500, 2000)]
    assert rows["time"].tolist() == [SHOWN - 60, SHOWN - 59, SHOWN - 58]
    assert rows["flags"].tolist() == [6, 4, 2]
    assert rows["bid"].tolist() == [1.1, 1.1, 1.10001]
    assert (rows["last"].tolist(), rows["volume"].tolist()) == ([0.0] * 3, [1, 2, 3])


def test_ticks_from_a_date_and_of_a_range() -> None:
    terminal = with_ticks()
    assert len(terminal.copy_ticks_from("EURUSD", SHOWN - 60, 2, 1)) == 2
    assert len(terminal.copy_ticks_from("EURUSD", SHOWN - 59, 9, 1)) == 2
    assert len(terminal.copy_ticks_range("EURUSD", SHOWN - 60, SHOWN - 58, -1)) == 3
    assert len(terminal.copy_ticks_range("EURUSD", SHOWN - 59, SHOWN - 58, -1)) == 2
    assert len(terminal.copy_ticks_range("EURUSD", SHOWN - 60, SHOWN - 58, 2)) == 0
    assert terminal.copy_ticks_range("EURUSD", SHOWN - 60, SHOWN, 3) is None
    assert terminal.last_error()[0] == -2


def test_rows_are_copies() -> None:
    terminal = with_bars()
    terminal.copy_rates_from_pos("EURUSD", M1, 0, 5)["open"][:] = 0
    assert np.all(terminal.copy_rates_from_pos("EURUSD", M1, 0, 5)["open"] > 1)
