"""Many trials of one question: sweeps and walk-forward, each trial kept."""
