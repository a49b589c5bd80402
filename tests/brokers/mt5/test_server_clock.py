"""The trade server's wall clock."""

from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.mt5.passes import window
from ictcli.brokers.mt5.server_clock import Stamps
from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.terminals.times import ServerClock
from tests.brokers.mt5.scripted_terminal import AHEAD, WINTER

RULES = ("ny+7", "eet", "utc", "utc+03:00", "Europe/London", "Asia/Kathmandu")
SET_BACK = parse_instant("2026-11-01T06:00Z", now=0)
"""New York goes from 02:00 back to 01:00."""


def clock(rule: str, now: int = WINTER) -> Stamps:
    return Stamps(ServerClock(rule), lambda: now)


def test_a_server_on_new_york_close_is_two_hours_ahead_in_winter_and_three_in_summer() -> None:
    summer = parse_instant("2026-07-01", now=0)
    assert clock("ny+7").to_utc((WINTER + AHEAD) // 1_000_000) == WINTER
    assert clock("ny+7").to_utc((summer + 3 * NS_PER_HOUR) // 1_000_000) == summer
    assert clock("ny+7").to_server(summer) == (summer + 3 * NS_PER_HOUR) // NS_PER_SECOND


@given(st.sampled_from(RULES), st.integers(0, 20 * 366 * 24 * 60))
def test_what_the_clock_shows_is_read_back_as_the_same_instant(rule: str, minutes: int) -> None:
    instant = parse_instant("2010-01-01", now=0) + minutes * NS_PER_MINUTE
    shown = clock(rule, instant)
    back = shown.to_utc(shown.to_server(instant) * 1000)
    assert back == instant


def test_in_the_hour_shown_twice_a_stamp_is_the_showing_nearer_to_the_present() -> None:
    wall = SET_BACK - 4 * NS_PER_HOUR + 7 * NS_PER_HOUR - NS_PER_HOUR // 2
    first, second = SET_BACK - NS_PER_HOUR // 2, SET_BACK + NS_PER_HOUR // 2
    assert clock("ny+7", first + NS_PER_MINUTE).to_utc(wall // 1_000_000) == first
    assert clock("ny+7", second + NS_PER_MINUTE).to_utc(wall // 1_000_000) == second


def test_a_window_begins_early_enough_when_the_clock_was_set_back_within_it() -> None:
    shown = clock("ny+7")
    since, now = SET_BACK - 10 * NS_PER_MINUTE, SET_BACK + NS_PER_HOUR // 4
    begin, end = window(since, now, shown.to_server)
    for instant in range(since, now + 1, NS_PER_MINUTE):
        assert begin <= shown.to_server(instant) <= end


@given(st.integers(0, 15 * 366 * 24 * 60), st.integers(0, 60 * 24 * 200), st.sampled_from(RULES))
def test_a_window_holds_everything_that_was_stamped_in_it(start: int, length: int, rule: str) -> None:
    since = parse_instant("2015-01-01", now=0) + start * NS_PER_MINUTE
    now = since + length * NS_PER_MINUTE
    shown = clock(rule, now)
    begin, end = window(since, now, shown.to_server)
    for instant in {since, (since + now) // 2, now}:
        assert begin <= shown.to_server(instant) <= end
    assert end >= shown.to_server(now + NS_PER_DAY - NS_PER_HOUR)


def test_a_window_from_the_beginning_never_asks_for_the_date_zero() -> None:
    begin, _ = window(0, WINTER, clock("utc-03:00").to_server)
    assert begin > 0
