"""A file that finds no room ends a trader as a ledger does that cannot be written: it is started again."""

import errno
import resource
import signal
import sys
from pathlib import Path

import pytest

from ictcli.errors import DataError, ExitCode, LedgerUnwritable
from ictcli.store.atomic import write_file
from ictcli.trading.no_room import needing_room


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are of Unix")
def test_a_file_without_room_is_exit_1_with_its_name(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        with (
            pytest.raises(LedgerUnwritable, match=r"cannot write .*trade\.1\.json") as caught,
            needing_room(),
        ):
            write_file(tmp_path / "trade.1.json", b"x" * 64)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, heard)
    assert caught.value.code is ExitCode.UNEXPECTED


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_file_that_may_not_be_written_wants_a_person(number: int) -> None:
    with pytest.raises(DataError), needing_room():
        raise DataError("cannot write x") from OSError(number, "no")
    with pytest.raises(DataError), needing_room():
        raise DataError("damaged")


def test_a_disk_that_is_full_at_a_file_without_a_name_is_told_as_that() -> None:
    with pytest.raises(LedgerUnwritable, match="cannot write to the disk: no space left"), needing_room():
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="no"), needing_room():
        raise OSError(errno.EIO, "no")
