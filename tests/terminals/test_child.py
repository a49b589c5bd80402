"""A terminal in a child process answers like the module, and cannot hang the program."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import monotonic
from ictcli.terminals.child import ChildLine, child_terminal
from ictcli.terminals.remote import RemoteTerminal
from ictcli.terminals.structs import RATES_DTYPE, OrderSendResult, TerminalInfo, TradeRequest
from ictcli.terminals.terminal import Terminal, TerminalSilent
from tests.terminals.played import FACTORY

ORDER = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "magic": 77}


def line_of(terminal: RemoteTerminal) -> ChildLine:
    assert isinstance(terminal.line, ChildLine)
    return terminal.line


def gone(process: int) -> bool:
    """Whether a process that we started is no more, or only waits to be counted by its parent."""
    for _ in range(250):
        try:
            if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    rows = np.zeros(200, RATES_DTYPE)
    rows["time"] = 1_700_000_000 // 60 * 60 + 60 * np.arange(200)
    rows["close"] = np.linspace(1.1, 1.2, 200)
    np.save(folder / "EURUSD.M1.npy", rows)
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[RemoteTerminal]:
    made = child_terminal(5.0, FACTORY, {"folder": str(folder), "log": str(folder / "orders")})
    yield made
    made.shutdown()


@pytest.fixture
def terminal(served: RemoteTerminal) -> RemoteTerminal:
    """Initialised; started anew where a test before ended it."""
    assert served.initialize(path="terminal64.exe")
    return served


def as_terminal(terminal: RemoteTerminal) -> Terminal:
    """Checked by mypy: the remote terminal is one."""
    return terminal


def test_functions_run_in_another_process_and_return_the_modules_types(
    terminal: RemoteTerminal, folder: Path
) -> None:
    info = as_terminal(terminal).terminal_info()
    assert type(info) is TerminalInfo
    assert info.connected is True
    assert terminal.version() == (500, 6231, "16 Sep 2026")
    bars = terminal.copy_rates_from_pos("EURUSD", 1, 0, 50)
    assert bars.dtype == RATES_DTYPE
    assert bars.tobytes() == np.load(folder / "EURUSD.M1.npy")[-50:].tobytes()
    assert line_of(terminal).process not in (None, os.getpid())


def test_nothing_and_failure_stay_apart(terminal: RemoteTerminal) -> None:
    assert terminal.positions_get() == ()
    assert terminal.symbol_info("UNKNOWN") is None
    assert terminal.last_error() == (-4, "Terminal: Not found")
    assert len(terminal.copy_rates_range("EURUSD", 1, 1, 2)) == 0
    assert terminal.last_error() == (1, "Success")


def test_an_order_arrives_once_and_its_request_comes_back(terminal: RemoteTerminal, folder: Path) -> None:
    result = terminal.order_send(ORDER)
    assert type(result) is OrderSendResult
    assert type(result.request) is TradeRequest
    assert (result.retcode, result.request.magic) == (10_009, 77)
    assert (folder / "orders").read_text() == "77\n"


@pytest.mark.parametrize("kind", [SystemError, TypeError, ValueError])
def test_what_the_module_raises_is_raised_here(terminal: RemoteTerminal, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="from the module") as caught:
        terminal.symbol_info(kind.__name__)
    assert type(caught.value) is kind
    assert terminal.terminal_info().connected


def test_any_other_exception_of_the_module_is_a_system_error(terminal: RemoteTerminal) -> None:
    with pytest.raises(SystemError, match="KeyError: 'from the module'"):
        terminal.symbol_info("KeyError")


def test_an_argument_that_cannot_travel_is_a_type_error_and_harms_nothing(terminal: RemoteTerminal) -> None:
    bad: Any = {1, 2}
    with pytest.raises(TypeError, match="a set cannot be passed"):
        terminal.order_send({"action": bad})
    assert terminal.terminal_info().connected


def test_before_initialize_every_function_fails_as_the_modules_does() -> None:
    terminal = child_terminal(5.0, FACTORY)
    assert terminal.account_info() is None
    assert terminal.last_error() == (-10004, "No IPC connection")
    assert terminal.version() == (0, 0, "")
    assert terminal.symbol_select("EURUSD") is False
    assert terminal.order_send(ORDER) is None
    assert line_of(terminal).process is None


def test_a_hung_terminal_is_ended_in_time_and_started_anew(folder: Path) -> None:
    quick = child_terminal(0.3, FACTORY, {"folder": str(folder)})
    assert quick.initialize()
    process = line_of(quick).process
    assert process is not None
    began = monotonic()
    with pytest.raises(TerminalSilent, match="did not answer symbol_info"):
        quick.symbol_info("HANG")
    assert monotonic() - began < 2.0
    assert gone(process)
    assert quick.last_error() == (-10005, "IPC timeout")
    assert quick.account_info() is None
    assert quick.last_error() == (-10004, "No IPC connection")
    assert quick.initialize()
    assert quick.symbol_info("EURUSD").digits == 5
    quick.shutdown()


def test_a_stopped_process_is_ended_in_time_too(folder: Path) -> None:
    quick = child_terminal(0.3, FACTORY, {"folder": str(folder)})
    assert quick.initialize()
    process = line_of(quick).process
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(TerminalSilent, match="did not answer account_info"):
        quick.account_info()
    assert gone(process)


def test_an_order_in_a_hung_terminal_may_have_been_executed(folder: Path) -> None:
    quick = child_terminal(0.3, FACTORY, {"folder": str(folder), "log": str(folder / "hung")})
    assert quick.initialize()
    with pytest.raises(TerminalSilent):
        quick.order_send(ORDER | {"comment": "hang"})
    assert (folder / "hung").read_text() == "77\n"


def test_a_crash_of_the_module_is_told_with_its_exit_code(terminal: RemoteTerminal) -> None:
    with pytest.raises(TerminalSilent, match="its process ended with code 3"):
        terminal.symbol_info("CRASH")
    assert terminal.initialize()


def test_ctrl_c_at_the_keyboard_does_not_end_the_terminal(terminal: RemoteTerminal) -> None:
    process = line_of(terminal).process
    assert process is not None
    assert os.getpgid(process) != os.getpgid(0)
    os.kill(process, signal.SIGINT)
    assert terminal.terminal_info().connected


def test_shutdown_ends_the_process(folder: Path) -> None:
    terminal = child_terminal(5.0, FACTORY, {"folder": str(folder)})
    assert terminal.initialize()
    process = line_of(terminal).process
    assert process is not None
    assert terminal.shutdown()
    assert gone(process)
    assert terminal.shutdown()


def test_the_child_ends_with_its_parent_however_that_ends() -> None:
    script = (
        "import os; from ictcli.terminals.child import child_terminal\n"
        f"terminal = child_terminal(5.0, {FACTORY!r}); assert terminal.initialize()\n"
        "print(terminal.line.process, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert gone(int(ended.stdout))


def test_the_child_inherits_no_open_file(terminal: RemoteTerminal, folder: Path) -> None:
    with (folder / "lock").open("w") as lock:
        again = child_terminal(5.0, FACTORY, {"folder": str(folder)})
        assert again.initialize()
        open_files = {link.readlink().name for link in Path(f"/proc/{line_of(again).process}/fd").iterdir()}
        assert Path(lock.name).name not in open_files
        again.shutdown()


@pytest.mark.parametrize(
    ("factory", "why"),
    [
        ("no_such_module_anywhere", "ModuleNotFoundError"),
        ("tests.terminals.played:absent", "AttributeError"),
        ("tests.terminals.played:blank", "TypeError"),
    ],
)
def test_a_child_that_cannot_serve_fails_to_initialize_and_says_why(factory: str, why: str) -> None:
    terminal = child_terminal(5.0, factory)
    assert terminal.initialize() is False
    code, text = terminal.last_error()
    assert code == -10003
    assert text.startswith(f"IPC initialize failed, {why}")
    assert line_of(terminal).process is None


def test_only_the_child_that_was_started_is_talked_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    create = socket.create_server

    def and_intrude(*args: Any, **kwargs: Any) -> socket.socket:
        listener = create(*args, **kwargs)
        made.append(listener.getsockname()[1])
        with socket.create_connection(("127.0.0.1", made[-1])) as intruder:
            intruder.sendall(b"\0\0\0\x08wrong-token")
        return listener

    monkeypatch.setattr(socket, "create_server", and_intrude)
    terminal = child_terminal(5.0, FACTORY, {"folder": str(folder)})
    assert terminal.initialize()
    assert terminal.version()[1] == 6231
    assert len(made) == 1
    terminal.shutdown()
