"""A live session that watches its own results through the ledger."""

import secrets
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.config.trading import TradeConfig
from ictcli.ledger.address import Place, find_place
from ictcli.ledger.bodies import Opened
from ictcli.ledger.journal import open_journal
from ictcli.trading.demotion import DemotionWatch
from ictcli.trading.graduation import Graduations
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
