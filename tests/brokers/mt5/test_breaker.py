"""The circuit breaker."""

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.mt5.breaker import Breaker, BreakerRule, admit, failed, succeeded

RULE = BreakerRule(failures=3, pause=10, longest=35)


def broken(times: int, now: int = 0) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = failed(breaker, RULE, now)
    return breaker


def test_it_opens_at_the_third_failure_in_a_row() -> None:
    assert broken(2).position == "closed"
    assert broken(3).position == "open"
    assert failed(succeeded(broken(2)), RULE, 0).position == "closed"


def test_while_open_nothing_passes_and_then_one_call_tries() -> None:
    breaker, allowed = admit(broken(3), 9)
    assert not allowed
    breaker, allowed = admit(breaker, 10)
    assert allowed
    assert breaker.position == "half_open"


def test_a_failed_trial_opens_it_for_twice_as_long_up_to_the_longest() -> None:
    breaker, now, pauses = broken(3), 0, []
    for _ in range(4):
        pauses.append(breaker.until - now)
        now = breaker.until
        breaker, allowed = admit(breaker, now)
        assert allowed
        breaker = failed(breaker, RULE, now)
    assert pauses == [10, 20, 35, 35]


def test_an_answer_closes_it_whatever_was_before() -> None:
    assert succeeded(admit(broken(5), 1000)[0]) == Breaker()


@given(st.lists(st.booleans(), max_size=30))
def test_stored_and_read_back_it_goes_on_as_if_nothing_had_happened(answers: list[bool]) -> None:
    kept = restored = Breaker()
    for now, good in enumerate(answers):
        restored = Breaker(**asdict(restored))
        kept = succeeded(kept) if good else failed(kept, RULE, now)
        restored = succeeded(restored) if good else failed(restored, RULE, now)
    assert kept == restored
    assert (kept.position == "closed") == (kept.until == 0)
