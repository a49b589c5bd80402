"""Files that only their owner may read."""

import os
import stat
from pathlib import Path

import pytest

from ictcli.store.atomic import private_file, write_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions in another way")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_private_file_and_its_new_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "spool" / "7.json"
    write_file(path, b"x", private=True)
    write_file(path, b"y", private=True)
    assert (mode(path), mode(path.parent), path.read_bytes()) == (0o600, 0o700, b"y")


def test_a_file_for_everyone_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_file(tmp_path / "report.html", b"x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "report.html") == 0o644


def test_a_private_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    private_file(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x"
