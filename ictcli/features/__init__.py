"""Features: causal steps from closed bars and detector records to columns of numbers (docs/features.md)."""
