"""Ledger, broker and backtest compared: pure kernels, sources of both sides, statements, corrections."""
