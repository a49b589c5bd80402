"""What counts as an error of ours, read from a ledger."""

from decimal import Decimal

from ictcli.ledger.bodies import Acked, AnyBody, Denied, Done, Ended, Intent, Rejected, Unresolved
from ictcli.ledger.log import Entry
from ictcli.stress.tally import Outcomes, outcomes


def intent(name: str) -> Intent:
    return Intent(
        id=name, action="place", strategy="s", symbol="EURUSD", bar=0, leg=0, magic=1, side=1,
        volume=Decimal("0.1"), order="market",
    )  # fmt: skip


def tally(*bodies: AnyBody, under_way: set[str] | None = None) -> Outcomes:
    return outcomes([Entry(at + 1, 0, body) for at, body in enumerate(bodies)], under_way or set())


def test_orders_that_end_or_rest_are_no_error() -> None:
    found = tally(
        intent("a"), intent("b"), intent("c"), Ended(id="a", status="filled"), Done(id="b"), under_way={"c"}
    )
    assert (found.requests, found.wrong, found.refused) == (3, {}, 0)


def test_denied_rejected_unknown_and_endless_orders_are_errors() -> None:
    found = tally(
        *(intent(name) for name in "abcd"),
        Denied(id="a", code="rate"),
        Rejected(id="b", attempt=1, code=10006, message="no"),
        Ended(id="b", status="rejected"),
        Unresolved(id="c", attempt=1, code=10012),
        Ended(id="c", status="filled"),
    )
    assert found.wrong == {
        "a": "denied: rate", "b": "rejected: no", "c": "of unknown outcome", "d": "without an end"
    }  # fmt: skip


def test_a_request_that_is_asked_again_and_done_is_none() -> None:
    again = Rejected(id="a", attempt=1, code=10004, again=True)
    assert tally(intent("a"), again, Ended(id="a", status="filled")).wrong == {}


def test_what_the_broker_took_and_refused_later_is_told_apart() -> None:
    found = tally(intent("a"), Acked(id="a", attempt=1, code=10008), Ended(id="a", status="rejected"))
    assert (found.wrong, found.refused) == ({}, 1)
