"""Orders from intent to outcome, and the loop that decides on them."""
