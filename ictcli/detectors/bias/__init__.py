"""Bias: what higher timeframes and all other detectors together say (ICT.md §10)."""
