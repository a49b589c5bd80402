"""Compiled calls that give a bar to every feature, written by scripts/fuse_features.py."""
