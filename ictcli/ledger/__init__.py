"""The ledger: what happened, append-only, hash-chained, durable before anything acts on it."""
