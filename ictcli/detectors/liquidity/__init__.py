"""Liquidity: levels where stops rest, and what price does when it reaches them (ICT.md chapters 7 to 10)."""
