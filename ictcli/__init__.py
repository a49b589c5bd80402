"""ictcli: from raw bars to gated backtests for ICT / smart-money traders."""

__version__ = "0.1.0"
