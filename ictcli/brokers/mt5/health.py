"""How well a terminal is: connection, permissions, and whether the clock rule is the server's."""

from typing import Any

from ictcli.brokers.broker import Health
from ictcli.brokers.mt5.calls import Calls
from ictcli.brokers.mt5.session import Session
from ictcli.errors import PolicyRefused, SourceUnavailable
from ictcli.terminals.times import ClockWatch, ServerClock


class ClockState:
    """What quotes have shown of the clock rule since the connection began.

    Once seen to hold, the rule counts as confirmed through hours without quotes, until one contradicts it.

    Args:
        clock: the server's.
    """

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Begin anew, as after a new connection."""
        self._watch = ClockWatch(self._clock)
        self.offset: int | None = None
        self.confirmed = False
        self.detail = ""

    def look(self, stamps: list[int], now: int) -> None:
        """Judge the last quotes.

        Args:
            stamps: milliseconds that the server stamped them with.
            now: the instant, ns UTC.
        """
        check = self._watch.look(stamps, now)
        if check.state != "unknown":
            self.offset = check.residual
            self.confirmed = check.confirmed
        self.detail = "" if self.confirmed else check.detail


def health_of(
    calls: Calls, session: Session, state: ClockState, symbols: tuple[str, ...], now: int
) -> Health:
    """The state of the connection, in one look.

    Args:
        calls: the terminal's functions.
        session: the login.
        state: of the server's clock.
        symbols: whose quotes tell the server's time.
        now: the instant, ns UTC.
    """
    connected = False
    try:
        info = calls.read("terminal_info")
        connected = bool(info.connected)
        reasons = _reasons(info, session.require())
        state.look(_stamps(calls, symbols), now)
    except (SourceUnavailable, PolicyRefused) as error:
        reasons = [error.message]
    return Health(
        connected=connected,
        trade_allowed=not reasons,
        clock_offset=state.offset,
        clock_confirmed=state.confirmed,
        latency=calls.timings.last,
        detail="; ".join(reasons + [state.detail] * bool(state.detail)),
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


def _stamps(calls: Calls, symbols: tuple[str, ...]) -> list[int]:
    ticks = (calls.look_up("symbol_info_tick", name) for name in symbols)
    return [int(tick.time_msc) or int(tick.time) * 1000 for tick in ticks if tick is not None]
