"""Silver Bullet setups against a plain reading of their definition, on random bars around the windows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ictcli.detectors.imbalance.opening_gap import NWOG
from ictcli.detectors.setups.orders import ENTRY, STOP, TARGET
from ictcli.detectors.setups.silver_bullet_setup import DRAW_PRICE
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]
Level = tuple[int, int, int, int]
"""Side that may aim at it (+1 long), price, bar that makes it known, bar at which its detector drops it.

The bar that makes it known counts already: all but equal highs are known at its open, and the bar that
confirms these lies below them.
"""
PARAMS: dict[str, Any] = {
    "left": 1,
    "right": 1,
    "tolerance_points": 0,
    "atr_length": 2,
    "most_live": 16,
    "frame": 4,
    "frame_adr": 0.0,
    "buffer": 2,
    "buffer_atr": 0.0,
    "target_r": 3.0,
}
DAYS = (0, 1, 4, 5, 6)
"""Thursday, Friday, Monday to Wednesday."""
ENDS = ("broken", "expired", "evicted", "invalidated")


def random_bars(build: Build, seed: int) -> Bars:
    """02:20 to 04:20 New York on five days; now and then a bar is missing."""
    random = np.random.default_rng(seed)
    rows: list[tuple[int, int, int, int]] = []
    minutes: list[int] = []
    close = 1000
    for day in DAYS:
        close += int(random.integers(-20, 21))
        for minute in range(440, 560):
            if random.random() < 0.03:
                continue
            opened = close + int(random.integers(-1, 2))
            close = opened + int(random.integers(-6, 7))
            high, low = max(opened, close), min(opened, close)
            rows.append((opened, high + int(random.integers(0, 3)), low - int(random.integers(0, 3)), close))
            minutes.append(1440 * day + minute)
    return build(rows, minutes)


def levels(bars: Bars, records: Records) -> list[Level]:
    found: list[Level] = []
    for name in ("prev_levels", "session_level", "equal_levels.internal", "opening_gap"):
        log = records(name, bars, PARAMS)
        ends = {row["serial"]: row["at"] for row in log if row["record"] in ENDS}
        for row in (row for row in log if row["record"] == "confirmed"):
            until = ends.get(row["serial"], len(bars))
            if name != "opening_gap":
                found.append((-row["direction"], row["bottom"], row["at"], until))
            elif row["label"] == NWOG:
                edges = (row["bottom"], row["top"])
                found += [(side, price, row["at"], until) for side in (1, -1) for price in edges]
    return found


def draw_of(bars: Bars, known: list[Level], direction: int, k: int) -> int | None:
    """The nearest level ahead of the close of bar k that is known, kept and not traded beyond."""
    best: int | None = None
    for side, price, since, until in known:
        if side != direction or not since <= k < until:
            continue
        reach = (bars.high if direction > 0 else bars.low)[since : k + 1]
        if any(direction * (int(one) - price) > 0 for one in reach):
            continue
        distance = direction * (price - int(bars.close[k]))
        if distance >= PARAMS["frame"] and (
            best is None or distance < direction * (best - int(bars.close[k]))
        ):
            best = price
    return best


def reading(
    bars: Bars, known: list[Level], shifts: list[tuple[int, int]], shift_minutes: int
) -> list[tuple[int, ...]]:
    """Direction, bar, doubled entry, stop, doubled target and draw of every setup."""
    minute = (bars.ts // 60_000_000_000).tolist()
    inside = [480 <= one % 1440 < 540 for one in minute]
    used: set[int] = set()
    found: list[tuple[int, ...]] = []
    for k in range(2, len(bars)):
        day = minute[k] // 1440
        if not (inside[k] and inside[k - 1]) or minute[k] - minute[k - 2] != 2 or day in used:
            continue
        up, down = bars.low[k] > bars.high[k - 2], bars.high[k] < bars.low[k - 2]
        if not up and not down:
            continue
        direction = 1 if up else -1
        if shift_minutes:
            ages = [minute[k] - minute[at] for side, at in shifts if side == direction and at <= k]
            if not ages or ages[-1] > shift_minutes:
                continue
        draw = draw_of(bars, known, direction, k)
        if draw is None:
            continue
        used.add(day)
        entry = int(bars.low[k] if up else bars.high[k])
        stop = int(bars.low[k - 2] - 2 if up else bars.high[k - 2] + 2)
        far = 2 * entry + 3 * 2 * (entry - stop)
        target = min(2 * draw, far) if up else max(2 * draw, far)
        found.append((direction, k, 2 * entry, stop, target, draw))
    return found


@pytest.mark.parametrize("shift_minutes", [0, 4])
@pytest.mark.parametrize("seed", range(12))
def test_setups_are_those_of_the_plain_reading(
    seed: int, shift_minutes: int, build: Build, records: Records
) -> None:
    bars = random_bars(build, seed)
    params = {**PARAMS, "shift_minutes": shift_minutes}
    rows = [row for row in records("silver_bullet_setup", bars, params) if row["record"] == "confirmed"]
    found = [
        (row["direction"], row["at"], *(row["extra"][at] for at in (ENTRY, STOP, TARGET, DRAW_PRICE)))
        for row in rows
    ]
    shifts = [(row["direction"], row["at"]) for row in records("mss.internal", bars, PARAMS)]
    assert found == reading(bars, levels(bars, records), shifts, shift_minutes)
    assert found
