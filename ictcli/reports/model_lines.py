"""Which models a run asked, in one line each."""

from collections.abc import Mapping
from typing import Any

from ictcli.reports.layout import wrap


def model_lines(document: Mapping[str, Any]) -> list[str]:
    """Which models a run asked, and from which probability on they take a trade; none for most runs."""
    lines = []
    for one in document.get("strategies", ()):
        if model := one.get("model"):
            bounds = f"takes trades from p = {model['high']:.3f}"
            if model["low"] >= 0.0:  # below 0 where a strategy has chosen the side
                bounds = f"buys from p = {model['high']:.3f}, sells up to {model['low']:.3f}"
            lines += wrap(f"{one['name']} with model {model['model']}: {bounds}")
    return lines
