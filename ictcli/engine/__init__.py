"""The trading core: sizes, fills and money, in integers, one bar at a time."""
