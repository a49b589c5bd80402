"""The broker that a table of the configuration names."""

from collections.abc import Mapping
from random import Random
from time import sleep

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.breaker import Breaker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.clock import monotonic, now_ns
from ictcli.config.trading import BrokerConfig
from ictcli.terminals.opening import open_terminal
from ictcli.terminals.secret import read_secret
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock


def open_broker(
    name: str, config: BrokerConfig, environ: Mapping[str, str], rng: Random, breaker: Breaker | None = None
) -> Mt5Broker:
    """A broker at a terminal of this machine or behind a bridge, not connected yet.

    Args:
        name: of the table.
        config: the table.
        environ: environment variables, for secrets.
        rng: draws the pauses between attempts.
        breaker: where the circuit breaker was left.

    Raises:
        SourceUnavailable: a local terminal is wanted where there can be none.
        ConfigError: the table names a simulated terminal, which trading sets up by itself; or a secret or
            an address is no good.
        UsageError: there is no such clock rule.
    """
    return broker_at(open_terminal(name, config, environ), config, environ, rng, breaker)


def broker_at(
    terminal: Terminal,
    config: BrokerConfig,
    environ: Mapping[str, str],
    rng: Random,
    breaker: Breaker | None = None,
) -> Mt5Broker:
    """A broker at a terminal that is there already, on this machine's clock; arguments as above."""

    def password() -> str:
        return read_secret(config.password_env, environ) if config.password_env else ""

    return Mt5Broker(
        terminal,
        config,
        Surroundings(now_ns, sleep, monotonic, rng),
        ServerClock(config.server_tz),
        password=password,
        breaker=breaker,
    )
