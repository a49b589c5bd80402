"""A terminal in a process of its own, which can be ended when the terminal hangs.

The MetaTrader5 module holds Python's lock while it waits for the terminal, without any limit of time, so a
hung terminal would stop the whole program (MT5.md 1.0). Here only a child process waits.
"""

import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from ictcli.clock import monotonic
from ictcli.terminals.channel import MOST_ANSWERED, Channel, ChannelClosed
from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.line import ChannelLine
from ictcli.terminals.remote import CountingTerminal

METATRADER = "MetaTrader5"
"""Names the module itself as what the child serves."""
_START_S = 60.0
_END_S = 5.0


def child_terminal(
    deadline: float, factory: str = METATRADER, options: Mapping[str, Any] | None = None
) -> CountingTerminal:
    """A terminal whose functions run in a child process, started by ``initialize``.

    A call that is not answered in time ends the child and raises ``TerminalSilent``; the next ``initialize``
    starts another. Until then every function fails as the module does before it is initialised.

    Args:
        deadline: seconds to wait for one answer.
        factory: ``module:function`` that makes the object to serve; default: the MetaTrader5 module.
        options: keyword arguments of the factory, representable in JSON.
    """
    return CountingTerminal(ChildLine(deadline, factory, options or {}))


class ChildLine(ChannelLine):
    """The line to a child process; see ``child_terminal``."""

    def __init__(self, deadline: float, factory: str, options: Mapping[str, Any]) -> None:
        super().__init__(deadline)
        self._order = {"factory": factory, "options": dict(options)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> int | None:
        """Id of the child; None while there is none."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the child: it leaves when the connection ends; if it does not, it is killed."""
        super().close()
        if self._process is not None:
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _open(self) -> Channel | None:
        """Start the child; None with ``error`` telling why when it does not serve."""
        self._drop()
        token = secrets.token_hex(32)
        deadline = monotonic() + _START_S
        channel: Channel | None = None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            order = json.dumps(self._order | {"port": listener.getsockname()[1], "token": token})
            self._process = _worker(order)
            try:
                channel = _accepted(listener, self._process, token, deadline)
                problem = channel.receive(deadline).decode("utf-8", "replace")
            except ChannelClosed as error:
                problem = self._why_silent() or str(error)
        if not problem:
            return channel
        if channel is not None:
            channel.close()
        self._drop()
        self.error = (int(ErrorCode.E_INTERNAL_FAIL_INIT), f"IPC initialize failed, {problem}")
        return None

    def _why_silent(self) -> str:
        """How the child ended; empty while it runs."""
        if self._process is None:
            return ""
        try:
            code = self._process.wait(0.1)
        except subprocess.TimeoutExpired:
            return ""
        return f"its process ended with code {code}"

    def _drop(self) -> None:
        if self._process is not None:
            self._process.kill()
        self.close()


def _worker(order: str) -> subprocess.Popen[bytes]:
    """Start the child and tell it where to call and what to serve, in private."""
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    process = subprocess.Popen(  # nosec B603 - our own module, no shell
        [sys.executable, "-m", "ictcli.terminals.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=flags,
    )
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            pipe.write(order.encode())
    except OSError:
        process.kill()
    return process


def _accepted(
    listener: socket.socket, process: subprocess.Popen[bytes], token: str, deadline: float
) -> Channel:
    """The child's connection: the first one that knows the token."""
    while monotonic() < deadline and process.poll() is None:
        listener.settimeout(0.2)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        channel = Channel(connection, MOST_ANSWERED)
        try:
            if secrets.compare_digest(channel.receive(monotonic() + 2), token.encode()):
                return channel
        except ChannelClosed:
            channel.close()
            continue
        channel.close()
    raise ChannelClosed("the process that holds the terminal did not start")
