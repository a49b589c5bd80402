"""Whether what was learned can be believed: calibration, scores with intervals, alarms and the verdict."""
