"""Ways to a MetaTrader 5 terminal: its module in a child process, a bridge, or the simulated one."""
