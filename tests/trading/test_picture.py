"""A look at trading from outside: stop, traders, and what the ledger says is open."""

import os
import secrets
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.clock import iso
from ictcli.ledger import bodies
from ictcli.ledger.address import Place, find_place, paper_place
from ictcli.ledger.journal import open_journal
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.trading.lock import Trader, only_trader
from ictcli.trading.picture import picture
from tests.ledger.stories import NOW, acked, filled, intent, sent, start, trade
from tests.operations.desks import keep_terminal

SYNC = bodies.Synced(
    since=0, balance=Decimal(10), equity=Decimal(10), difference=Decimal("0.5"), open_orders=0, positions=0
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where the ledger of a state folder is."""
    (tmp_path / "secret.key").write_text(secrets.token_hex(32))
    return find_place(tmp_path, {})


def test_where_nobody_ever_traded_there_is_nothing_to_show(tmp_path: Path, place: Place) -> None:
    nothing: dict[str, object] = {"halt": None, "traders": [], "ledgers": [], "damaged": []}
    assert picture(tmp_path, {}) == nothing
    assert picture(tmp_path, {"broker": place}) == nothing
    assert not list(tmp_path.glob("ledger/*"))


def test_a_stop_and_a_running_trader_are_shown(tmp_path: Path) -> None:
    Latch(control_folder(tmp_path)).engage("news", "anna", NOW)
    with only_trader(control_folder(tmp_path), Trader(7, "desk", "live", os.getpid(), NOW)):
        found = picture(tmp_path, {})
    assert (found["halt"]["reason"], found["halt"]["by"]) == ("news", "anna")
    (trader,) = found["traders"]
    assert (trader["account"], trader["mode"], trader["running"]) == (7, "live", True)
    assert picture(tmp_path, {})["traders"][0]["running"] is False


def test_open_intents_positions_and_the_last_bar_come_from_the_ledger_while_it_is_written(
    tmp_path: Path, place: Place
) -> None:
    bar = bodies.BarTaken(
        symbol="EURUSD", timeframe="M15", digits=5, ts=NOW, ts_close=NOW + 900 * 10**9, open=1, high=1,
        low=1, close=1, spread=1, tick_volume=1,
    )  # fmt: skip
    with open_journal(place, now=NOW) as journal:
        journal.append([start(), bodies.ModeSet(mode="active", reason="recovered"), bar, SYNC], NOW)
        for batch in trade(5):
            journal.append(batch, NOW)
        journal.append([intent("held"), sent("held"), acked("held", 11), filled(99, "held")], NOW)
        journal.append([intent("lost"), sent("lost")], NOW)
        (found,) = picture(tmp_path, {"broker": place, "paper": paper_place(tmp_path)})["ledgers"]
    assert (found["ledger"], found["mode"]) == ("broker", "paper")
    assert (found["allowed"], found["allowed_why"]) == ("active", "recovered")
    assert (found["last_bar"]["symbol"], found["last_bar"]["timeframe"]) == ("EURUSD", "M15")
    assert [(one["id"], one["status"]) for one in found["open_intents"]] == [("lost", "sent")]
    assert found["unresolved"] == 1
    assert (found["last_sync"]["balance"], found["last_sync"]["difference"]) == (Decimal(10), Decimal("0.5"))
    assert [one["position"] for one in found["positions"]] == [11]


def test_a_comparison_of_the_session_before_is_not_told_after_a_restart(tmp_path: Path, place: Place) -> None:
    def told() -> tuple[object, object]:
        (found,) = picture(tmp_path, {"broker": place})["ledgers"]
        return found["last_sync"] and found["last_sync"]["at"], found["recovering"]

    at = [iso(NOW + number) for number in range(4)]
    with open_journal(place, now=NOW) as journal:
        journal.append([start()], NOW)
        assert told() == (None, at[0])
        journal.append([SYNC], NOW + 1)
        assert told() == (at[1], None)
        journal.append([start()], NOW + 2)
        assert told() == (None, at[2])
        journal.append([SYNC], NOW + 3)
        assert told() == (at[3], None)


def test_ledgers_that_are_gone_or_damaged_are_named_and_hide_no_other(tmp_path: Path, place: Place) -> None:
    paper = paper_place(tmp_path)
    for one in (place, paper):
        with open_journal(one, now=NOW) as journal:
            journal.append([start()], NOW)
    keep_terminal(paper.traces[0])
    places = {"broker": place, "paper": paper}
    assert place.address.file is not None
    assert paper.address.file is not None
    for file in place.address.file.parent.glob("ledger.db*"):
        file.unlink()
    found = picture(tmp_path, places)
    assert [one["ledger"] for one in found["ledgers"]] == ["paper"]
    assert found["damaged"] == [
        {
            "ledger": "broker", "why": f"no ledger at {place.address}, but event 1 was anchored",
            "hint": "Restore a backup: `ictcli ledger restore`.",
        }
    ]  # fmt: skip
    paper.address.file.write_bytes(paper.address.file.read_bytes()[:3_000])
    assert [one["ledger"] for one in picture(tmp_path, places)["damaged"]] == ["broker", "paper"]
