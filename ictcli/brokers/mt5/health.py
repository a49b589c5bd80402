"""How well a terminal is: connection, permissions, and whether the clock rule is the server's."""

from typing import Any

from ictcli.brokers.broker import Health
from ictcli.brokers.mt5.calls import Calls
from ictcli.brokers.mt5.server_clock import ServerClock
from ictcli.brokers.mt5.session import Session
from ictcli.clock import NS_PER_MINUTE
from ictcli.errors import PolicyRefused, SourceUnavailable

MOST_RESIDUAL = 2 * NS_PER_MINUTE
"""What our clock and the server's may differ by after conversion (MT5.md 4.1)."""
_MOST_BETWEEN = 20 * NS_PER_MINUTE
"""Looks further apart tell nothing: a wrong rule is half an hour off or more."""


class ClockWatch:
    """Confirms a clock rule on quotes that arrive between two looks.

    A quote by itself may be old: an hour-old one read with a rule that is an hour off looks fresh. One that
    was not there at the last look was made since, so its stamp has to lie between the looks.
    """

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock
        self._stamps: dict[str, int] = {}
        self._looked = 0
        self.offset: int | None = None
        self.confirmed = False

    def forget(self) -> None:
        """Begin anew, as after a new connection."""
        self._stamps.clear()
        self.offset, self.confirmed = None, False

    def look(self, stamps: dict[str, int], now: int) -> None:
        """Compare the quotes with those of the last look.

        Args:
            stamps: by symbol, the milliseconds that the server stamped its last quote with.
            now: the instant, ns UTC.
        """
        fresh = [
            stamp for name, stamp in stamps.items() if name in self._stamps and stamp > self._stamps[name]
        ]
        if fresh and now - self._looked <= _MOST_BETWEEN:
            made = self._clock.to_utc(max(fresh))
            self.offset = made - now
            self.confirmed = self._looked - MOST_RESIDUAL <= made <= now + MOST_RESIDUAL
        self._stamps |= stamps
        self._looked = now


def health_of(
    calls: Calls, session: Session, watch: ClockWatch, symbols: tuple[str, ...], now: int
) -> Health:
    """The state of the connection, in one look.

    Args:
        calls: the terminal's functions.
        session: the login.
        watch: of the server's clock.
        symbols: whose quotes tell the server's time.
        now: the instant, ns UTC.
    """
    connected = False
    try:
        info = calls.read("terminal_info")
        connected = bool(info.connected)
        reasons = _reasons(info, session.require())
        watch.look(_stamps(calls, symbols), now)
    except (SourceUnavailable, PolicyRefused) as error:
        reasons = [error.message]
    return Health(
        connected=connected,
        trade_allowed=not reasons,
        clock_offset=watch.offset,
        clock_confirmed=watch.confirmed,
        latency=calls.timings.last,
        detail="; ".join(reasons),
    )


def _reasons(info: Any, account: Any) -> list[str]:
    """Why nothing can be traded, in words."""
    found = (
        (not info.connected, "the terminal is not connected to its trade server"),
        (not info.trade_allowed, "Algo Trading is switched off in the terminal"),
        (info.tradeapi_disabled, "the terminal forbids trading by the Python API"),
        (not account.trade_allowed, "the account may not trade"),
        (not account.trade_expert, "the account may not trade automatically"),
    )
    return [words for wrong, words in found if wrong]


def _stamps(calls: Calls, symbols: tuple[str, ...]) -> dict[str, int]:
    stamps = {}
    for name in symbols:
        tick = calls.look_up("symbol_info_tick", name)
        if tick is not None and tick.time > 0:
            stamps[name] = int(tick.time_msc) or int(tick.time) * 1000
    return stamps
