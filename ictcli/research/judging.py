"""What becomes of a strategy's entries by a model.

A strategy decides first, on bars alone. Then every entry gets the probability that the model gave it at its
bar with its side, and one that the model would not take becomes a note with a reason of its own.
"""

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Bars
from ictcli.models.conformal import decide_signals
from ictcli.research.opinions import Opinions
from ictcli.strategies.decisions import ENTER, IDLE, NOTE

Decisions = NDArray[np.void]


def judged(decisions: Decisions, bars: Bars, opinions: Opinions, known: int, *, notes: bool) -> Decisions:
    """Decisions with the model's probability in every entry; those below its threshold ask for nothing.

    Entries that may only reduce what is open are left alone.

    Args:
        decisions: of a strategy.
        bars: that it decided on.
        opinions: of the model.
        known: reasons that the strategy has; those of the model follow.
        notes: whether to keep what asks for nothing.
    """
    found = decisions.copy()
    own = np.flatnonzero((found["kind"] == ENTER) & (found["reduce_only"] == 0))
    side = found["side"][own]
    p = opinions.of_entries(bars, found["bar"][own], side)
    found["probability"][own] = p
    refused = (decide_signals(p, side, opinions.high) == 0) & (side != 0)
    turned = own[refused]
    found["kind"][turned] = NOTE
    found["stage"][turned] = IDLE
    found["reason"][turned] = known + np.isnan(p[refused])
    return found if notes else found[found["kind"] != NOTE]
