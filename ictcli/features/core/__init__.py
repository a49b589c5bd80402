"""The 26 features of the default set, one idea per file, in the order of the set (ML.md M24)."""
