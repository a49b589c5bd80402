"""Candle patterns and volatility alerts: single bars and short runs (ICT.md §12)."""
