"""The broker behind a table of ``brokers``: terminal, clock, password, put together and connected."""

import time
from collections.abc import Mapping
from random import Random

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.breaker import BreakerRule
from ictcli.brokers.mt5.calls import Retry, Surroundings
from ictcli.clock import monotonic, now_ns
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError
from ictcli.terminals.opening import open_terminal
from ictcli.terminals.secret import read_secret
from ictcli.terminals.times import ServerClock


def find_broker(name: str, brokers: Mapping[str, BrokerConfig]) -> BrokerConfig:
    """The table of a broker.

    Raises:
        ConfigError: there is none of that name.
    """
    found = brokers.get(name)
    if found is None:
        known = ", ".join(sorted(brokers)) or "none"
        raise ConfigError(f"no broker {name!r} is configured", hint=f"Known: {known} (config/ictcli.toml).")
    return found


def open_broker(
    name: str,
    config: BrokerConfig,
    environ: Mapping[str, str],
    *,
    seed: int,
    retry: Retry | None = None,
    rule: BreakerRule | None = None,
    urgent: bool = False,
) -> Mt5Broker:
    """A broker at a real terminal or a bridge to one, not connected yet.

    Args:
        name: of the table.
        config: the table.
        environ: environment variables, for password and token; neither is kept.
        seed: of the pauses between repeated reads.
        retry: how reads are repeated; the adapter's own way where none is given.
        rule: when reads stop for a while; the adapter's own where none is given.
        urgent: for an emergency stop: a client of the bridge that says nothing makes room.

    Raises:
        ConfigError: the terminal is simulated, or token or address are no good.
        SourceUnavailable: there can be no such terminal on this machine.
    """
    world = Surroundings(now_ns, time.sleep, monotonic, Random(seed))
    clock = ServerClock(config.server_tz)

    def password() -> str:
        return read_secret(config.password_env, environ) if config.password_env else ""

    terminal = open_terminal(name, config, environ, urgent=urgent)
    return Mt5Broker(terminal, config, world, clock, password=password, retry=retry, rule=rule)
