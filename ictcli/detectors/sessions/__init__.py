"""Time of day: windows of the New York clock, their ranges, and the day they make (ICT.md §8.3, §9)."""
