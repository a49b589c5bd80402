"""Price structure: swings, breaks, displacement, ranges (ICT.md §4, §8)."""
