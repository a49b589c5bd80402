"""Certification of a set-up for unattended trading, by production code under seeded faults."""
