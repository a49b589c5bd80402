"""A live session that watches its own results through the ledger."""

import secrets
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.config.trading import TradeConfig
from ictcli.ledger.address import Place, find_place
from ictcli.ledger.bodies import Alerted, Opened
from ictcli.ledger.faults import LedgerCorrupt, NoLedger
from ictcli.ledger.journal import open_journal
from ictcli.trading.demotion import DemotionWatch, review_all
from ictcli.trading.graduation import Graduations, Standing
from tests.trading.journals import NOON, deal, intent, start

MARK = "fvg_retest@1:aaaa"
CONFIG = TradeConfig(graduation_trades=0, graduation_days=0, graduation_reconciled=0)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where the ledger of a state folder is."""
    (tmp_path / "secret.key").write_text(secrets.token_hex(32))
    return find_place(tmp_path, {})


def test_the_session_is_told_when_its_live_results_fall_too_far(tmp_path: Path, place: Place) -> None:
    files = Graduations(tmp_path, b"k" * 32)
    standing = files.review([], MARK, CONFIG, 0.0, NOON)
    assert standing.graduated
    watch = DemotionWatch(place, [standing], CONFIG, 0.0)
    assert watch.look(0.0) == ""
    with open_journal(place, now=NOON) as journal:
        journal.append([start("live", MARK), Opened(balance=Decimal(1000)), intent("a")], NOON)
        journal.append([deal(1, 5, 1, "0.20", id="a")], NOON + 1)
        assert watch.look(61.0) == ""
        journal.append([deal(2, 5, -1, "0.20", entry="out", profit=Decimal(-200))], NOON + 2)
        assert watch.look(100.0) == ""
        assert watch.look(121.5).startswith(f"{MARK} goes back to paper: drawdown 20.2%")
        fallen = files.review([journal.read()], MARK, CONFIG, 0.0, NOON + 10)
    assert [one.reason for one in fallen.demotions] == ["drawdown 20.2% of at most 8.0%"]


def paper_ledger(place: Place) -> None:
    """A ledger with a day of paper trading."""
    with open_journal(place, now=NOON, durable=False) as journal:
        for n in range(5):
            journal.append([start("paper", MARK), Alerted(severity="info", code="x", text=str(n))], NOON + n)


def review(place: Place, state: Path) -> list[Standing]:
    return review_all([place], [MARK], Graduations(state, place.key), CONFIG, 0.0, NOON)


def test_a_verdict_is_signed_on_a_whole_ledger_only(tmp_path: Path, place: Place) -> None:
    assert [one.mark for one in review(place, tmp_path)] == [MARK]  # there is none yet
    paper_ledger(place)
    assert review(place, tmp_path)[0].graduated


@pytest.mark.parametrize("seq", [2, 10])
def test_one_changed_event_and_no_verdict_is_signed(tmp_path: Path, place: Place, seq: int) -> None:
    paper_ledger(place)
    assert place.address.file is not None
    with closing(sqlite3.connect(place.address.file)) as database:
        database.executescript("".join(f"DROP TRIGGER {name};" for name in triggers(database)))
        changed = database.execute(
            "UPDATE events SET body = replace(body, 'x', 'y') WHERE seq = ?", (seq,)
        ).rowcount
        database.commit()
    assert changed == 1
    with pytest.raises(LedgerCorrupt, match="proves nothing") as refused:
        review(place, tmp_path)
    assert "ictcli ledger verify" in str(refused.value.hint)
    assert not (tmp_path / "graduation").exists()


def triggers(database: sqlite3.Connection) -> list[str]:
    """What keeps events from being changed, and whoever owns the file can take away."""
    return [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]


def test_a_ledger_that_was_taken_away_is_no_clean_record(tmp_path: Path, place: Place) -> None:
    paper_ledger(place)
    assert place.address.file is not None
    place.address.file.unlink()
    with pytest.raises(NoLedger, match="was anchored"):
        review(place, tmp_path)
