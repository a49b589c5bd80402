"""The notifier as a process of its own, and somebody on this machine who listens to it."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ictcli.clock import monotonic
from ictcli.errors import SourceUnavailable
from ictcli.operations.notif_running import PULSE
from ictcli.stress.parent import UNDER_A_PARENT, Leash
from ictcli.stress.program import clean_environment

_VARIABLE = "STRESS_RECEIVER"
_CONFIG = f"""[alerts]
disk_low = 0
channels.stress.url_env = "{_VARIABLE}"
channels.stress.severity = "info"
"""
_STARTING = 60.0
_LOOK = 0.1


class _Receiver(BaseHTTPRequestHandler):
    """Takes every message."""

    def do_POST(self) -> None:
        """Read a message, and say that it was taken."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@dataclass
class Notifier:
    """A notifier that follows a workspace.

    Attributes:
        state: the workspace's state folder.
        process: its process.
    """

    state: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)

    def wait_until(self, holds: Callable[[], bool], longest: float) -> float:
        """Wait for something, for so many seconds at most; the seconds that it took."""
        begun = monotonic()
        while not holds() and monotonic() - begun < longest and self.process.poll() is None:
            time.sleep(_LOOK)
        return monotonic() - begun

    def peak_mib(self) -> float | None:
        """Memory that it held at most; None where the system does not tell."""
        return self._status("VmHWM")

    def held_mib(self) -> float | None:
        """Memory that it holds now; None where the system does not tell."""
        return self._status("VmRSS")

    def _status(self, name: str) -> float | None:
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else None


@contextmanager
def notifier(folder: Path) -> Iterator[Notifier]:
    """A notifier for a workspace, with a receiver on a port of its own; it has looked once.

    Raises:
        SourceUnavailable: it did not start.
    """
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "ictcli.toml").write_text(_CONFIG, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    address = f"json://127.0.0.1:{server.server_address[1]}"
    leash = Leash()
    process = subprocess.Popen(  # noqa: S603 - this Python and words of ours
        [*UNDER_A_PARENT, "-w", str(folder), "alerts", "send", "--follow", "--quiet"],
        env={**clean_environment(), _VARIABLE: address}, stdin=leash.end, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    beside = Notifier(folder / "state", process)
    try:
        beside.wait_until((beside.state / PULSE).exists, _STARTING)
        if process.poll() is not None:
            raise SourceUnavailable(f"the notifier ended with exit {process.returncode}")
        yield beside
    finally:
        process.terminate()
        process.wait(_STARTING)
        leash.let_go()
        server.shutdown()
        serving.join()
        server.server_close()
