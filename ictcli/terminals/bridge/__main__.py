"""A bridge to the MetaTrader 5 terminal of this machine: ``python -m ictcli.terminals.bridge``.

Runs where the terminal runs, under Windows or Wine. The token comes from the environment or a file, never
from the command line, which every user of the machine can read.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

from ictcli.errors import IctError, SourceUnavailable
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.child import METATRADER, child_terminal
from ictcli.terminals.secret import read_secret

TOKEN = "ICTCLI_BRIDGE_TOKEN"  # noqa: S105 - the name of a variable


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Serve until interrupted; the exit code."""
    options = _parser().parse_args(argv)
    terminal = child_terminal(options.deadline, options.serve)
    try:
        token = read_secret(options.token_env, environ)
        try:
            server = BridgeServer(terminal, options.host, options.port, token, note=_say)
        except OSError as error:
            raise SourceUnavailable(
                f"cannot listen on port {options.port}: {error.strerror}", hint="Choose another --port."
            ) from error
    except IctError as error:
        _say(f"{error.message}. {error.hint}")
        return int(error.code)

    def stop(number: int, frame: FrameType | None) -> None:
        server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    _say(f"serving {options.serve} on port {server.port}")
    server.serve()
    terminal.shutdown()
    _say("stopped")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ictcli.terminals.bridge",
        allow_abbrev=False,
        description="Serve the MetaTrader 5 terminal of this machine on a loopback port.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to bind to")
    parser.add_argument("--port", type=int, default=18_765, help="port; 0 for any that is free")
    parser.add_argument(
        "--deadline", type=float, default=15.0, help="seconds after which a hung terminal's process is ended"
    )
    parser.add_argument(
        "--token-env",
        default=TOKEN,
        metavar="NAME",
        help="variable with the token, or with _FILE behind it the file that holds it",
    )
    parser.add_argument("--serve", default=METATRADER, metavar="MODULE[:FUNCTION]", help="what to serve")
    return parser


def _say(text: str) -> None:
    sys.stderr.write(f"bridge: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
