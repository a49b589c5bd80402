"""Labels: from bars, and from the trades of a strategy, to events that a model can learn from."""
