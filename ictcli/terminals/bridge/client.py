"""The end of a bridge that trades."""

import socket

from ictcli.clock import monotonic
from ictcli.terminals.bridge.greeting import (
    VERSION,
    Hello,
    checked_token,
    decode_welcome,
    encode,
    loopback,
)
from ictcli.terminals.channel import MOST_ANSWERED, Channel
from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.line import ChannelLine
from ictcli.terminals.remote import CountingTerminal
from ictcli.terminals.wire import WireError

_CONNECT_S = 10.0


def bridge_terminal(
    host: str, port: int, token: str, deadline: float, *, urgent: bool = False, reads: bool = False
) -> CountingTerminal:
    """A terminal behind a bridge, connected to by ``initialize`` and by nothing else.

    A call that is cut off or not answered in time raises ``TerminalSilent``: the terminal may have got it.
    Until the next ``initialize`` every function fails as the module does before it is initialised.

    Args:
        host: loopback address of the bridge.
        port: its port.
        token: its token.
        deadline: seconds to wait for one answer.
        urgent: take the place of a client that has said nothing for a second: it may be stopped dead.
        reads: only read, beside a client that trades.

    Raises:
        ConfigError: the host is not loopback, or the token is too short.
    """
    line = BridgeLine(loopback(host), port, checked_token(token), deadline, urgent=urgent, reads=reads)
    return CountingTerminal(line)


class BridgeLine(ChannelLine):
    """The line to a bridge, which stays as it is when the line ends; see ``bridge_terminal``."""

    def __init__(
        self,
        host: str,
        port: int,
        token: str,
        deadline: float,
        *,
        urgent: bool = False,
        reads: bool = False,
    ) -> None:
        super().__init__(deadline)
        self._urgent, self._reads = urgent, reads
        self._address = (host, port)
        self._token = token

    def _open(self) -> Channel | None:
        """The connection, admitted; None with ``error`` telling why there is none."""
        deadline = monotonic() + _CONNECT_S
        channel: Channel | None = None
        try:
            channel = Channel(socket.create_connection(self._address, _CONNECT_S), MOST_ANSWERED)
            channel.send(encode(Hello(VERSION, self._token, self._urgent, self._reads)), deadline)
            welcome = decode_welcome(channel.receive(deadline))
            code, why = ErrorCode.E_INTERNAL_FAIL_INIT, welcome.why
            if welcome.verdict == "served":
                return channel
            if welcome.verdict == "refused":
                code = ErrorCode.E_AUTH_FAILED
        except (OSError, WireError) as error:
            code, why = ErrorCode.E_INTERNAL_FAIL_INIT, str(error)
        if channel is not None:
            channel.close()
        self.error = (int(code), f"{_START[code]}, bridge {self._address[0]}:{self._address[1]}: {why}")
        return None

    def _drop(self) -> None:
        self.close()

    def _why_silent(self) -> str:
        return ""


_START = {
    ErrorCode.E_INTERNAL_FAIL_INIT: "IPC initialize failed",
    ErrorCode.E_AUTH_FAILED: "Terminal: Authorization failed",
}
