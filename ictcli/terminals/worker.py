"""The child process that holds a terminal: ``python -m ictcli.terminals.worker``.

What to serve and where to call back is one JSON document on standard input.
"""

import importlib
import json
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any

from ictcli.clock import monotonic
from ictcli.terminals.answering import answer_frame
from ictcli.terminals.channel import MOST_ANSWERED, MOST_ASKED, Channel, ChannelClosed
from ictcli.terminals.wire import WireError

_GREETING_S = 30.0


def main() -> int:
    """Serve until the parent's connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    order = json.loads(sys.stdin.buffer.read())
    connection = socket.create_connection(("127.0.0.1", int(order["port"])), _GREETING_S)
    channel = Channel(connection, MOST_ASKED)
    channel.send(str(order["token"]).encode(), monotonic() + _GREETING_S)
    try:
        module = served(str(order["factory"]), order["options"])
    except Exception as error:
        channel.send(f"{type(error).__name__}: {error}".encode(), monotonic() + _GREETING_S)
        return 1
    channel.send(b"", monotonic() + _GREETING_S)
    serve(channel, module)
    return 0


def served(factory: str, options: Mapping[str, Any]) -> Any:
    """The object to serve: what ``module:function`` makes, or the module itself."""
    name, _, function = factory.partition(":")
    module = importlib.import_module(name)
    return getattr(module, function)(**options) if function else module


def serve(channel: Channel, module: Any) -> None:
    """Answer calls until the other end is gone."""
    while True:
        try:
            frame = channel.receive(None)
            channel.send(answer_frame(module, frame, MOST_ANSWERED), None)
        except (ChannelClosed, WireError):
            channel.close()
            return


if __name__ == "__main__":
    sys.exit(main())
