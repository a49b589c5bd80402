"""Functions of the connection: initialize, login, shutdown, and who and what is connected (MT5.md 1.1)."""

from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Any

from ictcli.brokers.simulated.surface_arguments import (
    Refusal,
    c_int,
    invalid_field,
    invalid_place,
    number_of,
    text_at,
    text_named,
    whole_named,
)
from ictcli.brokers.simulated.surface_calls import Surface, keyed, plain
from ictcli.brokers.simulated.surface_records import account_record
from ictcli.terminals.constants import ERROR_TEXTS, ErrorCode
from ictcli.terminals.structs import AccountInfo, TerminalInfo

_RELEASED = "16 Sep 2026"
_GENERATION = 500


class ConnectionFunctions(Surface):
    """The functions of MT5.md 1.1."""

    @keyed(failure=False)
    def initialize(self, *args: Any, **named: Any) -> bool:
        """Connect to the terminal, start it where needed, and log in where an account is given."""
        self.session.drop()
        number_of(args, 1, least=0)
        if args:
            text_at(args, 0, "path")
        text_named(named, "path", "path")
        given = _credentials(named)
        self.session.begin()
        self.session.fail_as_planned()
        if not self.session.controls.starts:
            _fail_to_start()
        self._log_in(*given)
        self.session.initialized = True
        return True

    @keyed(failure=False)
    def login(self, *args: Any, **named: Any) -> bool:
        """Log in to an account; positional arguments are login, password, server."""
        number_of(args, 3, least=0)
        merged = dict(named)
        for place, name in enumerate(("login", "password", "server")[: len(args)]):
            if place == 0 and not isinstance(args[0], int):
                raise invalid_place(0)
            merged[name] = args[place] if place == 0 else text_at(args, place, name)
        if "login" not in merged:
            raise invalid_field("login")
        given = _credentials(merged)
        self.session.reach()
        self._log_in(*given)
        return True

    @plain()
    def shutdown(self) -> bool:
        """Let go of the terminal, which keeps running."""
        self.session.drop()
        return True

    @plain(failure=(0, 0, ""))
    def version(self) -> tuple[int, int, str]:
        """Generation, build and release date."""
        self.session.reach()
        return _GENERATION, self.session.options.build, _RELEASED

    def last_error(self) -> tuple[int, str]:
        """How the call before this one ended; does not change it."""
        return self.session.error

    @plain()
    def terminal_info(self) -> TerminalInfo:
        """State of the terminal."""
        server = self.session.reach()
        options, controls = self.session.options, self.session.controls
        folder = str(PureWindowsPath(options.path).parent)
        return TerminalInfo(
            (
                False, False, server.line.connected, False, controls.trade_allowed, controls.api_disabled,
                False, False, False, False, options.build, options.max_bars, 0, 1_000, 0.0, 0.0, "ictcli",
                "ictcli simulated terminal", "English", folder, folder, folder,
            )
        )  # fmt: skip

    @plain()
    def account_info(self) -> AccountInfo:
        """The account logged in to."""
        server = self.session.reach()
        controls = self.session.controls
        return account_record(
            server.account(),
            trade_allowed=controls.account_trade_allowed,
            expert_allowed=controls.account_expert_allowed,
            fifo=self.session.options.fifo,
        )

    def _log_in(self, login: int, password: str, name: str) -> None:
        if not login:
            return
        expected = self.session.options.password
        for server in self.session.servers:
            account = server.account()
            if account.login == login and name in ("", account.server):
                if expected and password not in ("", expected):
                    break
                self.session.server = server
                return
        raise Refusal(ErrorCode.E_AUTH_FAILED)


def _credentials(named: Mapping[str, Any]) -> tuple[int, str, str]:
    """Login, password and server of what is given; whatever else is given is ignored."""
    timeout = named.get("timeout", 0)
    if not isinstance(timeout, int):
        raise invalid_field("timeout")
    c_int(timeout)
    return (
        whole_named(named, "login"),
        text_named(named, "password", "password"),
        text_named(named, "server", "server"),
    )


def _fail_to_start() -> None:
    started = ERROR_TEXTS[ErrorCode.E_INTERNAL_FAIL_INIT]
    raise Refusal(ErrorCode.E_INTERNAL_FAIL_INIT, f"{started}, Pipe server didn't answer in 60 sec")
