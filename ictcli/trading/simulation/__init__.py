"""Deterministic simulation: the production trader against a faulty line, disk and broker on virtual time."""
