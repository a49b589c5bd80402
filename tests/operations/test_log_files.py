"""Log files: rotation, retention, two writers at once, and disks that refuse without anybody waiting."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ictcli.clock import NS_PER_DAY, monotonic
from ictcli.operations.log_files import Limits, LogFiles, forget, log_files

NOON = 1_773_748_800 * 10**9
"""2026-03-17 12:00 UTC."""
LIMITS = Limits(file=1 << 20, age=30 * NS_PER_DAY, total=1 << 30)
WRITER = """
import sys
from pathlib import Path
from ictcli.operations.log_files import Limits, LogFiles
files = LogFiles(Path(sys.argv[1]), Limits(20_000, 10**18, 10**12))
for n in range(2000):
    files.put(f"{sys.argv[2]} {n} ".encode() + b"x" * (n % 97) + b"|")
files.close(30)
"""


def written(folder: Path) -> list[bytes]:
    """All lines, oldest file first."""
    return [line for path in log_files(folder) for line in path.read_bytes().splitlines()]


def wait_for(condition: Callable[[], bool]) -> None:
    """Give the writing thread up to five seconds."""
    until = monotonic() + 5
    while not condition() and monotonic() < until:
        time.sleep(0.01)
    assert condition()


def test_lines_are_in_the_file_of_their_day_in_order(tmp_path: Path) -> None:
    now = [NOON]
    files = LogFiles(tmp_path / "logs", LIMITS, now=lambda: now[0])
    files.put(b"one")
    files.put(b"two")
    wait_for(lambda: len(written(tmp_path / "logs")) == 2)
    now[0] += NS_PER_DAY
    files.put(b"three")
    files.close()
    assert [path.name for path in log_files(tmp_path / "logs")] == [
        "log-2026-03-17-0001.jsonl",
        "log-2026-03-18-0001.jsonl",
    ]
    assert written(tmp_path / "logs") == [b"one", b"two", b"three"]
    if os.name == "posix":
        assert log_files(tmp_path / "logs")[0].stat().st_mode & 0o777 == 0o600


def test_a_full_file_is_followed_by_another_of_the_same_day(tmp_path: Path) -> None:
    for number in range(3):
        files = LogFiles(tmp_path / "logs", Limits(10, NS_PER_DAY, 10**6), now=lambda: NOON)
        files.put(f"line number {number}".encode())
        files.close()
    assert [path.name[-10:] for path in log_files(tmp_path / "logs")] == [
        "0001.jsonl",
        "0002.jsonl",
        "0003.jsonl",
    ]


def test_old_files_go_and_of_too_many_the_oldest_but_never_the_newest(tmp_path: Path) -> None:
    for day in ("2026-01-01", "2026-03-15", "2026-03-16", "2026-03-17"):
        (tmp_path / f"log-{day}-0001.jsonl").write_bytes(b"x" * 100)
    (tmp_path / "notes.txt").write_text("mine")
    assert [path.name[4:14] for path in forget(tmp_path, LIMITS, NOON)] == ["2026-01-01"]
    assert [path.name[4:14] for path in forget(tmp_path, Limits(1, 10**18, 250), NOON)] == ["2026-03-15"]
    forget(tmp_path, Limits(1, 10**18, 1), NOON + 400 * NS_PER_DAY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log-2026-03-17-0001.jsonl", "notes.txt"]


def test_two_processes_at_once_do_not_damage_each_others_lines(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name]) for name in ("a", "b")]
    assert [one.wait(60) for one in writers] == [0, 0]
    lines = written(folder)
    assert all(line.endswith(b"|") for line in lines)
    seen = Counter(tuple(line.split()[:2]) for line in lines)
    assert len(log_files(folder)) > 5
    assert len(seen) == len(lines) == 4000
    for name in (b"a", b"b"):
        assert [int(line.split()[1]) for line in lines if line.startswith(name)] == list(range(2000))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_of_once_and_costs_nobody_time(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "log-2026-03-17-0001.jsonl").symlink_to("/dev/full")
    told: list[str] = []
    files = LogFiles(tmp_path / "logs", LIMITS, told.append, now=lambda: NOON)
    began = monotonic()
    for number in range(20_000):
        files.put(b"%d" % number)
    assert monotonic() - began < 1.0
    wait_for(lambda: bool(files.failure))
    assert files.failure == "no space left on device"
    assert files.lost >= 9_000
    began = monotonic()
    files.close(0.5)
    assert monotonic() - began < 1.0
    assert len(told) == 1
    assert "no space left on device" in told[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    os.mkfifo(tmp_path / "logs" / "log-2026-03-17-0001.jsonl")
    files = LogFiles(tmp_path / "logs", LIMITS, now=lambda: NOON)
    began = monotonic()
    files.put(b"one")
    files.put(b"two")
    files.close(0.3)
    assert monotonic() - began < 1.0


def test_what_could_not_be_written_is_written_when_the_disk_takes_it_again(tmp_path: Path) -> None:
    blocked = tmp_path / "logs"
    blocked.write_text("a file is in the way")
    files = LogFiles(blocked, LIMITS, now=lambda: NOON)
    files.put(b"one")
    wait_for(lambda: bool(files.failure))
    blocked.unlink()
    wait_for(lambda: written(blocked) == [b"one"])
    assert files.failure == ""
    assert files.lost == 0
    files.close()


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    files = LogFiles(folder, LIMITS, now=lambda: NOON)
    files.put(b"one")
    wait_for(lambda: written(folder) == [b"one"])
    log_files(folder)[0].unlink()
    folder.rmdir()
    files.put(b"two")
    files.close()
    assert written(folder) == [b"two"]


def test_a_workspace_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "gone" / "logs", LIMITS, now=lambda: NOON)
    files.put(b"one")
    files.close(0.2)
    assert not (tmp_path / "gone").exists()


def test_a_line_that_somebody_left_without_its_end_does_not_swallow_the_next(tmp_path: Path) -> None:
    (tmp_path / "log-2026-03-17-0001.jsonl").write_bytes(b'whole\n{"torn')
    files = LogFiles(tmp_path, LIMITS, now=lambda: NOON)
    files.put(b"next")
    files.close()
    assert written(tmp_path) == [b"whole", b'{"torn', b"next"]


def test_a_line_that_another_process_is_writing_is_not_taken_for_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "log-2026-03-17-0001.jsonl"
    path.write_bytes(b'whole\n{"first half')
    files = LogFiles(tmp_path, LIMITS, now=lambda: NOON)
    files.put(b"next")
    time.sleep(0.05)
    with path.open("ab") as other:
        other.write(b', second half"}\n')
    files.close()
    assert written(tmp_path) == [b"whole", b'{"first half, second half"}', b"next"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of file sizes")
def test_a_line_that_a_full_disk_tore_is_written_again_whole(tmp_path: Path) -> None:
    script = f"""
import resource, time
from pathlib import Path
from ictcli.operations.log_files import Limits, LogFiles
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (25, hard))
files = LogFiles(Path({str(tmp_path)!r}), Limits(10**6, 10**18, 10**9), now=lambda: {NOON})
files.put(b"0123456789")
files.put(b"abcdefghij")
files.put(b"ABCDEFGHIJ")
while not files.failure:
    time.sleep(0.01)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
files.close(10)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert written(tmp_path) == [b"0123456789", b"abcdefghij", b"ABC", b"ABCDEFGHIJ"]
