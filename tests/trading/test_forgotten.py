"""Accounts that only a ledger tells of: for a stop that finds no note of who traded."""

from pathlib import Path

import pytest

from ictcli.config.trading import BrokerConfig
from ictcli.ledger.address import find_place, paper_place
from ictcli.ledger.journal import open_journal
from ictcli.trading.forgotten import forgotten
from ictcli.trading.lock import LOGIN, Trader
from ictcli.workspace import create
from tests.ledger.stories import NOW, start

TABLES = {"one": BrokerConfig(terminal="bridge", login=7), "other": BrokerConfig(terminal="bridge", login=8)}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    create(tmp_path)
    return tmp_path / "state"


def begun(state: Path, account: int = 7) -> None:
    """A trader began at a broker."""
    with open_journal(find_place(state, {}), now=NOW, durable=False) as journal:
        journal.append([start(account=account)], NOW)


def names(state: Path, *known: Trader) -> list[tuple[int, str]]:
    return [(one.account, one.broker) for one in forgotten(state, {}, TABLES, known).traders]


def test_nobody_traded_and_nothing_is_told(state: Path) -> None:
    found = forgotten(state, {}, TABLES, ())
    assert (found.traders, found.account, found.doubt) == ([], "", "")


def test_the_last_account_of_the_ledger_is_found_at_the_table_of_its_login(state: Path) -> None:
    begun(state, 8)
    begun(state, 7)
    assert names(state) == [(7, "one")]


def test_an_account_that_no_table_reaches_is_named(state: Path) -> None:
    begun(state, 99)
    found = forgotten(state, {}, TABLES, ())
    assert (found.traders, found.account) == ([], "Sim-1/99")


def test_who_left_a_note_is_not_looked_for(state: Path) -> None:
    begun(state)
    with open_journal(paper_place(state), now=NOW, durable=False):
        pass
    assert names(state) == [(LOGIN, ""), (7, "one")]
    assert names(state, Trader(7, "one", "live", 1, 1)) == [(LOGIN, "")]
    assert names(state, Trader(LOGIN, "", "paper", 1, 1)) == [(7, "one")]


def test_a_ledger_that_was_lost_is_a_doubt(state: Path) -> None:
    begun(state)
    find_place(state, {}).address.file.unlink()  # type: ignore[union-attr]
    assert "was anchored" in forgotten(state, {}, TABLES, ()).doubt


def test_a_ledger_without_its_key_is_a_doubt_and_nothing_at_all_is_none(state: Path) -> None:
    (state / "secret.key").unlink()
    assert forgotten(state, {}, TABLES, ()).doubt == ""
    (state / "ledger").mkdir(exist_ok=True)
    (state / "ledger" / "ledger.db").write_bytes(b"")
    assert "secret.key" in forgotten(state, {}, TABLES, ()).doubt
