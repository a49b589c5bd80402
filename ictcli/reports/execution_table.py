"""How well an account's orders were executed, as a table of text."""

from collections.abc import Mapping
from typing import Any

from ictcli.reports.layout import BLANK, aligned, number
from ictcli.reports.ledger_report import quality_lines_of

SLIPPAGE = "Slippage above 0 is worse than expected. In R near stops count most: the signs may differ."
_UNITS = {"slippage, R": "r", "rejected": "share", "unknown outcome": "share"}


def execution_rows(quality: Mapping[str, Any]) -> list[list[str]]:
    """Name, value, interval and number of orders of each statistic.

    Args:
        quality: ``trading.quality.execution_quality``.
    """
    rows = []
    for name, one in quality_lines_of(quality):
        unit = _UNITS.get(name, "ratio")
        bounds = [number(one[end], unit) for end in ("low", "high")]
        interval = BLANK if one["low"] is None else " to ".join(bounds)
        rows.append([name, number(one["value"], unit), interval, f"{one['n']:,}"])
    return rows


def execution_lines(quality: Mapping[str, Any], confidence: float) -> list[str]:
    """The table."""
    headers = ["Execution", "Value", f"{100 * confidence:g} % interval", "n"]
    return aligned(headers, execution_rows(quality), "<>>>")
