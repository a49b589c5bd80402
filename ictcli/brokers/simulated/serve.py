"""Serves a simulated terminal as a bridge does: ``python -m ictcli.brokers.simulated.serve``.

The trader is another process, which may be killed while the broker lives on. The state is in memory; every
request is kept in a file that outlives both. The token comes from the environment or a file, never from the
command line, which every user of the machine can read.
"""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import FrameType

from ictcli.brokers.simulated.served import ServedOptions, served
from ictcli.errors import IctError, SourceUnavailable, UsageError
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.secret import read_secret

TOKEN = "ICTCLI_BRIDGE_TOKEN"  # noqa: S105 - the name of a variable
_WORDS = ("start", "history", "ahead", "balance", "currency", "server", "clock", "record")


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Serve until interrupted; the exit code."""
    given = _parser().parse_args(argv)
    try:
        token = read_secret(given.token_env, environ)
        chosen = {one.name: getattr(given, one.name) for one in fields(ServedOptions)}
        terminal = served(**(chosen | {"rates": _rates(given.rates)}))
        try:
            bridge = BridgeServer(terminal, given.host, given.port, token, note=_say)
        except OSError as error:
            raise SourceUnavailable(
                f"cannot listen on port {given.port}: {error.strerror}", hint="Choose another --port."
            ) from error
    except IctError as error:
        _say(f"{error.message}. {error.hint}")
        return int(error.code)

    def stop(number: int, frame: FrameType | None) -> None:
        bridge.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    _say(f"serving a simulated terminal on port {bridge.port}")
    bridge.serve()
    _say("stopped")
    return 0


def _parser() -> argparse.ArgumentParser:
    usual = ServedOptions()
    parser = argparse.ArgumentParser(
        prog="python -m ictcli.brokers.simulated.serve",
        description="Serve a simulated MetaTrader 5 terminal on a loopback port.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="loopback address to bind to")
    add("--port", type=int, default=18_765, help="port; 0 for any that is free")
    add("--token-env", default=TOKEN, metavar="NAME", help="variable, or NAME_FILE, with the token")
    add("--symbols", nargs="+", default=usual.symbols, help="symbols of the simulated market")
    add("--seed", type=int, default=usual.seed, help="of the market and of the faults")
    add("--edge", type=float, default=usual.edge, help="strength of the market's planted edge")
    add("--spread", type=float, default=usual.spread, help="multiple of the market's own spread")
    add("--speed", type=float, default=usual.speed, help="seconds of the market per second; 1: real time")
    add("--mode", choices=("hedging", "netting"), default=usual.mode, help="kind of account")
    add("--login", type=int, default=usual.login, help="number of the account")
    add("--execution", choices=("next_quote", "immediate"), default=usual.execution, help="of market orders")
    add("--warm-up", type=int, default=usual.warm_up, help="history requests that fail at first")
    add("--faults", nargs="*", default=usual.faults, help="faults of the first requests, in order")
    add("--rates", nargs="*", default=(), metavar="FAULT=SHARE", help="probability of later faults")
    add("--hang-before", type=int, default=usual.hang_before, help="request that hangs before it is done")
    add("--hang-after", type=int, default=usual.hang_after, help="request that hangs after it was done")
    add("--hang", type=float, default=usual.hang, help="for how many seconds")
    for name in _WORDS:
        add(f"--{name}", default=getattr(usual, name), help="see docs/simulated-terminal.md")
    return parser


def _rates(given: Sequence[str]) -> dict[str, float]:
    """Shares by the names of faults."""
    pairs = [item.partition("=") for item in given]
    try:
        return {name: float(share) for name, _, share in pairs}
    except ValueError as error:
        raise UsageError(
            f"rates are FAULT=SHARE: {error}", hint="Write --rates lost=0.1 busy=0.05."
        ) from error


def _say(text: str) -> None:
    sys.stderr.write(f"simulated terminal: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
