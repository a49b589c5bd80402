"""Set-ups of ICT as state machines over detector records (ICT.md §11)."""
