"""The average daily range as features hear of it."""

from typing import Any

import numpy as np

from ictcli.detectors.base.events import CONFIRMED
from ictcli.kernels import kernel

AVERAGE_DAY = np.dtype([("points", np.float64)])
"""0.0 while it is unknown."""


@kernel
def hear_average(average: Any, days: Any, first: int, last: int) -> None:
    """Take the average daily range that the current bar makes known, from records of ``adr``."""
    for at in range(first, last):
        event = days[at]
        if event["record"] == CONFIRMED:
            average["points"] = event["extra"][0] / event["extra"][1]
