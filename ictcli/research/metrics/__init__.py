"""What a run is worth: definitions, values, intervals."""
