"""How well alerts announce moves, beside chance."""
