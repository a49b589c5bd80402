"""Whether trades on paper are the trades of the backtest, to the last digit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Records = NDArray[np.void]

COMPARED = (
    "series", "owner", "row", "setup", "position", "side", "opened", "closed", "opened_ts", "closed_ts",
    "entry", "entry_value", "exit_value", "steps", "stop", "target", "reason", "exits", "gross", "commission",
    "fees", "swap", "risk", "balance",
)  # fmt: skip
"""Fields of a trade that must agree.

Left out are ``spread`` and ``slippage``, which a backtest assumes and a trader measures against the last
quote it saw, and ``ambiguous``, which only somebody who sees both ends of a bar can say.
"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A trade that differs: its number in the order of closing, the field, and both values."""

    trade: int
    field: str
    backtest: int | None
    paper: int | None


def compare_trades(backtest: Records, paper: Records) -> list[Mismatch]:
    """Every difference between two runs of trades; a trade that only one has differs in its existence.

    Args:
        backtest: ``TRADE`` records of the backtest.
        paper: of the trader.
    """
    found = []
    for at in range(max(len(backtest), len(paper))):
        if at >= len(backtest) or at >= len(paper):
            one, other = (1, None) if at < len(backtest) else (None, 1)
            found.append(Mismatch(at, "exists", one, other))
            continue
        for name in COMPARED:
            ours, theirs = int(backtest[at][name]), int(paper[at][name])
            if ours != theirs:
                found.append(Mismatch(at, name, ours, theirs))
    return found


def parity_document(backtest: Records, paper: Records) -> dict[str, Any]:
    """The ``paper`` part of a backtest's document: trades compared, and those that differ (the first 20)."""
    mismatches = compare_trades(backtest, paper)
    return {
        "compared": max(len(backtest), len(paper)),
        "mismatches": len({one.trade for one in mismatches}),
        "first": [
            {"trade": one.trade, "field": one.field, "backtest": one.backtest, "paper": one.paper}
            for one in mismatches[:20]
        ],
    }
