"""Trained models: versions on disk, aliases, and what turns a row of features into a probability."""
