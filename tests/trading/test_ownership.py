"""What is ours, as the ledger tells it and where it cannot."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.errors import DataError
from ictcli.ledger.address import Place, find_place
from ictcli.ledger.bodies import Opened
from ictcli.ledger.journal import open_journal
from ictcli.strategies.known import STRATEGIES
from ictcli.trading.identity import EMERGENCY_STRATEGY, intent_id, magic_of, strategy_number
from ictcli.trading.ownership import Ownership, find_ownership
from tests.trading.journals import NOON, intent, start

NAME = intent_id(7, "fvg_retest", "EURUSD", 1, 0, "place")
GIVEN = magic_of(strategy_number("fvg_retest"), 17)
NEXT = magic_of(strategy_number("fvg_retest"), 18)
STAMPS = (1_700_000_000, 1_700_000_000_000, 1_795_123_456_789, 1_700_000_000_000_000, -5, 0, 99)
"""Numbers of other programs: instants in seconds, milliseconds and microseconds, and small ones."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The ledger of account 7, which has given out one number."""
    (tmp_path / "secret.key").write_text("00" * 32)
    place = find_place(tmp_path, {})
    with open_journal(place, now=NOON) as journal:
        journal.append([start("live"), Opened(balance=Decimal(1)), intent(NAME, magic=GIVEN)], NOON)
    return place


def test_with_a_ledger_only_numbers_that_it_gave_out_are_ours(place: Place) -> None:
    owned = find_ownership(lambda: place, 7, STRATEGIES)
    assert owned == Ownership(frozenset({GIVEN}))
    assert owned.owns(GIVEN, "")
    assert not owned.owns(NEXT, NAME)
    assert not any(owned.owns(stamp, NAME) for stamp in STAMPS)


def test_without_a_ledger_a_known_strategy_or_the_name_of_an_intent_tells(tmp_path: Path) -> None:
    owned = find_ownership(lambda: find_place(tmp_path, {}), 7, STRATEGIES)
    assert "cannot read" in owned.doubt
    assert owned.owns(GIVEN, "")
    other = magic_of(strategy_number("of_a_file"), 1)
    assert owned.owns(other, NAME)
    assert owned.owns(other, NAME + "[tp]")
    assert not owned.owns(other, "")
    assert not owned.owns(other, "grid level 3 of the night")
    assert not any(owned.owns(stamp, "") for stamp in STAMPS)
    assert not any(owned.owns(small, NAME) for small in (99, 0, -5))


def test_a_ledger_of_another_account_tells_nothing(place: Place) -> None:
    owned = find_ownership(lambda: place, 8, STRATEGIES)
    assert (owned.magics, owned.doubt) == (None, "the ledger knows no order of account 8")


def test_a_damaged_ledger_is_given_up(place: Place) -> None:
    assert place.address.file is not None
    place.address.file.write_bytes(b"no database" * 1000)
    owned = find_ownership(lambda: place, 7, STRATEGIES)
    assert owned.magics is None
    assert "the ledger cannot tell" in owned.doubt


def test_a_ledger_that_is_locked_is_given_up_in_time(place: Place) -> None:
    with closing(sqlite3.connect(str(place.address.file), isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("PRAGMA journal_mode=DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        owned = find_ownership(lambda: place, 7, STRATEGIES)
    assert owned.magics is None
    assert "is locked" in owned.doubt


def test_a_workspace_without_a_key_keeps_no_stop_from_going_on() -> None:
    def lost() -> Place:
        raise DataError("no key")

    assert find_ownership(lost, 7, ()).doubt == "the ledger cannot tell what is ours: no key"


def test_closing_orders_of_an_own_session_are_told_by_number_and_comment() -> None:
    number = magic_of(EMERGENCY_STRATEGY, 3)
    for owned in (Ownership(frozenset()), Ownership(None)):
        assert owned.owns(number, "halt")
        assert not owned.owns(number, "")
