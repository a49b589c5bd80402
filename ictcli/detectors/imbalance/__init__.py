"""Imbalance: gaps between bars and what becomes of them (ICT.md §5)."""
