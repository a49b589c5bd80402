"""What a bar, a timeframe, a symbol, a session and a clock are, and what makes them valid."""
