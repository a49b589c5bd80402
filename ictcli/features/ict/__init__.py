"""ICT distances, ages and counts from the records of detectors, one idea per file (ICT.md §16)."""
