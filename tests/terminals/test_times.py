"""The server's wall clock and UTC, across clock changes, and what quotes prove about the rule."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND, from_datetime
from ictcli.errors import UsageError
from ictcli.terminals.times import NS_PER_MS, ClockWatch, ServerClock

RULES = ("ny+7", "eet", "utc", "utc+02:00", "utc-03:30", "America/Sao_Paulo", "Europe/London")


def at(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("rule", "utc", "wall"),
    [
        ("ny+7", "2024-01-10T12:00", "2024-01-10T14:00"),
        ("ny+7", "2024-07-10T12:00", "2024-07-10T15:00"),
        ("ny+7", "2024-03-10T06:59", "2024-03-10T08:59"),  # the last minute of New York's winter
        ("ny+7", "2024-03-10T07:00", "2024-03-10T10:00"),
        ("eet", "2024-03-10T07:00", "2024-03-10T09:00"),  # the EU changes three weeks later
        ("eet", "2024-03-31T00:59", "2024-03-31T02:59"),
        ("eet", "2024-03-31T01:00", "2024-03-31T04:00"),
        ("utc+02:00", "2024-07-10T12:00", "2024-07-10T14:00"),
        ("utc-03:30", "2024-07-10T12:00", "2024-07-10T08:30"),
    ],
)
def test_a_rule_holds_for_its_season(rule: str, utc: str, wall: str) -> None:
    clock = ServerClock(rule)
    assert clock.shown(at(utc)) == at(wall)
    assert clock.shown_s(at(utc)) == at(wall) // NS_PER_SECOND
    assert clock.instant(at(wall)) == at(utc)
    assert clock.instant_ms(at(wall) // NS_PER_MS + 7) == at(utc) + 7 * NS_PER_MS


@pytest.mark.parametrize(
    ("zone", "rule"),
    [("America/New_York", "ny+7"), ("Europe/Athens", "eet"), ("Europe/London", "Europe/London")],
)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_rule_shows_what_the_standard_library_shows(zone: str, rule: str, moment: datetime) -> None:
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    extra = 7 * NS_PER_HOUR if rule == "ny+7" else 0
    assert ServerClock(rule).shown(from_datetime(moment)) == from_datetime(local) + extra


@given(st.sampled_from(RULES), st.integers(946_684_800, 2_145_916_800))
def test_there_and_back_is_the_same_instant(rule: str, second: int) -> None:
    clock, instant = ServerClock(rule), second * NS_PER_SECOND
    assert clock.instant(clock.shown(instant), near=instant) == instant
    assert clock.instant(clock.shown(instant)) in (instant, instant - NS_PER_HOUR)


def test_an_hour_shown_twice_is_told_apart_by_what_is_near() -> None:
    clock = ServerClock("ny+7")
    first, second = at("2024-11-03T05:30"), at("2024-11-03T06:30")
    wall = at("2024-11-03T08:30")
    assert clock.shown(first) == clock.shown(second) == wall
    assert clock.instant(wall) == first
    assert clock.instant(wall, near=second + 3) == second
    assert clock.instant(wall, near=first - 3) == first
    assert clock.twice(wall)
    assert [clock.twice(at(f"2024-11-03T{each}")) for each in ("07:59", "08:00", "08:59", "09:00")] == [
        False, True, True, False
    ]  # fmt: skip


def test_a_skipped_hour_is_read_behind_the_jump() -> None:
    assert ServerClock("eet").instant(at("2024-03-31T03:30")) == at("2024-03-31T01:30")


def test_consecutive_readings_stay_in_order_through_an_hour_shown_twice() -> None:
    clock = ServerClock("ny+7")
    instants = at("2024-11-03T04:00") + np.arange(240, dtype=np.int64) * NS_PER_MINUTE
    walls = np.array([clock.shown(int(each)) for each in instants])
    assert np.any(walls[1:] < walls[:-1])
    assert clock.instants(walls, NS_PER_MINUTE).tolist() == instants.tolist()
    assert clock.instants(walls).tolist() == instants.tolist()


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown clock rule"):
        ServerClock("moon+3")


NOW = at("2024-05-14T12:00")


def quote(clock: str, age: int) -> int:
    """Milliseconds that a server on ``clock`` stamps on a quote of ``age`` nanoseconds."""
    return ServerClock(clock).shown(NOW - age) // NS_PER_MS


@pytest.mark.parametrize("age", [0, 119 * NS_PER_SECOND, -119 * NS_PER_SECOND])
def test_a_fresh_quote_confirms_the_rule(age: int) -> None:
    check = ClockWatch(ServerClock("ny+7")).look([0, quote("ny+7", age)], NOW)
    assert check.confirmed
    assert check.residual == -age
    assert check.detail == ""


@pytest.mark.parametrize(("actual", "hours"), [("utc+05:00", "2"), ("utc+03:30", "0.5")])
def test_a_quote_of_the_future_contradicts_the_rule(actual: str, hours: str) -> None:
    check = ClockWatch(ServerClock("ny+7")).look([quote(actual, 0)], NOW)
    assert check.state == "contradicted"
    assert check.detail == f"quotes are {hours} hours ahead of our clock by ny+7"


def test_an_old_quote_proves_nothing_until_another_comes_that_is_as_old() -> None:
    watch = ClockWatch(ServerClock("ny+7"))
    old = watch.look([quote("utc", 0)], NOW)
    assert old.state == "unknown"
    assert old.detail == "the last quote is 180 minutes old by ny+7"
    assert watch.look([quote("utc", 0)], NOW).state == "unknown"
    moved = watch.look([quote("utc", -NS_PER_SECOND)], NOW + NS_PER_SECOND)
    assert moved.state == "contradicted"
    assert moved.detail == "quotes are 3 hours behind our clock by ny+7"


def test_a_clock_of_this_machine_that_is_off_is_said_to_be() -> None:
    check = ClockWatch(ServerClock("ny+7")).look([quote("ny+7", -7 * NS_PER_MINUTE)], NOW)
    assert check.state == "contradicted"
    assert "7 minutes ahead of our clock" in check.detail
    assert "the clock of this machine" in check.detail


@pytest.mark.parametrize("quotes", [[], [0, 0]])
def test_no_quote_proves_nothing(quotes: list[int]) -> None:
    check = ClockWatch(ServerClock("ny+7")).look(quotes, NOW)
    assert (check.state, check.residual) == ("unknown", None)


def test_the_freshest_of_several_quotes_counts() -> None:
    check = ClockWatch(ServerClock("eet")).look([quote("eet", NS_PER_HOUR), quote("eet", NS_PER_SECOND)], NOW)
    assert check.confirmed
    assert check.residual == -NS_PER_SECOND
