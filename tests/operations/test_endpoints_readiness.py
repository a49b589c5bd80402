"""When a trader is ready: each thing it needs, taken away one at a time."""

from dataclasses import replace
from typing import Any

import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.market.calendars import calendar
from ictcli.operations.endpoints_readiness import Check, Expected, Patience, alive, open_time, ready
from ictcli.reconcile.freshness import Freshness
from ictcli.trading.measures import Picture
from tests.operations.pictures import NOON, picture

PATIENCE = Patience(30 * NS_PER_SECOND, 3 * NS_PER_MINUTE)
SERIES = [Expected("EURUSD", "M15", 15 * NS_PER_MINUTE, calendar("fx"))]
CLEAN = Freshness("paper", 4, NOON, "clean", "", 0, NOON, stale=False)
FRIDAY_CLOSE = NOON + 3 * NS_PER_DAY + 9 * NS_PER_HOUR
"""2026-03-20 21:00 UTC, which is 17:00 in New York."""


def judged(shown: Picture | None, **changed: Any) -> list[Check]:
    """The checks of a trader that is ready at noon, with what is ``changed``."""
    halted = changed.pop("halted", None)
    reconciled = changed.pop("reconciled", [CLEAN])
    given: dict[str, Any] = {"now": NOON, "patience": PATIENCE} | changed
    return ready(shown, halted, reconciled, SERIES, **given)


def missing(checks: list[Check]) -> list[str]:
    """Names of what is not there."""
    return [one.name for one in checks if not one.ok]


def test_a_trader_in_good_order_is_ready() -> None:
    assert missing(judged(picture())) == []


@pytest.mark.parametrize(
    ("changed", "name", "words"),
    [
        ({"allowed": "reducing", "why": "breaker: 5 rejects in a row"}, "permission", "breaker: 5 rejects"),
        ({"recovering": True}, "recovery", "still being resolved"),
        ({"values": {**picture().values, "unknown_orders": 2.0}}, "recovery", "outcome is not known: 2"),
        ({"probed": NOON - 31 * NS_PER_SECOND}, "ledger", "answered 31.0 s ago"),
        ({"broker": "desk", "silent_since": NOON - 90 * NS_PER_SECOND}, "broker", "not answered for 90 s"),
        (
            {"bars": {("EURUSD", "M15"): NOON - 19 * NS_PER_MINUTE}},
            "bars",
            "EURUSD M15: no bar since 2026-03-17T11:41",
        ),
        ({"bars": {}, "reached": NOON - NS_PER_HOUR}, "bars", "no bar since 2026-03-17T11:00:00Z"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_thing_that_is_missing_is_named(changed: dict[str, Any], name: str, words: str) -> None:
    checks = judged(picture(**changed))
    assert missing(checks) == [name]
    assert words in next(one.detail for one in checks if one.name == name)


def test_a_bar_may_be_as_late_as_is_allowed_and_no_later() -> None:
    just = picture(bars={("EURUSD", "M15"): NOON - 18 * NS_PER_MINUTE})
    assert missing(judged(just)) == []
    later = NOON + NS_PER_MINUTE
    assert missing(judged(replace(just, probed=later), now=later)) == ["bars"]


def test_no_bar_is_missed_while_the_market_is_closed() -> None:
    friday = picture(bars={("EURUSD", "M15"): FRIDAY_CLOSE}, probed=FRIDAY_CLOSE + 40 * NS_PER_HOUR)
    assert missing(judged(friday, now=FRIDAY_CLOSE + 40 * NS_PER_HOUR)) == []
    monday = FRIDAY_CLOSE + 48 * NS_PER_HOUR + 19 * NS_PER_MINUTE
    assert missing(judged(replace(friday, probed=monday), now=monday)) == ["bars"]


def test_the_emergency_stop_counts_whatever_the_loop_says() -> None:
    assert missing(judged(picture(), halted="drill")) == ["halt"]
    assert missing(judged(None, halted="drill")) == ["session", "halt"]


@pytest.mark.parametrize(
    ("changed", "ok"),
    [
        ({"result": "never", "run": 0, "at": 0, "conclusive": 0, "stale": True}, True),
        ({"result": "findings", "roots": 2}, False),
        ({"stale": True}, False),
        ({"result": "unreadable", "stale": True}, False),
    ],
    ids=str,
)
def test_findings_and_stale_reconciliations_are_not_ready_and_none_yet_is(
    changed: dict[str, Any], ok: bool
) -> None:
    checks = judged(picture(), reconciled=[replace(CLEAN, **changed)])
    assert missing(checks) == ([] if ok else ["reconciliation"])


def test_while_it_starts_it_is_not_ready() -> None:
    assert missing(judged(None)) == ["session"]


def test_a_loop_is_alive_as_long_as_it_may_take_for_a_turn() -> None:
    assert alive(30.0, PATIENCE).ok
    assert not alive(30.1, PATIENCE).ok


def test_open_time_leaves_out_weekends_but_looks_no_longer_than_two_months() -> None:
    week = 7 * NS_PER_DAY
    assert open_time(calendar("crypto"), NOON - week, NOON) == week
    assert open_time(calendar("fx"), NOON - week, NOON) == 5 * NS_PER_DAY
    assert open_time(calendar("crypto"), 0, NOON) == 60 * NS_PER_DAY
