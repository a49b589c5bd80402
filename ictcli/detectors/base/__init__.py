"""What detectors are made of: bars, events, live objects, zones, levels, pivots."""
