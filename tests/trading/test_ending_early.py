"""A start-up that is told to end while the main thread hears no signal, in a real process."""

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
from ictcli.interrupts import Pressed
from ictcli.trading.ending import STOP_FILE, Ending

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

_START = """
    import hashlib, sys, time
    from pathlib import Path
    from ictcli.interrupts import COMPILING
    from ictcli.trading.ending import Ending, listening
    from ictcli.trading.ending_early import ending_early
    ending = Ending(Path(sys.argv[1]))
    def leave():
        print("left:", ending.why(), ending.interrupted, flush=True)
        return 7
    def work():
        print("at work", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"", b"", int(sys.argv[3]))  # in C, like the compiler
    with listening(ending, lambda text: None), ending_early(ending, leave):
        if sys.argv[2] == "compiling":
            COMPILING.enter()
            work()
            COMPILING.leave()
        if sys.argv[2] == "loading":
            print("at work", flush=True)
            time.sleep(30)
        ending.engage()
        COMPILING.enter()
        work()
        COMPILING.leave()
        print("engaged:", ending.why(), flush=True)
"""
_LONG, _SHORT = 100_000_000, 1_000_000


@contextmanager
def start(control: Path, how: str, rounds: int = _LONG) -> Iterator[subprocess.Popen[str]]:
    """A start that is at work: compiling, loading, or engaged."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_START), str(control), how, str(rounds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGTERM, "left: SIGTERM False\n"), (signal.SIGINT, "left: Ctrl-C True\n")]
)
def test_a_signal_is_heard_at_once_while_the_compiler_holds_the_main_thread(
    tmp_path: Path, number: int, said: str
) -> None:
    with start(tmp_path, "compiling") as process:
        began = monotonic()
        os.kill(process.pid, number)
        out, _ = process.communicate(timeout=10)
        assert monotonic() - began < 3
        assert (process.returncode, out) == (7, said)


def test_a_stop_file_is_heard_while_compiling_and_while_loading(tmp_path: Path) -> None:
    with start(tmp_path, "compiling") as process:
        (tmp_path / STOP_FILE).touch()
        assert process.communicate(timeout=10)[0] == "left: the stop file False\n"
        assert process.returncode == 7
    (tmp_path / STOP_FILE).unlink()
    with start(tmp_path, "loading") as process:
        (tmp_path / STOP_FILE).touch()
        out, err = process.communicate(timeout=10)
        assert out == ""
        assert "Pressed" in err  # unwound as by a signal, not left where it stood


def test_what_works_on_the_account_is_never_left_where_it_stands(tmp_path: Path) -> None:
    with start(tmp_path, "engaged", _SHORT) as process:
        os.kill(process.pid, signal.SIGTERM)
        assert process.communicate(timeout=20)[0] == "engaged: SIGTERM\n"
        assert process.returncode == 0


def test_an_account_is_not_begun_with_after_a_word_to_end(tmp_path: Path) -> None:
    ending = Ending(tmp_path)
    ending.hear(signal.SIGTERM)
    with pytest.raises(Pressed):
        ending.engage()
    assert not ending.engaged
