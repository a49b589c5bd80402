"""A paper trader that goes on from a backup: made while it traded, restored, and no order doubled."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from ictcli.config.backup import BackupConfig
from ictcli.ledger.bodies import Filled, Intent, ModeSet
from ictcli.ledger.chain import read_key
from ictcli.market.bars import SeriesKey
from ictcli.operations.backup import create
from ictcli.operations.backup_contents import Ask, Workspace
from ictcli.operations.backup_restore import restore
from ictcli.operations.backup_rotation import Backup
from ictcli.store.store import Store
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.trading.messages import BREAKER_REASON
from ictcli.trading.paper import trade_paper
from tests.ledger.stories import NOW
from tests.reconcile.paper_sessions import M5, OUTSIDE, REQUEST, PaperDesk, paper_desk, walk
from tests.research.conftest import keep

BARS = 640
ALL = walk(BARS)
LEARNED, FIRST = 300, 480


class Watcher:
    """Backs up at some turn of a session, while it is under way."""

    def __init__(self, workspace: Workspace, turn: int) -> None:
        self._workspace, self._turn, self._seen = workspace, turn, 0
        self.made: Backup | None = None

    def alive(self, status: str) -> None:
        self._seen += 1
        if self._seen == self._turn:
            self.made = create(self._workspace, BackupConfig(bars=True), Ask(bars=True), now=NOW).backup


def as_workspace(desk: PaperDesk) -> Workspace:
    folder = desk.shop.folder
    return Workspace(folder, folder / "state", folder / "data", {})


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> tuple[PaperDesk, Backup]:
    """An account that traded through two sessions, and a backup from the middle of the second."""
    desk = paper_desk(tmp_path_factory.mktemp("desk") / "one")
    desk.session(ALL.slice(0, LEARNED))
    desk.session(ALL.slice(LEARNED, FIRST))
    watcher = Watcher(as_workspace(desk), 40)

    keep(desk.shop.store, SeriesKey("walk", "BTCUSD", M5), ALL.slice(FIRST, BARS))
    trade_paper(REQUEST, desk.shop, replace(OUTSIDE, alive=watcher.alive))
    assert watcher.made is not None
    return desk, watcher.made


def restored(desk: PaperDesk, backup: Backup, target: Path) -> PaperDesk:
    """A desk of a workspace that was restored, its emergency stop still set."""
    restore(backup.folder, target, read_key(desk.state / "secret.key"), by="anna", now=NOW)
    shop = replace(desk.shop, store=Store(target / "data", target / "state", 0), folder=target)
    return PaperDesk(shop)


def intents(desk: PaperDesk) -> list[str]:
    return [one.body.id for one in desk.entries() if isinstance(one.body, Intent)]


def told(fills: list[Filled]) -> list[Filled]:
    """Fills but for whether a start found them."""
    return [structs.replace(one, recovered=False) for one in fills]


def test_a_restored_account_decides_and_fills_what_the_lost_one_did(
    traded: tuple[PaperDesk, Backup], tmp_path: Path
) -> None:
    desk, backup = traded
    again = restored(desk, backup, tmp_path / "again")
    assert backup.manifest.settled
    assert 0 < len(again.fills()) < len(desk.fills())
    Latch(control_folder(again.state)).release("looked at it", "anna", NOW)
    trade_paper(REQUEST, again.shop, OUTSIDE)
    assert intents(again) == intents(desk)
    assert len(set(intents(again))) == len(intents(again))
    assert told(again.fills()) == told(desk.fills())


def test_before_a_person_resumes_nothing_is_opened(traded: tuple[PaperDesk, Backup], tmp_path: Path) -> None:
    desk, backup = traded
    again = restored(desk, backup, tmp_path / "again")
    known = {one.position for one in again.fills()}
    trade_paper(REQUEST, again.shop, OUTSIDE)
    assert {one.position for one in again.fills()} == known


def test_a_ledger_that_is_older_than_its_terminal_opens_nothing(
    traded: tuple[PaperDesk, Backup], tmp_path: Path
) -> None:
    """Half of a workspace was restored: the terminal remembers what the ledger does not."""
    desk, backup = traded
    again = restored(desk, backup, tmp_path / "again")
    Latch(control_folder(again.state)).release("looked at it", "anna", NOW)
    for path in [desk.state / "paper" / "terminal.bin", *(desk.state / "paper").glob("terminal-*.history")]:
        shutil.copy(path, again.state / "paper" / path.name)
    known = set(intents(again))
    trade_paper(REQUEST, again.shop, OUTSIDE)
    modes = [one.body for one in again.entries() if isinstance(one.body, ModeSet)]
    assert modes[-1].mode == "reducing"
    assert modes[-1].reason.startswith(f"{BREAKER_REASON}the broker shows orders of ours")
    opened = [one for one in again.fills() if one.entry == "in" and one.id and one.id not in known]
    assert opened == []
