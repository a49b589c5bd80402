"""What is counted of a journal as it grows; and that counting cannot end a trader."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from ictcli.clock import NS_PER_SECOND
from ictcli.ledger.bodies import (
    Acked,
    Alerted,
    AnyBody,
    BarTaken,
    Denied,
    Ended,
    Filled,
    Intent,
    Rejected,
    Sent,
    Start,
)
from ictcli.ledger.log import Entry
from ictcli.trading.measures import MeasuredLog, Measures, Tally

NOON = 1_700_000_000 * NS_PER_SECOND
BAR = BarTaken(
    symbol="EURUSD", timeframe="M5", digits=5, ts=NOON, ts_close=NOON + 300, open=1, high=1, low=1, close=1,
    spread=0, tick_volume=1, timely=True,
)  # fmt: skip


def intent(**changed: Any) -> Intent:
    """An intent to buy at 1.10000."""
    given: dict[str, Any] = {"side": 1, "expected": Decimal("1.10000"), **changed}
    return Intent(id="i1", action="place", strategy="s", symbol="EURUSD", bar=1, leg=0, **given)


def deal(price: str, side: int = 1, **changed: Any) -> Filled:
    """A deal of it."""
    given: dict[str, Any] = {"id": "i1", "ts": NOON - 2 * NS_PER_SECOND, **changed}
    zero = Decimal(0)
    return Filled(
        deal=1, order=1, position=1, symbol="EURUSD", side=side, entry="in", volume=Decimal("0.1"),
        price=Decimal(price), profit=zero, commission=zero, swap=zero, fee=zero, reason="expert", **given,
    )  # fmt: skip


@pytest.fixture
def measures() -> Measures:
    """Counts of a session that just began."""
    found = Measures(lambda text: None)
    found.take([BAR, intent()], NOON, 0.001)
    return found


def test_requests_are_counted_by_what_became_of_them(measures: Measures) -> None:
    rejected = [Rejected(id="i1", attempt=1, code=10004, again=again) for again in (True, False)]
    measures.take([Sent(id="i1", attempt=1, request={}, digest="")], NOON, 0.001)
    measures.take(
        [*rejected, Acked(id="i1", attempt=2, code=10009), Denied(id="i2", code="HALTED")], NOON, 0.1
    )
    assert measures.counts["orders"] == {"retried": 1, "rejected": 1, "acknowledged": 1, "denied": 1}
    assert measures.counts["denials"] == {"HALTED": 1}
    assert measures.tallies["ledger_commit_seconds"].seen().n == 3
    assert measures.tallies["order_ack_seconds"].seen().n == 1


def test_an_answer_is_timed_from_its_request_and_only_once(measures: Measures) -> None:
    for attempt in (1, 2):
        measures.take([Sent(id="i1", attempt=attempt, request={}, digest="")], NOON, 0.0)
        measures.take([Acked(id="i1", attempt=attempt, code=1)], NOON, 0.0)
        measures.take([Acked(id="i1", attempt=attempt, code=1)], NOON, 0.0)
    assert measures.tallies["order_ack_seconds"].seen().n == 2
    assert measures.tallies["order_ack_seconds"].seen().counts[0] == 2


@pytest.mark.parametrize(
    ("price", "side", "points"), [("1.10012", 1, 12.0), ("1.09999", 1, -1.0), ("1.1", -1, 0.0)]
)
def test_slippage_is_in_points_and_above_zero_when_it_cost(
    price: str, side: int, points: float, measures: Measures
) -> None:
    measures.take([deal(price, side)], NOON, 0.0)
    assert measures.tallies["slippage_points"].lately() == pytest.approx(points)
    assert measures.tallies["fill_to_book_seconds"].lately() == 2.0


def test_a_stop_that_was_hit_is_no_slippage_of_the_order(measures: Measures) -> None:
    measures.take([deal("1.2", of_position=True), deal("1.2", id="")], NOON, 0.0)
    assert measures.counts["fills"] == {"of the position": 1, "foreign": 1}
    assert measures.tallies["slippage_points"].seen().n == 0


def test_bars_alerts_and_the_run_are_known(measures: Measures) -> None:
    start = Start(
        run="r",
        epoch=1,
        mode="live",
        account=1,
        server="",
        currency="USD",
        version="",
        config="",
        strategies=(),
    )
    measures.take([start, Alerted(severity="critical", code="x", text="")], NOON, 0.0)
    assert measures.bars == {("EURUSD", "M5"): NOON + 300}
    assert measures.counts["bars"] == {"timely": 1}
    assert measures.counts["alerts"] == {"critical": 1}
    assert (measures.run, measures.mode) == ("r", "live")


def test_a_mean_is_of_what_came_since_it_was_asked_last() -> None:
    tally = Tally((1.0, 2.0))
    tally.add(1.0)
    tally.add(4.0)
    assert tally.lately() == 2.5
    assert tally.lately() is None
    assert tally.seen().counts == (1, 0, 1)
    assert tally.seen().total == 5.0


class Kept:
    """A journal that keeps what it is given."""

    def __init__(self) -> None:
        self.bodies: list[AnyBody] = []

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Keep them."""
        self.bodies += bodies
        return self.last

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Read them."""
        return iter(Entry(at + 1, 0, body) for at, body in enumerate(self.bodies[after:]))

    @property
    def last(self) -> int:
        """How many."""
        return len(self.bodies)


def test_a_listener_that_fails_is_told_of_once_and_the_journal_goes_on() -> None:
    told: list[str] = []
    measures, kept = Measures(told.append), Kept()
    log = MeasuredLog(kept, measures)

    def broken(bodies: Sequence[AnyBody], at: int) -> None:
        raise OSError("no space left on device")

    measures.listener = broken
    assert log.append([BAR], NOON) == 1
    measures.listener = broken
    assert log.append([BAR], NOON) == 2
    assert (kept.bodies, log.last, len(list(log.read(1)))) == ([BAR, BAR], 2, 1)
    assert len(told) == 1
    assert "no space left" in told[0]


@pytest.mark.parametrize(
    ("volume", "last"),
    [("0.1", []), ("0.3", [Ended(id="i1", status="cancelled")]), ("0.2", [deal("1.10003")])],
)
def test_an_intent_is_followed_to_its_end_and_no_further(volume: str, last: list[AnyBody]) -> None:
    found = Measures(lambda text: None)
    found.take([BAR, intent(volume=Decimal(volume)), deal("1.10003"), *last], NOON, 0.001)
    told = found.tallies["slippage_points"].seen().n
    assert told == 1 + (volume == "0.2")
    found.take([deal("1.10003")], NOON, 0.001)
    assert found.tallies["slippage_points"].seen().n == told


def test_intents_that_never_end_cost_no_memory(measures: Measures) -> None:
    many = [
        Intent(id=str(n), action="place", strategy="s", symbol="EURUSD", bar=1, leg=0) for n in range(9_000)
    ]
    measures.take(many, NOON, 0.0)
    measures.take(
        [Sent(id="0", attempt=1, request={}, digest=""), Acked(id="0", attempt=1, code=1)], NOON, 0.0
    )
    assert measures.tallies["order_ack_seconds"].seen().n == 0
