"""Complete setups: patterns with an entry, a stop and a target (ICT.md §11)."""
