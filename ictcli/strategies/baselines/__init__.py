"""Strategies that know nothing: what a set-up must beat."""
