"""A bad build: the trader whose first look at the broker's records takes longer than a recovery may."""

import sys
from pathlib import Path
from typing import cast

from ictcli.brokers.broker import Broker
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.reports import Evidence
from ictcli.config.trading import BrokerConfig
from ictcli.stress.recovery_trader import main
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock


class Slow(Mt5Broker):
    """Thinks for forty seconds of the market before it reads for the first time."""

    awake = False

    def evidence(self, since: int) -> Evidence:
        """Read the records, sooner or later."""
        if not self.awake:
            self.awake = True
            self._world.sleep(40.0)
        return super().evidence(since)


def slow_broker(terminal: Terminal, table: BrokerConfig, around: Surroundings, clock: ServerClock) -> Broker:
    """Makes it."""
    return cast("Broker", Slow(terminal, table, around, clock))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), slow_broker))
