"""The emergency stop: whatever the file holds, it stops; whatever breaks, it can be set."""

import mmap
import os
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from random import Random

import pytest

from ictcli.clock import monotonic, now_ns
from ictcli.errors import DataError, UsageError
from ictcli.trading.latch import LATCH_FILE, RESERVE_FILE, Latch

NOW = 1_700_000_000_000_000_000


def test_nothing_is_stopped_where_nobody_set_a_stop(tmp_path: Path) -> None:
    latch = Latch(tmp_path / "control")
    assert latch.reason() is None
    assert latch.released() is None
    assert latch.release("why not", "me", NOW) is None


def test_a_stop_names_its_reason_and_survives_into_another_process(tmp_path: Path) -> None:
    Latch(tmp_path).engage("news in five minutes", "anna", NOW)
    code = (
        "import sys; from pathlib import Path; from ictcli.trading.latch import Latch;"
        "print(Latch(Path(sys.argv[1])).reason())"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "news in five minutes"


def test_the_same_latch_sees_a_stop_that_another_one_sets_and_lifts(tmp_path: Path) -> None:
    ours, theirs = Latch(tmp_path), Latch(tmp_path)
    for turn in range(3):
        theirs.engage(f"reason {turn}", "x", NOW + turn)
        assert ours.reason() == f"reason {turn}"
        theirs.release("over", "x", NOW + turn)
        assert ours.reason() is None


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"epoch": "x"}', b"\xff\xfe", b" " * 4096])
def test_a_file_that_says_nothing_readable_stops_as_well(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LATCH_FILE).write_bytes(content)
    reason = Latch(tmp_path).reason()
    assert reason is not None
    assert "cannot be read" in reason


def test_a_folder_in_place_of_the_file_or_of_its_folder_stops_as_well(tmp_path: Path) -> None:
    (tmp_path / LATCH_FILE).mkdir()
    assert Latch(tmp_path).reason()
    (tmp_path / "file").write_text("")
    assert Latch(tmp_path / "file").reason()


def test_a_stop_that_holds_keeps_its_reason_and_its_epoch(tmp_path: Path) -> None:
    latch = Latch(tmp_path)
    first = latch.engage("first", "a", NOW)
    assert latch.engage("second", "b", NOW + 5) == first
    assert latch.reason() == "first"


def test_asking_to_flatten_later_is_a_new_epoch_of_the_same_stop(tmp_path: Path) -> None:
    latch, other = Latch(tmp_path), Latch(tmp_path)
    first = latch.engage("first", "a", NOW)
    assert other.halt() == first
    second = latch.engage("all out", "a", NOW + 5, flatten=True)
    assert second.epoch > first.epoch
    assert other.halt() == second
    assert latch.engage("again", "a", NOW + 9) == second


def test_epochs_rise_even_when_the_clock_goes_back(tmp_path: Path) -> None:
    latch = Latch(tmp_path)
    seen = []
    for turn in range(4):
        seen.append(latch.engage("x", "a", NOW - turn * 10**9).epoch)
        latch.release("over", "a", NOW)
    assert seen == sorted(set(seen))


def test_a_stop_is_lifted_only_with_a_reason_which_is_kept(tmp_path: Path) -> None:
    latch = Latch(tmp_path)
    latch.engage("x", "a", NOW)
    with pytest.raises(UsageError, match="with a reason"):
        latch.release("  ", "a", NOW)
    assert latch.reason() == "x"
    latch.release("broker is back", "b", NOW + 1)
    assert latch.reason() is None
    last = Latch(tmp_path).released()
    assert last is not None
    assert last.released is not None
    assert (last.reason, last.released.reason, last.released.by) == ("x", "broker is back", "b")


def test_the_reserve_is_laid_ready_and_used_without_writing_a_new_file(tmp_path: Path) -> None:
    latch = Latch(tmp_path)
    latch.reserve()
    inode = (tmp_path / RESERVE_FILE).stat().st_ino
    latch.engage("x", "a", NOW)
    assert (tmp_path / LATCH_FILE).stat().st_ino == inode
    assert not (tmp_path / RESERVE_FILE).exists()
    latch.release("over", "a", NOW)
    latch.reserve()
    assert (tmp_path / RESERVE_FILE).stat().st_ino == inode


@pytest.mark.parametrize("letter", ["x", "\u00fc", "\u5b57", "\U0001f6d1", "\x01"])
def test_the_longest_reason_fits_into_the_reserve_in_any_script(tmp_path: Path, letter: str) -> None:
    latch = Latch(tmp_path)
    latch.reserve()
    latch.engage(letter * 2000, letter * 2000, NOW)
    latch.release(letter * 2000, letter * 2000, NOW)
    assert (tmp_path / RESERVE_FILE).stat().st_size <= 8192
    assert latch.released() is not None


def test_a_place_where_nothing_can_be_made_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    latch = Latch(tmp_path / "file" / "control")
    with pytest.raises(DataError) as caught:
        latch.engage("x", "a", NOW)
    assert "process id" in caught.value.hint


_STARVED = """
    import resource, signal, sys
    from pathlib import Path
    from ictcli.trading.latch import Latch
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Latch(Path(sys.argv[1])).engage("no room", "me", 5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
@pytest.mark.parametrize("reserved", [True, False])
def test_a_process_that_cannot_write_a_single_byte_still_sets_the_stop(
    tmp_path: Path, *, reserved: bool
) -> None:
    if reserved:
        Latch(tmp_path).reserve()
    subprocess.run([sys.executable, "-c", textwrap.dedent(_STARVED), str(tmp_path)], check=True)
    assert Latch(tmp_path).reason()


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of its own, full to the last byte, with a reserve laid ready before."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "ictcli-test", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount: {mounted.stderr.strip()}")
    return folder


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler:
        while True:
            try:
                filler.write(b"x" * 4096)
            except OSError:
                return


def test_a_full_disk_does_not_keep_the_stop_from_saying_why(small_disk: Path) -> None:
    try:
        latch = Latch(small_disk)
        latch.reserve()
        _fill(small_disk / "filler")
        latch.engage("disk is full", "me", NOW)
        assert Latch(small_disk).reason() == "disk is full"
    finally:
        subprocess.run(["umount", str(small_disk)], check=True)


def test_the_look_before_every_send_takes_microseconds(tmp_path: Path) -> None:
    latch = Latch(tmp_path)

    def per_look() -> float:
        began = monotonic()
        for _ in range(2000):
            latch.reason()
        return (monotonic() - began) / 2000

    off = min(per_look() for _ in range(5))
    latch.engage("x", "a", NOW)
    on = min(per_look() for _ in range(5))
    assert max(off, on) < 100e-6


_GATE = """
    import mmap, os, struct, sys
    from pathlib import Path
    from ictcli.clock import monotonic, now_ns
    from ictcli.trading.latch import Latch
    latch = Latch(Path(sys.argv[1]))
    with open(sys.argv[2], "r+b") as file, mmap.mmap(file.fileno(), 24) as shared:
        parent = os.getppid()
        print("up", flush=True)
        while not shared[16] and os.getppid() == parent:
            asked = monotonic()
            if latch.reason() is None:
                shared[0:8] = struct.pack("d", asked)
            elif shared[8:16] == bytes(8):
                shared[8:16] = struct.pack("d", monotonic())
"""
"""A gate in another process: notes when it was last open, and when it was first seen shut."""


def _trials(folder: Path, count: int) -> list[float]:
    """Seconds from the moment a stop holds until the gate of another process was seen shut."""
    control, notes = folder / "control", folder / "notes"
    notes.write_bytes(bytes(24))
    rng, found, latch = Random(1), [], Latch(control)
    latch.reserve()
    code = [sys.executable, "-c", textwrap.dedent(_GATE), str(control), str(notes)]
    with (
        notes.open("r+b") as file,
        mmap.mmap(file.fileno(), 24) as shared,
        subprocess.Popen(code, stdout=subprocess.PIPE, text=True) as gate,
    ):
        assert gate.stdout is not None
        assert gate.stdout.readline() == "up\n"
        try:
            for _ in range(count):
                time.sleep(rng.uniform(0, 0.002))
                latch.engage("trial", "test", now_ns())
                held = monotonic()
                while shared[8:16] == bytes(8):
                    time.sleep(0.0002)
                time.sleep(0.0005)
                last_open, first_shut = struct.unpack("dd", shared[0:16])
                assert last_open <= held
                found.append(max(0.0, first_shut - held))
                latch.release("trial over", "test", now_ns())
                shared[8:16] = bytes(8)
        finally:
            shared[16] = 1
    return found


def test_no_gate_opens_after_the_stop_holds(tmp_path: Path) -> None:
    assert max(_trials(tmp_path, 50)) < 1.0


@pytest.mark.proof
def test_no_gate_opens_after_the_stop_holds_in_three_thousand_trials(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    seconds = sorted(_trials(tmp_path, 3000))
    p99 = seconds[int(0.99 * len(seconds))]
    proof_facts |= {"trials": len(seconds), "opened_after": 0, "latch_to_gate_p99_ms": p99 * 1000}
    assert p99 < 0.1
