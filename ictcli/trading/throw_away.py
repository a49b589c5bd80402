"""A copy of a ledger and of what lies beside it, for a dry run: gone on from, written to, and thrown away."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ictcli.clock import NS_PER_DAY, now_ns
from ictcli.ledger.address import Address, Place
from ictcli.ledger.opening import copy_file, no_ledger

_PREFIX = ".dry-"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a session writes.

    Attributes:
        place: its ledger.
        folder: terminal and checkpoints.
        spool: events that wait for it.
        data: metric history.
    """

    place: Place
    folder: Path
    spool: Path
    data: Path


@contextmanager
def throw_away(ground: Ground) -> Iterator[Ground]:
    """A copy for the block; what waits in spool and spill file stays for the ledger that it is meant for.

    A ledger on a database server is not copied: the dry run begins with an empty one.

    Raises:
        DataError: the ledger is damaged, or lost.
        LedgerUnwritable: the disk refuses.
    """
    if ground.place.lost:
        raise no_ledger(ground.place)
    ground.folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(ground.folder.parent)
    scratch = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=ground.folder.parent))
    try:
        place = ground.place
        address = Address(file=scratch / "ledger" / "ledger.db")
        if place.address.file is not None and place.address.file.exists():
            (scratch / "ledger").mkdir()
            copy_file(place.address.file, scratch / "ledger" / "ledger.db")
            if ground.folder.exists():
                shutil.copytree(ground.folder, scratch / "own", ignore=shutil.ignore_patterns("ledger"))
        own = replace(
            place, address=address, anchors=scratch / "ledger" / "anchors.log",
            spill=scratch / "ledger" / "spill.jsonl", lock=scratch / "ledger" / "ledger.lock", traces=(),
        )  # fmt: skip
        yield Ground(own, scratch / "own", scratch / "spool", scratch / "data")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove copies that a killed dry run left behind more than a day ago."""
    for left in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if now_ns() - left.stat().st_mtime_ns > NS_PER_DAY:
                shutil.rmtree(left, ignore_errors=True)
