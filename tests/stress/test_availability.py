"""Lost time is counted once, and only where the terminal was online."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.ledger.bodies import AnyBody, Latched, ModeSet, Released, Start
from ictcli.ledger.log import Entry
from ictcli.stress.availability import (
    Uptime,
    availability_claim,
    away,
    forbidden,
    lost_within,
    online,
)
from ictcli.stress.outages import Outage, Return
from ictcli.stress.scenario import Verdict

OUTAGES = (Outage("cut", 10, 20), Outage("gone", 50, 60))


def test_a_terminal_is_online_between_its_outages() -> None:
    assert online(OUTAGES, 0, 100) == [(0, 10), (20, 50), (60, 100)]
    assert online(OUTAGES, 0, 55) == [(0, 10), (20, 50)]
    assert online((), 0, 100) == [(0, 100)]


def test_who_is_not_back_from_an_outage_is_away_until_the_end() -> None:
    found = away([Return(OUTAGES[0], 23), Return(OUTAGES[1])], 100)
    assert found == [(20, 23), (60, 100)]


spans = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=8)


@given(spans, st.integers(0, 50), st.integers(51, 100))
def test_lost_time_is_that_of_instants_covered_by_any_span(
    given_spans: list[tuple[int, int]], start: int, end: int
) -> None:
    covered = {at for a, b in given_spans for at in range(a, b)} & set(range(start, end))
    assert lost_within(given_spans, (start, end)) == len(covered)


def test_a_trader_forbids_itself_to_trade_from_its_start_until_it_has_compared_and_while_latched() -> None:
    start = Start(
        run="", epoch=1, mode="paper", account=1, server="", currency="USD", version="", config="",
        strategies=(),
    )  # fmt: skip
    bodies: list[tuple[int, AnyBody]] = [
        (10, start),
        (12, ModeSet(mode="active", reason="")),
        (20, Latched(epoch=1, reason="", by="")),
        (30, Released(reason="", by="")),
        (40, ModeSet(mode="reducing", reason="")),
    ]
    entries = [Entry(n, at, body) for n, (at, body) in enumerate(bodies)]
    assert forbidden(entries, 50) == [(10, 12), (20, 30), (40, 50)]


def test_the_bound_of_availability_lies_below_what_was_measured() -> None:
    uptime = Uptime((1000,) * 20, (0,) * 15 + (2,) * 5)
    claim = availability_claim(uptime, 0.999, 1, "")
    assert claim.value == pytest.approx(0.9995)
    assert claim.bound.low is not None
    assert 0.9988 < claim.bound.low < 0.9995
    assert availability_claim(Uptime((1000,), (0,)), 0.999, 1, "").verdict is Verdict.INCONCLUSIVE
    assert availability_claim(Uptime((1000, 1000), (5, 5)), 0.999, 1, "").verdict is Verdict.FAIL
