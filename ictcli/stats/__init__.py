"""Intervals and ratios with their conventions named; knows nothing of trading."""
