"""The simulated terminal: the module surface of MetaTrader 5 over a trade server of our own."""
