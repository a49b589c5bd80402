"""Small files are read at once, or not at all."""

import os
from pathlib import Path

import pytest

from ictcli.plain_file import is_there, open_own, read_plain

pytestmark = pytest.mark.skipif(os.name == "nt", reason="FIFOs and links are POSIX")


def test_a_file_and_one_behind_a_link_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to("a")
    assert read_plain(tmp_path / "a") == read_plain(tmp_path / "link") == b"x"


def test_what_is_no_file_is_refused_and_nobody_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    for name, words in (("fifo", "Not a regular"), ("link", "Not a regular"), (".", "Is a directory")):
        with pytest.raises(OSError, match=words):
            read_plain(tmp_path / name)


def test_a_link_and_a_second_name_are_not_opened_for_writing(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"x")
    (tmp_path / "link").symlink_to("victim")
    (tmp_path / "second").hardlink_to(tmp_path / "victim")
    for name in ("link", "second"):
        with pytest.raises(OSError, match=name):
            open_own(tmp_path / name, os.O_RDWR)


def test_a_link_that_leads_nowhere_is_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert is_there(tmp_path / "link")
    assert not is_there(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    assert not is_there(tmp_path / "file" / "below")
