"""Experiments: run a strategy over history, measure it, judge it."""
