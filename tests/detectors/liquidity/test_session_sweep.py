"""Sweeps of session levels: a worked example. Bars lie in January 1970: New York is five hours behind UTC."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.liquidity.penetration import RUN, SWEEP
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]

EVENING = (5 * 24 + 1) * 60
"""20:00 in New York on Monday 5 January, minutes from the start of 1970 UTC: the Asian session opens."""


@pytest.mark.jit_off
def test_the_bar_that_ends_a_session_can_already_sweep_it(build: Build, records: Records) -> None:
    """Asia trades 90 to 110; the bar of midnight goes to 87 and closes on 90, the next two run over 110."""
    rows = [(100, 110, 95, 100), (100, 105, 90, 100), (100, 101, 87, 90), (90, 112, 90, 111)]
    bars = build(
        [*rows, (111, 115, 111, 112)], [EVENING, EVENING + 239, *range(EVENING + 240, EVENING + 243)]
    )
    low, high = records("session_sweep", bars, {"reclaim": 2})
    assert (low["direction"], low["bottom"], low["label"], low["extra"][2]) == (1, 90, SWEEP, 3)
    assert (low["formed"], low["confirmed"]) == (2, 2)
    assert low["parent"][0].item()[:2] == (EVENING * NS_PER_MINUTE, (EVENING + 240) * NS_PER_MINUTE)
    assert (high["direction"], high["bottom"], high["label"], high["extra"][2]) == (-1, 110, RUN, 5)
    assert (high["formed"], high["confirmed"]) == (3, 4)
