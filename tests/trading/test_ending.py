"""Being told to end: by file, by signal, once and twice, in a real process."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ictcli.clock import monotonic
from ictcli.trading.ending import STOP_FILE, Ending, doze

_LOOP = """
    import sys, time
    from pathlib import Path
    from ictcli.trading.ending import Ending, listening
    ending = Ending(Path(sys.argv[1]))
    with listening(ending, lambda text: print("told:", text, flush=True)):
        if sys.argv[2] == "starting":
            print("turning", flush=True)
            time.sleep(30)
        ending.engage()
        print("turning", flush=True)
        while not (why := ending.why()):
            time.sleep(0.01)
        print("ended:", why, ending.interrupted, flush=True)
        if sys.argv[2] == "slow":
            time.sleep(30)
"""


@contextmanager
def loop(control: Path, how: str = "quick") -> Iterator[subprocess.Popen[str]]:
    """A process that turns until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_LOOP), str(control), how],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert read(process) == "turning"
        yield process
    finally:
        process.kill()
        process.communicate()


def read(process: subprocess.Popen[str]) -> str:
    """Its next line."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


def test_a_stop_file_ends_what_began_before_it_and_nothing_later(tmp_path: Path) -> None:
    ending = Ending(tmp_path)
    assert ending.why() == ""
    (tmp_path / STOP_FILE).touch()
    assert ending.why() == "the stop file"
    (tmp_path / STOP_FILE).unlink()
    assert ending.why() == "the stop file"
    (tmp_path / STOP_FILE).touch()
    later = Ending(tmp_path)
    assert later.why() == ""
    os.utime(tmp_path / STOP_FILE, (1, 1))
    assert later.why() == "the stop file"


def test_a_doze_lasts_its_time_unless_something_wants_to_be_seen_to() -> None:
    began = monotonic()
    doze(0.12, lambda: False)
    assert 0.12 <= monotonic() - began < 1
    began = monotonic()
    doze(30, lambda: monotonic() - began > 0.1)
    assert 0.1 <= monotonic() - began < 5
    doze(30, lambda: True)


def test_the_first_reason_counts(tmp_path: Path) -> None:
    ending = Ending(tmp_path)
    ending.end("one")
    ending.end("two")
    assert ending.why() == "one"


def test_the_stop_file_ends_a_running_process(tmp_path: Path) -> None:
    with loop(tmp_path) as process:
        (tmp_path / STOP_FILE).touch()
        assert read(process) == "ended: the stop file False"
        assert process.wait(5) == 0


posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@posix
def test_term_ends_in_good_order_and_hup_is_ignored(tmp_path: Path) -> None:
    with loop(tmp_path) as process:
        process.send_signal(signal.SIGHUP)
        assert read(process).startswith("told: SIGHUP ignored")
        process.send_signal(signal.SIGTERM)
        assert read(process) == "ended: SIGTERM False"
        assert process.wait(5) == 0


@posix
def test_one_interrupt_ends_in_good_order_and_the_second_at_once(tmp_path: Path) -> None:
    with loop(tmp_path, "slow") as process:
        process.send_signal(signal.SIGINT)
        assert "Ctrl-C again" in read(process)
        assert read(process) == "ended: Ctrl-C True"
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == -signal.SIGINT


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_start_up_that_has_touched_nothing_ends_at_once(tmp_path: Path, number: int) -> None:
    with loop(tmp_path, "starting") as process:
        began = monotonic()
        os.kill(process.pid, number)
        assert process.wait(timeout=10) != 0
        assert monotonic() - began < 5
