"""A deterministic simulated market."""
