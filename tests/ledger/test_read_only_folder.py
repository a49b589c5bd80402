"""A ledger in a folder that nobody may write to is verified all the same."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ictcli.ledger.address import Place, place_in
from ictcli.ledger.copies import check_ledger
from ictcli.ledger.journal import open_journal
from tests.ledger.stories import NOW, start

KEY = bytes(range(32))
NOBODY = 65534


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def tell(place: Place) -> None:
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)


def test_where_no_copy_can_be_made_beside_it_one_is_made_elsewhere(place: Place, scratch: Path) -> None:
    tell(place)
    place.backups.write_bytes(b"no folder")
    report = check_ledger(place)
    assert (report.events, report.faults) == (1, ())
    assert list(scratch.iterdir()) == []


@pytest.fixture
def read_only() -> Iterator[Place]:
    """A ledger of one event in a folder that this process may read and not write."""
    if os.name == "nt":
        pytest.skip("permissions of folders are Unix's")
    folder = Path(tempfile.mkdtemp(prefix="ictcli-read-only-"))
    place = place_in(folder / "ledger", KEY)
    tell(place)
    root = os.geteuid() == 0
    if root:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    (folder / "ledger").chmod(0o500)
    if root:
        os.seteuid(NOBODY)
    try:
        yield place
    finally:
        if root:
            os.seteuid(0)
        (folder / "ledger").chmod(0o700)
        shutil.rmtree(folder)


def test_a_ledger_in_a_read_only_folder_is_verified(read_only: Place) -> None:
    with pytest.raises(PermissionError):
        (read_only.backups.parent / "x").touch()
    report = check_ledger(read_only)
    assert (report.events, report.faults) == (1, ())
    assert not read_only.backups.exists()
