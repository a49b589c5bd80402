"""One trader per account, whoever starts second and however the first one ends."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ictcli.errors import Busy
from ictcli.trading.lock import Trader, only_trader, traders

NOW = 1_700_000_000_000_000_000

_HOLDER = """
    import subprocess, sys, time
    from pathlib import Path
    from ictcli.trading.lock import Trader, only_trader
    import os
    with only_trader(Path(sys.argv[1]), Trader(7, "demo", "live", os.getpid(), 1_700_000_000_000_000_000)):
        if sys.argv[2] == "child":
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"], close_fds=False,
                             stdout=subprocess.DEVNULL)
        print("held", flush=True)
        time.sleep(30)
"""


@contextmanager
def holder(control: Path, how: str = "alone") -> Iterator[subprocess.Popen[str]]:
    """Another process that trades account 7."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_HOLDER), str(control), how],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        if sys.platform == "win32":
            process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def trader(account: int) -> Trader:
    """This process, trading an account."""
    return Trader(account, "", "paper", os.getpid(), NOW)


def test_a_second_trader_is_told_who_trades_the_account(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        with pytest.raises(Busy) as caught, only_trader(tmp_path, trader(7)):
            pass
        assert caught.value.message.startswith(f"account 7 is being traded by pid {other.pid} on ")
        assert "since 2023-11-14T22:13:20Z" in caught.value.message
        with only_trader(tmp_path, trader(8)):
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")
@pytest.mark.parametrize("how", ["alone", "child"])
def test_killing_the_trader_frees_the_account_also_when_a_child_lives_on(tmp_path: Path, how: str) -> None:
    with holder(tmp_path, how) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        with only_trader(tmp_path, trader(7)):
            pass


def test_who_trades_where_is_seen_from_outside_without_disturbing_them(tmp_path: Path) -> None:
    assert traders(tmp_path) == []
    with only_trader(tmp_path, trader(8)):
        pass
    with holder(tmp_path) as other:
        ((first, first_up), (second, second_up)) = traders(tmp_path)
        assert (first.account, first.broker, first.mode, first.pid, first_up) == (
            7, "demo", "live", other.pid, True,
        )  # fmt: skip
        assert (second.account, second.code, second_up) == (8, 0, False)
        assert first.code is None
        with pytest.raises(Busy, match=f"pid {other.pid} "), only_trader(tmp_path, trader(7)):
            pass


def test_a_damaged_note_of_a_trader_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "trade.9.json").write_text("{")
    assert traders(tmp_path) == []
