"""A terminal at the other end of a line: every function is one question and one answer."""

from dataclasses import dataclass
from typing import Any, Protocol

from ictcli.clock import monotonic
from ictcli.terminals.answering import RAISED
from ictcli.terminals.channel import Channel, ChannelClosed
from ictcli.terminals.constants import ERROR_TEXTS, ErrorCode
from ictcli.terminals.terminal import TerminalSilent
from ictcli.terminals.wire import Answer, WireError, decode_answer, encode_call

_CONNECTING_S = 60.0
"""Time that ``initialize`` and ``login`` take at most when no ``timeout`` is given (MT5.md 1.1)."""
_FAILURES: dict[str, Any] = {
    "initialize": False,
    "login": False,
    "symbol_select": False,
    "shutdown": True,
    "version": (0, 0, ""),
}
NOT_CONNECTED = (int(ErrorCode.E_INTERNAL_FAIL_CONNECT), ERROR_TEXTS[ErrorCode.E_INTERNAL_FAIL_CONNECT])
SILENT = (int(ErrorCode.E_INTERNAL_FAIL_TIMEOUT), ERROR_TEXTS[ErrorCode.E_INTERNAL_FAIL_TIMEOUT])


class Line(Protocol):
    """What carries the questions.

    Attributes:
        error: ``last_error`` after the last question.
    """

    error: tuple[int, str]

    def ask(self, function: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """What the function returned, or what it raised.

        Raises:
            TerminalSilent: no answer came.
        """
        ...

    def close(self) -> None:
        """End it; ``initialize`` opens it again."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteTerminal:
    """A terminal behind a line."""

    line: Line

    def initialize(self, *args: Any, **kwargs: Any) -> bool:
        """Connect to the terminal and log in."""
        return bool(self.line.ask("initialize", args, kwargs))

    def login(self, *args: Any, **kwargs: Any) -> bool:
        """Log in to an account."""
        return bool(self.line.ask("login", args, kwargs))

    def shutdown(self) -> bool:
        """Disconnect from the terminal and end the line to it."""
        try:
            return bool(self.line.ask("shutdown", (), {}))
        finally:
            self.line.close()

    def version(self) -> Any:
        """Version, build and release date."""
        return self.line.ask("version", (), {})

    def last_error(self) -> tuple[int, str]:
        """Code and text of the last call; nothing is asked."""
        return self.line.error

    def terminal_info(self) -> Any:
        """The terminal's state."""
        return self.line.ask("terminal_info", (), {})

    def account_info(self) -> Any:
        """The account that is logged in."""
        return self.line.ask("account_info", (), {})

    def symbols_get(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols, all or of a group."""
        return self.line.ask("symbols_get", args, kwargs)

    def symbol_info(self, symbol: str, /) -> Any:
        """A symbol's specification."""
        return self.line.ask("symbol_info", (symbol,), {})

    def symbol_info_tick(self, symbol: str, /) -> Any:
        """A symbol's last quote."""
        return self.line.ask("symbol_info_tick", (symbol,), {})

    def symbol_select(self, *args: Any) -> bool:
        """Put a symbol into the market watch or take it out."""
        return bool(self.line.ask("symbol_select", args, {}))

    def copy_rates_from_pos(self, symbol: str, timeframe: int, start: int, count: int, /) -> Any:
        """Bars counted back from the forming one."""
        return self.line.ask("copy_rates_from_pos", (symbol, timeframe, start, count), {})

    def copy_rates_range(self, symbol: str, timeframe: int, start: int, end: int, /) -> Any:
        """Bars that open in a span of the server's clock."""
        return self.line.ask("copy_rates_range", (symbol, timeframe, start, end), {})

    def copy_ticks_range(self, symbol: str, start: int, end: int, flags: int, /) -> Any:
        """Ticks of a span of the server's clock."""
        return self.line.ask("copy_ticks_range", (symbol, start, end, flags), {})

    def orders_get(self, **kwargs: Any) -> Any:
        """Active orders."""
        return self.line.ask("orders_get", (), kwargs)

    def positions_get(self, **kwargs: Any) -> Any:
        """Open positions."""
        return self.line.ask("positions_get", (), kwargs)

    def history_orders_get(self, *args: Any, **kwargs: Any) -> Any:
        """Orders that are over."""
        return self.line.ask("history_orders_get", args, kwargs)

    def history_deals_get(self, *args: Any, **kwargs: Any) -> Any:
        """Deals."""
        return self.line.ask("history_deals_get", args, kwargs)

    def order_check(self, request: dict[str, Any], /) -> Any:
        """What the server says about a request without executing it."""
        return self.line.ask("order_check", (request,), {})

    def order_send(self, request: dict[str, Any], /) -> Any:
        """Send a request."""
        return self.line.ask("order_send", (request,), {})


@dataclass(frozen=True, slots=True)
class CountingTerminal(RemoteTerminal):
    """The same with the counts of its history, by which one is found out that was cut off."""

    def history_orders_total(self, date_from: int, date_to: int, /) -> Any:
        """Number of orders that are over."""
        return self.line.ask("history_orders_total", (date_from, date_to), {})

    def history_deals_total(self, date_from: int, date_to: int, /) -> Any:
        """Number of deals."""
        return self.line.ask("history_deals_total", (date_from, date_to), {})


def patience(function: str, keywords: dict[str, Any], usual: float) -> float:
    """Seconds to wait for the answer of a call, given the usual ones: connecting takes longer."""
    if function not in ("initialize", "login"):
        return usual
    asked = keywords.get("timeout")
    return usual + (asked / 1000 if isinstance(asked, int | float) and asked > 0 else _CONNECTING_S)


def failure(function: str) -> Any:
    """What a function returns when there is no connection."""
    return _FAILURES.get(function)


def exchange(
    channel: Channel,
    number: int,
    function: str,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    seconds: float,
) -> Answer:
    """Ask over an open channel and wait for the answer.

    Raises:
        WireError: an argument cannot travel; nothing was sent.
        ChannelClosed: no answer came; the call may have arrived.
    """
    frame = encode_call(number, function, arguments, keywords)
    deadline = monotonic() + seconds
    channel.send(frame, deadline)
    try:
        answer = decode_answer(channel.receive(deadline))
    except WireError as error:
        raise ChannelClosed(str(error)) from error
    if answer.number != number:
        raise ChannelClosed(f"an answer to call {answer.number} instead of {number}")
    return answer


def outcome(answer: Answer) -> Any:
    """What the call returned.

    Raises:
        SystemError, TypeError, ValueError, TerminalSilent: what it raised.
    """
    if not answer.raised:
        return answer.value
    raise RAISED.get(answer.raised, SystemError)(answer.text)


def silence(function: str, why: Exception | str) -> TerminalSilent:
    """The error of a call that was not answered."""
    return TerminalSilent(
        f"the terminal did not answer {function}: {why}",
        hint="Look whether the terminal runs and is not showing a dialog, then try again.",
    )
