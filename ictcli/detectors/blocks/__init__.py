"""Blocks: the candles a move came from, and what becomes of them (ICT.md §6)."""
