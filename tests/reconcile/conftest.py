"""Ledgers in both engines: the fixtures of the ledger's own tests."""

from tests.ledger.conftest import another, either, place, postgres, served, state

__all__ = ["another", "either", "place", "postgres", "served", "state"]
