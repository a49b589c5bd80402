"""The terminal that a broker's table of the configuration names."""

import sys
from collections.abc import Mapping

from ictcli.clock import NS_PER_SECOND, parse_duration
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError, SourceUnavailable
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.child import child_terminal
from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.remote import CountingTerminal
from ictcli.terminals.secret import read_secret
from ictcli.terminals.terminal import Terminal

_BRIDGE = (
    "MetaTrader 5 runs under Windows only: run `python -m ictcli.terminals.bridge` beside the terminal "
    '(under Wine, for example) and set terminal = "bridge" (docs/terminals.md).'
)


def open_terminal(
    name: str,
    config: BrokerConfig,
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
    urgent: bool = False,
    reads: bool = False,
) -> CountingTerminal:
    """The terminal of a broker, not yet connected to; ``connect`` does that.

    Args:
        name: of the table.
        config: the table.
        environ: environment variables, for the token.
        platform: ``sys.platform``.
        urgent: for an emergency stop, see ``bridge_terminal``.
        reads: to read beside a trader, see ``bridge_terminal``; a local terminal takes several programs.

    Raises:
        SourceUnavailable: a local terminal is wanted where there can be none.
        ConfigError: the terminal is simulated, which is not opened here; or host or token are no good.
    """
    deadline = parse_duration(config.deadline) / NS_PER_SECOND
    if config.terminal == "bridge":
        token = read_secret(config.token_env, environ)
        return bridge_terminal(config.host, config.port, token, deadline, urgent=urgent, reads=reads)
    if config.terminal == "local":
        if platform != "win32":
            raise SourceUnavailable(
                f"brokers.{name}: there is no local MetaTrader 5 terminal on this machine", hint=_BRIDGE
            )
        return child_terminal(deadline)
    raise ConfigError(
        f"brokers.{name}: a simulated terminal has no data of its own to fetch",
        hint='Set terminal = "bridge" or "local", or fetch with --source sim.',
    )


def connect(terminal: Terminal, name: str, config: BrokerConfig, environ: Mapping[str, str]) -> None:
    """Connect to a terminal, log in where the table says so, and check that it is the account meant.

    Raises:
        SourceUnavailable: it cannot be reached, is not logged in, or refused the password.
        ConfigError: another account is logged in.
    """
    if not terminal.initialize(**_credentials(config, environ)):
        code, text = terminal.last_error()
        raise SourceUnavailable(
            f"brokers.{name}: cannot connect to the terminal: {text} ({code})",
            hint=_unreached(name, config, code, text),
        )
    account = terminal.account_info()
    if account is None:
        code, text = terminal.last_error()
        raise SourceUnavailable(
            f"brokers.{name}: the terminal is not logged in: {text} ({code})",
            hint="Log in at the terminal, or set login, server and password_env.",
        )
    if config.login and account.login != config.login:
        raise ConfigError(f"brokers.{name}: the terminal is logged in to {account.login}, not {config.login}")
    if config.server and account.server != config.server:
        raise ConfigError(f"brokers.{name}: the terminal is at {account.server!r}, not {config.server!r}")


def _unreached(name: str, config: BrokerConfig, code: int, text: str) -> str:
    """The next thing to do, as far as the terminal's answer tells."""
    own = f"bridge {config.host}:{config.port}" in text
    if own and "wrong token" in text:
        return (
            f"Put the bridge's own token into ${config.token_env}, or into the file ${config.token_env}_FILE."
        )
    if own and "refused" in text:
        return (
            "Start `python -m ictcli.terminals.bridge` beside the terminal, or correct "
            f"brokers.{name}.host and port (docs/terminals.md)."
        )
    if code == ErrorCode.E_AUTH_FAILED:
        return f"Correct brokers.{name}.login and server, and the password that password_env names."
    return "Look whether the terminal (and the bridge to it) runs and is logged in, then try again."


def _credentials(config: BrokerConfig, environ: Mapping[str, str]) -> dict[str, str | int]:
    given: dict[str, str | int] = {"path": config.path} if config.path else {}
    if config.password_env:
        given |= {"login": config.login, "password": read_secret(config.password_env, environ)}
        given |= {"server": config.server} if config.server else {}
    return given
