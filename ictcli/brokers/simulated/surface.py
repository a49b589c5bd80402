"""The simulated terminal: an object that answers like the MetaTrader5 module, quirks included.

Whoever trades through it goes the way of a live account: the same functions, argument rules, records, codes
and clock. Behind it stands a trade server in exact units (``records.Server``); docs/simulated-terminal.md
says where the definition is silent and what was chosen.
"""

from collections.abc import Sequence
from typing import Any

from ictcli.brokers.simulated.records import Server
from ictcli.brokers.simulated.surface_connection import ConnectionFunctions
from ictcli.brokers.simulated.surface_history import HistoryFunctions
from ictcli.brokers.simulated.surface_session import Controls, Listener, Session, TerminalOptions
from ictcli.brokers.simulated.surface_shortcuts import Shortcuts
from ictcli.errors import UsageError
from ictcli.market.clocks import ClockRule
from ictcli.terminals.structs import RECORDS
from ictcli.terminals.surface import MODULE


class SimulatedTerminal(ConnectionFunctions, HistoryFunctions, Shortcuts):
    """A terminal with its module: 32 functions, three helpers, every constant and record type.

    Args:
        server: the trade server of the account that the terminal is logged in to.
        rule: clock of the server; New York plus seven hours is what most brokers keep.
        options: how the terminal is set up.
        others: trade servers of further accounts that can be logged in to.
        listener: told of every call, and of every request that reaches a server.

    Raises:
        UsageError: two accounts have the same number at the same server.
    """

    def __init__(
        self,
        server: Server,
        rule: ClockRule | None = None,
        options: TerminalOptions | None = None,
        *,
        others: Sequence[Server] = (),
        listener: Listener | None = None,
    ) -> None:
        servers = (server, *others)
        accounts = {(account.login, account.server) for one in servers for account in (one.account(),)}
        if len(accounts) < len(servers):
            raise UsageError(
                "two accounts of a simulated terminal have the same number", hint="Number them apart."
            )
        clock = ClockRule("ny+7") if rule is None else rule
        super().__init__(Session(servers, clock, options or TerminalOptions(), listener or Listener()))

    @property
    def controls(self) -> Controls:
        """The buttons and the fate of the terminal."""
        return self.session.controls

    def restart(self) -> None:
        """The terminal ends and starts again: every call fails with -10004 until ``initialize``."""
        self.session.drop()

    def switch(self, login: int) -> None:
        """Somebody logs the terminal in to another account, under whoever is connected.

        Raises:
            UsageError: no such account is known to it.
        """
        for server in self.session.servers:
            if server.account().login == login:
                self.session.server = server
                return
        raise UsageError(
            f"the simulated terminal knows no account {login}", hint="Pass its server as another."
        )

    def __getattr__(self, name: str) -> Any:
        """A constant or a record type of the module."""
        if name in MODULE:
            return MODULE[name]
        if name in RECORDS:
            return RECORDS[name]
        raise AttributeError(f"module 'MetaTrader5' has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *MODULE, *RECORDS})
