"""Time of the bar's open on the New York clock, one idea per file (ICT.md §9, §16 35 and 36)."""
