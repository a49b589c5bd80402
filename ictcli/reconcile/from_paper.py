"""The built-in terminal's side: the file that a paper trader writes before anybody hears of a change.

The terminal is put together again from that file and asked as any other; the trader may go on meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import TerminalOptions
from ictcli.config.records import Config
from ictcli.errors import DataError
from ictcli.ledger.address import TERMINAL_FILE
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.clocks import parse_rule
from ictcli.market.timeframes import parse_timeframe
from ictcli.reconcile.from_terminal import terminal_story
from ictcli.reconcile.story import Story
from ictcli.research.accounts import Floor
from ictcli.research.series import Series
from ictcli.terminals.times import ServerClock
from ictcli.trading.paper_state import Quoted, read_state
from ictcli.trading.paper_terminal import PaperTerminal
from ictcli.trading.simulated_world import RULE

SERVER = "simulated"
"""What a paper trader calls the server of its terminal in the ledger."""
_ATTEMPTS = 5
_PAUSE = 0.1


def paper_story(
    folder: Path,
    config: Config,
    since: Callable[[int], int],
    lag: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Story:
    """What the built-in terminal says of its account.

    Args:
        folder: where its state lies.
        config: of the workspace: account and costs.
        since: from when deals and orders are wanted, ns UTC, given the terminal's own now: its market is
            where its bars are.
        lag: ns before that at which the watermark lies.
        sleep: waits so many seconds.

    Raises:
        DataError: there is no such terminal, or its state cannot be read.
    """
    terminal = _loaded(folder, config, sleep)
    server = terminal.server
    shown = TerminalOptions(warm_up=0, selected=None, same_as=config.account.same_as)
    surface = SimulatedTerminal(server, parse_rule(RULE), shown)
    surface.initialize()
    told = terminal_story(
        surface, ServerClock(RULE), since(server.now), lambda: server.now, lag, {}, lambda _seconds: None
    )
    account = f"{SERVER}/{server.account().login}"
    return replace(told, facts=replace(told.facts, account=account, clock_offset=None))


def _loaded(folder: Path, config: Config, sleep: Callable[[float], None]) -> PaperTerminal:
    """The terminal as it was last written down; its two files are read again when one has gone on."""
    for attempt in range(_ATTEMPTS):
        try:
            terminal = PaperTerminal(folder, _floor(folder), config, lambda: 0, 0)
            terminal.load()
        except DataError:
            if attempt == _ATTEMPTS - 1:
                raise
            sleep(_PAUSE)
        else:
            return terminal
    raise AssertionError  # the last attempt returns or raises


def _floor(folder: Path) -> Floor:
    """The series that the terminal quotes; of their bars nothing is needed but that there are any."""
    path = folder / TERMINAL_FILE
    kept = read_state(path)
    if not kept.series:
        raise DataError(
            f"{path} is of an earlier version, which did not tell what it quotes",
            hint="Let `ictcli trade --paper` take another bar, then try again.",
        )
    series = tuple(map(_series, kept.series))
    return Floor(series, kept.traded, (None,) * len(series))


def _series(quoted: Quoted) -> Series:
    key = SeriesKey(SERVER, quoted.spec.name, parse_timeframe(quoted.timeframe))
    return Series(key, key, "", quoted.spec, _bar(quoted))


def _bar(quoted: Quoted) -> Bars:
    ts, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    length = parse_timeframe(quoted.timeframe).ns
    return make_bars(quoted.digits, ts, ts + length, (one, one, one, one))
