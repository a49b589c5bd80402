"""Words to the service manager, heard on a socket of our own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ictcli.trading.service import Service

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd's protocol needs Unix sockets")


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens as systemd does, and its name as ``NOTIFY_SOCKET`` holds it."""
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("abstract sockets are Linux's")
    name = str(tmp_path / "notify") if request.param == "path" else f"@ictcli-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name[1:] if name.startswith("@") else name)
        listening.settimeout(5)
        yield listening, name


def test_each_word_is_one_datagram(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    service = Service({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"})
    service.ready("recovered\nall is well")
    service.alive("bar 1", 100.0)
    service.ending("told to end")
    assert [listening.recv(999).decode() for _ in range(3)] == [
        "READY=1\nSTATUS=recovered all is well",
        "WATCHDOG=1\nSTATUS=bar 1",
        "STOPPING=1\nSTATUS=told to end",
    ]


def test_every_step_of_a_start_asks_for_time_and_nothing_behind_the_start_does(
    manager: tuple[socket.socket, str],
) -> None:
    listening, name = manager
    service = Service({"NOTIFY_SOCKET": name})
    service.starting("compiling kernels")
    service.ready("up")
    service.starting("compiling kernels")
    service.ending("told to end")
    assert [listening.recv(999).decode() for _ in range(3)] == [
        "EXTEND_TIMEOUT_USEC=600000000\nSTATUS=compiling kernels",
        "READY=1\nSTATUS=up",
        "STOPPING=1\nSTATUS=told to end",
    ]


def test_the_watchdog_is_fed_four_times_an_interval_however_often_the_loop_turns(
    manager: tuple[socket.socket, str],
) -> None:
    listening, name = manager
    service = Service({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": str(os.getpid())})
    assert service.interval == 1.0
    for turn in range(31):
        service.alive("turning", turn / 10)
    listening.setblocking(False)
    fed = 0
    while True:
        try:
            fed += b"WATCHDOG=1" in listening.recv(999)
        except BlockingIOError:
            break
    assert fed == 4


def test_a_watchdog_of_another_process_is_not_fed(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    service = Service({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "1"})
    service.alive("turning", 0.0)
    assert listening.recv(999) == b"STATUS=turning"


def test_without_a_manager_or_after_its_end_nothing_happens(tmp_path: Path) -> None:
    Service({}).ready("nobody listens")
    Service({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("nobody listens any more")


def test_the_words_leave_a_real_process(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    code = "import os; from ictcli.trading.service import Service; Service(os.environ).ready('up')"
    environ = {**os.environ, "NOTIFY_SOCKET": name}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True)
    assert listening.recv(999) == b"READY=1\nSTATUS=up"
