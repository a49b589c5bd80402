"""Where prices come from: files, the built-in simulated market, brokers."""
