"""Setups: steps over bars and detector events that say when to trade, where the stop and the target are."""
