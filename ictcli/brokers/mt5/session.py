"""Being logged in to the configured account, and to no other (MT5.md 4.7)."""

from collections.abc import Callable
from typing import Any

from ictcli.brokers.mt5.calls import Calls
from ictcli.clock import NS_PER_SECOND, parse_duration
from ictcli.config.trading import BrokerConfig
from ictcli.errors import PolicyRefused, SourceUnavailable
from ictcli.terminals.bridge.greeting import BUSY, WRONG_TOKEN
from ictcli.terminals.terminal import TerminalSilent

_MILLISECOND = NS_PER_SECOND // 1000
_HINT = "Check path, login, server and password, and that the terminal is 64-bit and running."
_HINTS = {
    BUSY: "Another trader holds the bridge's seat: end that one first (`ictcli status` there names it).",
    WRONG_TOKEN: "Set the variable that the broker's token_env names to the token that the bridge has.",
}
"""What to do where the bridge itself turned the client away."""


class Session:
    """The login of one account.

    A terminal can be switched to another account at any time, by hand or by its own restart; everything
    that trades asks ``require`` first. Where no login is configured, the first account seen is the one.

    Args:
        calls: the terminal's functions.
        settings: path, login, server, deadline.
        password: gives it when it is needed; it is kept nowhere. Empty: the terminal is logged in already.
    """

    def __init__(self, calls: Calls, settings: BrokerConfig, password: Callable[[], str]) -> None:
        self._calls = calls
        self._settings = settings
        self._password = password
        self._login = settings.login
        self._server = settings.server
        calls.revive = self.begin

    def begin(self) -> None:
        """Connect to the terminal and log in.

        Raises:
            SourceUnavailable: the terminal cannot be reached or refuses the login.
        """
        limit = {"timeout": parse_duration(self._settings.deadline) // _MILLISECOND}
        where = {"path": self._settings.path} if self._settings.path else {}
        if not self._calls.once("initialize", **where, **limit):
            raise self._refused("connect to the terminal")
        password = self._password()
        if self._login and password:
            at = {"server": self._settings.server} if self._settings.server else {}
            if not self._calls.once("login", login=self._login, password=password, **at, **limit):
                raise self._refused(f"log in to account {self._login}")

    def require(self, *, forced: bool = False) -> Any:
        """The ``AccountInfo`` of the moment, which is of the configured account.

        Args:
            forced: ask also while the breaker is open.

        Raises:
            PolicyRefused: the terminal is at another account.
            SourceUnavailable: it does not answer.
        """
        info = self._calls.read("account_info", forced=forced)
        login, server = int(info.login), str(info.server)
        if not login:
            raise SourceUnavailable("the terminal is not logged in", hint="Log in at the terminal.")
        if not self._login:
            self._login = login
        if not self._server and server:
            self._server = server
        if (login, server) != (self._login, self._server):
            raise PolicyRefused(
                f"the terminal is logged in to account {login} at {server!r}, "
                f"not to {self._login} at {self._server!r}",
                hint="Log the terminal in to the configured account, or correct login and server.",
            )
        return info

    def left(self) -> bool:
        """Whether the terminal is at another account now; False where it does not say."""
        try:
            info = self._calls.once("account_info")
        except TerminalSilent:
            return False
        return info is not None and (int(info.login), str(info.server)) != (self._login, self._server)

    def end(self) -> None:
        """Let go of the terminal; it keeps running."""
        self._calls.once("shutdown")

    def _refused(self, what: str) -> SourceUnavailable:
        code, text = self._calls.error()
        return SourceUnavailable(
            f"cannot {what}: {code} {text}".rstrip(),
            hint=next((hint for word, hint in _HINTS.items() if word in text), _HINT),
        )
