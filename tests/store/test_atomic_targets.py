"""What stands at a name already: devices, FIFOs, links, files that somebody laid ready."""

import errno
import os
import stat
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from ictcli.errors import DataError, ExitCode, IctError
from ictcli.store.atomic import TEMPORARY, drafted, named, private_file, replace, write_file, write_named

pytestmark = pytest.mark.skipif(os.name == "nt", reason="FIFOs, nodes and modes are POSIX")


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A node of our own of what swallows everything."""
    try:
        os.mknod(tmp_path / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        (tmp_path / "null").write_bytes(b"x")
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    return tmp_path / "null"


def heard(fifo: Path) -> tuple[threading.Thread, list[bytes]]:
    """A reader at the other end."""
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.append(fifo.read_bytes()), daemon=True)
    reader.start()
    return reader, said


def test_a_named_fifo_is_written_into_and_stays_one(fifo: Path) -> None:
    for write in (write_named, _by_block):
        reader, said = heard(fifo)
        write(fifo, b"hello")
        reader.join(5)
        assert (said, fifo.is_fifo()) == ([b"hello"], True)


def _by_block(path: Path, data: bytes) -> None:
    with named(path) as file:
        file.write(data)


def test_a_named_device_and_a_link_to_one_stay_what_they_are(device: Path) -> None:
    link = device.with_name("link")
    link.symlink_to(device)
    for path in (device, link):
        write_named(path, b"x")
        _by_block(path, b"x")
    assert device.is_char_device()
    assert link.is_symlink()


def test_a_file_of_ours_replaces_no_device_and_no_fifo(fifo: Path) -> None:
    with pytest.raises(DataError, match="Not a regular file"):
        write_file(fifo, b"x")
    with pytest.raises(IctError, match="Not a regular file"), drafted(fifo) as file:
        file.write(b"x")
    (fifo.parent / "source").write_bytes(b"x")
    with pytest.raises(OSError, match="Not a regular file"):
        replace(fifo.parent / "source", fifo)
    assert fifo.is_fifo()
    assert sorted(path.name for path in fifo.parent.iterdir()) == ["fifo", "source"]


def test_a_full_device_is_an_error_of_the_disk(tmp_path: Path) -> None:
    full = tmp_path / "full"
    try:
        os.mknod(full, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
        with suppress(OSError):
            full.write_bytes(b"x")
    except PermissionError as error:
        pytest.skip(f"no device can be made here: {error}")
    for write in (write_named, _by_block):
        with pytest.raises(IctError, match="No space left") as found:
            write(full, b"x")
        assert found.value.code is ExitCode.UNEXPECTED
    assert full.is_char_device()


@pytest.mark.parametrize("private", [True, False])
def test_a_link_under_the_temporary_name_is_never_followed(tmp_path: Path, *, private: bool) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    draft = tmp_path / f"{TEMPORARY}{os.getpid()}-a"
    for write in (lambda path, data: write_file(path, data, private=private), write_named, _by_block):
        draft.symlink_to(victim)
        write(tmp_path / "a", b"x")
        assert (victim.read_bytes(), (tmp_path / "a").read_bytes()) == (b"mine", b"x")
        assert not (tmp_path / "a").is_symlink()
        (tmp_path / "a").unlink()


def test_a_fifo_under_the_temporary_name_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{TEMPORARY}{os.getpid()}-a")
    write_file(tmp_path / "a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"


def test_a_private_file_is_not_made_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        private_file(tmp_path / "a")
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_at_a_name_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    for write in (write_file, write_named, _by_block):
        (tmp_path / "a").unlink(missing_ok=True)
        (tmp_path / "a").symlink_to(tmp_path / "victim")
        write(tmp_path / "a", b"x")
        assert ((tmp_path / "victim").read_bytes(), (tmp_path / "a").is_symlink()) == (b"mine", False)


def test_what_a_person_names_is_his_alone_unless_he_opened_it_or_another_program_reads_it(
    tmp_path: Path,
) -> None:
    before = os.umask(0o022)
    try:
        write_named(tmp_path / "new", b"x")
        _by_block(tmp_path / "block", b"x")
        write_named(tmp_path / "metrics", b"x", shared=True)
        (tmp_path / "opened").write_bytes(b"")
        (tmp_path / "opened").chmod(0o640)
        write_named(tmp_path / "opened", b"x")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"new": 0o600, "block": 0o600, "metrics": 0o644, "opened": 0o640}


def test_a_name_of_an_open_file_is_written_to_as_it_comes(tmp_path: Path) -> None:
    """As ``/dev/stdout`` of a shell's ``>>``: nothing is cut off, and no link of the system is replaced."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system names no open files")
    with (tmp_path / "kept").open("wb", buffering=0) as file:
        file.write(b"before ")
        write_named(Path(f"/proc/self/fd/{file.fileno()}"), b"behind")
    assert (tmp_path / "kept").read_bytes() == b"before behind"


def test_a_full_disk_is_told_of_by_name_or_as_data_that_a_trader_can_do_without(tmp_path: Path) -> None:
    """Exit 1 for a report that finds no room; what counts, measures and goes on expects ``DataError``."""

    def fill(write: Callable[[Path], AbstractContextManager[BinaryIO]]) -> None:
        with write(tmp_path / "a") as file:
            file.write(b"x")
            raise OSError(errno.ENOSPC, "No space left on device")

    for write, kind in ((named, IctError), (drafted, DataError)):
        with pytest.raises(kind, match="No space left") as found:
            fill(write)
        assert type(found.value) is kind
        assert list(tmp_path.iterdir()) == []
