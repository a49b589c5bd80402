"""Rules of reconciliation: each looks for one thing in two stories of an account."""
