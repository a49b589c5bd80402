"""What a crash leaves of a disk."""

from random import Random

import pytest

from ictcli.errors import LedgerUnwritable
from ictcli.ledger.bodies import Stop
from ictcli.trading.simulation.crashes import Crash, Doom
from ictcli.trading.simulation.faults import Faults
from ictcli.trading.simulation.schedule import Schedule
from ictcli.trading.simulation.storage import Block, Disk, DiskLog


def a_disk(menus: dict[str, tuple[tuple[str, float], ...]] | None = None) -> tuple[Disk, list[Block]]:
    durable: list[Block] = []
    return Disk(Schedule(0), Faults(Random(1), menus or {}), durable.append, lambda: None), durable


def test_what_was_appended_survives_every_crash() -> None:
    disk, durable = a_disk()
    log = DiskLog(disk, Doom(None))
    assert log.append([Stop(reason="a"), Stop(reason="b")], 5) == 2
    disk.crash(Random(3))
    again = DiskLog(disk, Doom(None))
    assert [(entry.seq, entry.ts, entry.body) for entry in again.read()] == [
        (1, 5, Stop(reason="a")),
        (2, 5, Stop(reason="b")),
    ]
    assert [entry.seq for entry in again.read(after=1)] == [2]
    assert again.last == 2
    assert len(durable) == 1


def test_a_crash_between_write_and_sync_keeps_the_transaction_whole_or_not_at_all() -> None:
    kept = set()
    for seed in range(20):
        disk, durable = a_disk()
        with pytest.raises(Crash):
            DiskLog(disk, Doom(2)).append([Stop(reason="a"), Stop(reason="b")], 5)
        assert not durable
        disk.crash(Random(seed))
        kept.add(DiskLog(disk, Doom(None)).last)
        assert len(durable) == len(disk.blocks)
    assert kept == {0, 2}


@pytest.mark.parametrize(("step", "written"), [(1, 0), (2, 1), (3, 1)])
def test_every_durable_step_can_be_the_last(step: int, written: int) -> None:
    disk, _ = a_disk()
    doom = Doom(step)
    with pytest.raises(Crash):
        DiskLog(disk, doom).append([Stop(reason="a")], 5)
    assert len(disk.blocks) == written
    assert doom.where


def test_a_full_disk_writes_nothing_and_says_so() -> None:
    disk, durable = a_disk({"disk": (("full", 1.0),)})
    log = DiskLog(disk, Doom(None))
    with pytest.raises(LedgerUnwritable):
        log.append([Stop(reason="a")], 5)
    assert (log.last, disk.blocks, durable) == (0, [], [])
