"""Windows open and close with the very bar that opens at their edge."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars

Rows = list[dict[str, Any]]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("name", "first", "opening", "closing"),
    [
        ("macro", "2025-06-10T08:40", "2025-06-10T08:50", "2025-06-10T09:10"),
        ("silver_bullet", "2025-06-10T09:50", "2025-06-10T10:00", "2025-06-10T11:00"),
        ("kill_zone", "2025-06-10T01:50", "2025-06-10T02:00", "2025-06-10T05:00"),
        ("cbdr", "2025-06-10T13:50", "2025-06-10T14:00", "2025-06-10T20:00"),
        ("asian_range", "2025-06-10T19:50", "2025-06-10T20:00", "2025-06-11T00:00"),
        ("flout", "2025-06-10T14:50", "2025-06-10T15:00", "2025-06-11T00:00"),
    ],
)
def test_a_window_turns_with_the_bar_that_opens_at_its_edge(
    name: str,
    first: str,
    opening: str,
    closing: str,
    at: Callable[[str], int],
    bars_from: Callable[..., Bars],
) -> None:
    bars = bars_from(first, [(10, 12, 9, 11)] * 700, minutes=1)
    plan = make_plan([DETECTORS[name]], DETECTORS, Settings(NS_PER_MINUTE))
    told = {row["at_ts"].item() for row in advance(plan, start(plan), bars)[-1]}
    assert {at(opening), at(closing)} & told, (name, sorted(told))
    wanted = {at(opening), at(closing)} if DETECTORS[name].ends else {at(closing)}
    assert wanted <= told
