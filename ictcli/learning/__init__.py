"""Learning: labels, splits, estimators, calibration, verdicts. Nothing of it runs on the live path."""
