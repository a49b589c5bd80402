"""MetaTrader 5 as a broker: requests, answers and records over a terminal."""
