"""Every strategy that can be named on the command line."""

from ictcli.strategies.strategy import Strategy

STRATEGIES: dict[str, Strategy] = {}
