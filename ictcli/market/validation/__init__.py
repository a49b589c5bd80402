"""Rules that decide which rows of incoming data can be trusted: pure functions over arrays."""
