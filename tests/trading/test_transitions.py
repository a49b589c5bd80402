"""The state machine, cell by cell."""

from pathlib import Path

import pytest

from ictcli.trading.status import OVER, Status
from ictcli.trading.transitions import MEANINGS, NEVER_THERE, TABLE, Happening, transition_table

CELLS = [(status, event) for status in Status for event in Happening]
FILLS = (Happening.FILLED_IN_PART, Happening.FILLED_WHOLLY, Happening.OVERFILLED)

LEGAL = {
    "intent": {"sent": "sent", "denied": "denied"},
    "sent": {
        "withheld": "intent", "acked": "open", "refused": "rejected", "again": "intent",
        "unresolved": "unknown", "found": "open", "filled in part": "partial", "filled wholly": "filled",
        "cancelled": "cancelled", "expired": "expired", "rejected": "rejected",
    },
    "unknown": {
        "acked": "open", "refused": "rejected", "found": "open", "filled in part": "partial",
        "filled wholly": "filled", "cancelled": "cancelled", "expired": "expired", "rejected": "rejected",
        "missed": "unknown", "absent": "absent",
    },
    "open": {
        "filled in part": "partial", "filled wholly": "filled", "cancelled": "cancelled",
        "expired": "expired", "rejected": "rejected",
    },
    "partial": {
        "filled in part": "partial", "filled wholly": "filled", "cancelled": "cancelled",
        "expired": "expired", "rejected": "rejected",
    },
}  # fmt: skip
"""Every move that the definition allows, written down a second time."""


def test_every_state_has_a_verdict_on_every_event() -> None:
    assert set(TABLE) == set(CELLS)
    assert set(MEANINGS) == set(Happening)


def test_the_legal_moves_are_exactly_those_of_the_definition() -> None:
    moves: dict[str, dict[str, str]] = {}
    for (status, event), verdict in TABLE.items():
        if verdict.kind == "move":
            moves.setdefault(str(status), {})[str(event)] = str(verdict.to)
    assert moves == LEGAL


@pytest.mark.parametrize(("status", "event"), [cell for cell in CELLS if cell[1] in FILLS])
def test_a_deal_is_booked_in_every_state(status: Status, event: Happening) -> None:
    verdict = TABLE[status, event]
    assert verdict.kind in {"move", "finding"}
    assert verdict.to in {Status.PARTIAL, Status.FILLED} or (status in OVER and verdict.to is status)


@pytest.mark.parametrize("status", sorted(OVER))
def test_what_is_over_never_works_again_unless_the_broker_shows_what_should_not_exist(status: Status) -> None:
    for event in Happening:
        verdict = TABLE[status, event]
        reopened = verdict.to not in OVER
        shown = event is Happening.FOUND or (event is Happening.ACKED and status is Status.ABSENT)
        assert not reopened or (status in NEVER_THERE and shown and verdict.kind == "finding")


def test_unknown_is_left_by_answers_and_records_alone() -> None:
    leaves = {event for event in Happening if TABLE[Status.UNKNOWN, event].to is not Status.UNKNOWN}
    assert leaves == {
        Happening.ACKED, Happening.REFUSED, Happening.FOUND, Happening.ABSENT, *FILLS, Happening.CANCELLED,
        Happening.EXPIRED, Happening.REJECTED,
    }  # fmt: skip


def test_only_an_unknown_order_can_be_called_absent_and_only_an_unsent_one_sent() -> None:
    assert [status for status in Status if TABLE[status, Happening.ABSENT].kind == "move"] == ["unknown"]
    assert [status for status in Status if TABLE[status, Happening.SENT].kind == "move"] == ["intent"]


def test_what_is_ignored_or_illegal_changes_nothing() -> None:
    kept = [
        verdict.to is status
        for (status, _), verdict in TABLE.items()
        if verdict.kind in {"ignored", "illegal"}
    ]
    assert all(kept)
    assert len(kept) > 60


def test_the_page_shows_the_table_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "orders.md").read_text("utf-8")
    assert transition_table() in page
