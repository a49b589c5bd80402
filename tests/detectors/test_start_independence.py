"""P7: where the bars begin does not matter once a detector has seen enough of them.

Bars without their first ones are run through every detector. What begins a warm-up after the cut must be
the same in both runs, to the last bit, but for birth order and bar numbers. The warm-up is what the longest
memory needs: the 60 trading days of ``ipda``, and the life of objects, of which the oldest may decide which
one is evicted.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import EVENT
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Node, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars
from tests.detectors.adversarial import lagging, read_bars, walk
from tests.detectors.invariants import births

QUARTER = 15 * NS_PER_MINUTE
DROPPED, WARM_UP = 777, 7000

NUMBERS = ("serial", "at", "formed", "confirmed", "origin", "parent", "ordinal")
"""Birth order and bar numbers, which begin with the first bar; instants remain."""


SETTLING = 700
"""Bars after the cut in which swings of 50 bars, averages of 200 and structure settle."""

KEPT = {"price", "twice", "points", "instant", "count", "signed"}
"""Kinds of columns that are kept in the integer slots; other slots are a detector's own notes."""

OLD_LEVELS = {
    "silver_bullet_setup": "aims at the nearest pool, which may be older than the first bar",
    "model2022": "aims at the nearest pool, which may be older than the first bar",
}
"""Detectors that depend on objects without an end and do not name them as parents.

Descendants of objects from before the cut are left out everywhere: an untouched level stays where it is
until price comes back, however long ago it formed.
"""


def origins(nodes: Sequence[Node], found: Sequence[NDArray[np.void]]) -> list[NDArray[np.int64]]:
    """When the oldest object began that each confirmed object descends from, by node and birth order."""
    oldest: list[NDArray[np.int64]] = []
    for at, node in enumerate(nodes):
        own = births(found[at])
        since = own["formed_ts"].copy()
        oldest.append(since)
        for slot in (0, 1):
            parent = own["parent"][:, slot]
            for number, feed in enumerate((*node.feeds, at)):
                rows = np.flatnonzero(parent["feed"] == number)
                since[rows] = np.minimum(since[rows], oldest[feed][parent["serial"][rows]])
    return oldest


def late(node: Node, own: NDArray[np.void]) -> list[str]:
    """Confirmations as text: everything but numbers that depend on the first bar, with parents' instants."""
    columns = [name for name in EVENT.names or () if name not in (*NUMBERS, "extra")]
    slots = sorted({extra.slot for extra in node.detector.extras if extra.kind in KEPT})
    parents = [(row["parent"]["feed"].tolist(), row["parent"]["formed_ts"].tolist()) for row in own]
    told = zip(own[columns].tolist(), own["extra"][:, slots].tolist(), parents, strict=True)
    return [repr(row) for row in told]


def differing(bars: Bars, dropped: int, warm_up: int) -> tuple[dict[str, int], dict[str, int]]:
    """How many confirmations only one of the two runs has, and how many both have, by node."""
    plan = make_plan(DETECTORS.values(), DETECTORS, Settings(QUARTER), pair=True)
    other = lagging(bars)
    runs = [advance(plan, start(plan), part, other) for part in (bars, bars.slice(dropped, len(bars)))]
    ages = [origins(plan.nodes, found) for found in runs]
    since, cut = int(bars.ts[dropped + warm_up]), int(bars.ts[dropped + SETTLING])
    only, both = {}, {}
    for at, node in enumerate(plan.nodes):
        seen = []
        for found, age in zip(runs, ages, strict=True):
            own = births(found[at])
            seen.append(set(late(node, own[(own["formed_ts"] >= since) & (age[at] >= cut)])))
        only[node.title], both[node.title] = len(seen[0] ^ seen[1]), len(seen[0] & seen[1])
    return only, both


def unexplained(only: dict[str, int]) -> dict[str, int]:
    return {title: count for title, count in only.items() if count and title not in OLD_LEVELS}


@pytest.mark.no_cover
def test_what_begins_after_a_warm_up_does_not_depend_on_the_first_bar() -> None:
    only, both = differing(walk(12_000, 6), DROPPED, WARM_UP)
    assert unexplained(only) == {}
    assert sum(count > 10 for count in both.values()) > 0.8 * len(both)


@pytest.mark.proof
@pytest.mark.parametrize("name", ["EURUSD_M15_brokerB2023", "XAUUSD_M15_ftmo", "US500_M15_ftmo"])
@pytest.mark.parametrize("dropped", [1, 96, 777])
def test_start_independence_on_real_files(
    name: str, dropped: int, real_data: Path, proof_facts: dict[str, object]
) -> None:
    path = real_data / "bars" / f"{name}.parquet"
    bars = read_bars(path, digits=5 if name.startswith("EUR") else 2, length=QUARTER)
    only, both = differing(bars, dropped, len(bars) * 2 // 3)
    proof_facts |= {"same": sum(both.values()), "different": sum(only.values())}
    assert unexplained(only) == {}
