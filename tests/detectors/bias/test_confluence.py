"""Confluence against a slow reading of what the other detectors said, straight from the table of weights."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import OWN_MARK, RECORD_NAMES
from ictcli.detectors.bias.confluence import DETECTOR, NAMES
from ictcli.detectors.detector import Feed
from ictcli.detectors.drive import advance, describe, first_context, start
from ictcli.detectors.plan import Plan, Settings, make_plan, title
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars
from tests.detectors.adversarial import lagging, walk

Row = dict[str, Any]
Told = dict[str, dict[int, list[Row]]]
ZONES = (("fvg", "in_gap"), ("order_block.internal", "in_block"), ("breaker.internal", "in_breaker"))
WEIGHTS = {"bias_agrees": 3, "swept": 2, "shifted": 2} | dict.fromkeys(NAMES[6:], 1)


def heard(plan: Plan, bars: Bars, other: Bars | None) -> Told:
    """All records by node and bar."""
    found = advance(plan, start(plan), bars, other)
    told: Told = {
        title(feed.detector, feed.layer or ""): {} for feed in (*DETECTOR.feeds, Feed("confluence"))
    }
    for node, events in zip(plan.nodes, found, strict=True):
        for event in events if node.title in told else ():
            row = dict(zip(events.dtype.names or (), event.tolist(), strict=True))
            row["record"] = RECORD_NAMES[row["record"]]
            row["word"] = node.detector.labels.get((row["direction"], row["label"]), "")
            told[node.title].setdefault(row["at"], []).append(row)
    return told


class Reader:
    """What is known of every other detector, bar by bar."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.latest: dict[str, dict[int, Row]] = {name: {} for name in told}
        self.bias = self.half = 0
        self.swept = {1: -(10**6), -1: -(10**6)}
        self.shifted = {1: -(10**6), -1: -(10**6)}

    def take(self, at: int) -> None:
        for name, by_bar in self.told.items():
            for row in by_bar.get(at, ()):
                self.latest[name][row["serial"]] = row
        for row in self.told["htf_bias.H4"].get(at, ()):
            self.bias = row["direction"] if row["record"] == "confirmed" else self.bias
        for row in self.told["sweep.internal"].get(at, ()):
            if row["record"] == "confirmed" and row["word"] == "sweep":
                self.swept[row["direction"]] = at
        for row in self.told["mss.internal"].get(at, ()):
            self.shifted[row["direction"]] = at
        for row in self.told["dealing_range.internal"].get(at, ()):
            if row["record"] in ("confirmed", "entered"):
                self.half = {"discount": 1, "premium": -1}.get(row["word"].lower(), 0)

    def living(self, name: str, *ends: str) -> Iterator[Row]:
        return (row for row in self.latest[name].values() if not any(was(row, end) for end in ends))

    def parts(self, at: int, bar: Row, d: int, lookback: int, room: float) -> set[str]:
        found = {"bias_agrees"} if self.bias == d else set()
        found |= {"swept"} if at - self.swept[d] < lookback else set()
        found |= {"shifted"} if at - self.shifted[d] < lookback else set()
        for name, part in ZONES:
            zones = self.living(name, "invalidated", "void", "expired", "evicted")
            if any(z["direction"] == d and z["bottom"] <= bar["close"] <= z["top"] for z in zones):
                found.add(part)
        found |= {"on_right_half"} if self.half == d else set()
        entered = self.living("ote.internal", "broken", "superseded", "invalidated")
        found |= {"in_ote"} if any(was(z, "entered") and z["direction"] == d for z in entered) else set()
        hours = self.living("kill_zone", "closed")
        found |= {"in_kill_zone"} if any(z["label"] != 5 for z in hours) else set()
        pairs = self.living("smt.internal", "void", "superseded")
        found |= {"diverges"} if any(z["direction"] == d for z in pairs) else set()
        swings = self.living("swing.internal", "broken", "evicted")
        away = [d * (s["bottom"] - bar["close"]) for s in swings if s["direction"] == -d]
        if not away or (bar["atr"] > 0 and min(away) >= room * bar["atr"]):
            found.add("has_room")
        if bar["spread"] >= 0 and bar["atr"] > 0 and 10 * bar["spread"] <= bar["atr"]:
            found.add("tight_spread")
        return found


def was(row: Row, record: str) -> bool:
    return bool(row["reached"] >> RECORD_NAMES.index(record) & 1)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("least", "lookback", "room"), [(0.3, 20, 2.0), (0.45, 3, 0.5), (0.2, 7, 0.0)])
def test_scores_equal_the_slow_reading(seed: int, least: float, lookback: int, room: float) -> None:
    drawn = walk(900, seed, 15 * NS_PER_MINUTE)
    spread = np.random.default_rng(seed).integers(-1, 12, len(drawn)).astype(np.int32)
    bars = replace(drawn, spread=spread)
    own = {"least_score": least, "lookback": lookback, "room_atr": room}
    swing = {"swing.internal": {"left": 2, "right": 2}}
    settings = Settings(15 * NS_PER_MINUTE, overrides={"confluence": own, **swing})
    pair = seed == 1
    plan = make_plan([DETECTOR], DETECTORS, settings, pair=pair)
    told = heard(plan, bars, lagging(bars) if pair else None)
    described = describe(first_context(settings), bars, lagging(bars) if pair else None)
    names = described.dtype.names or ()
    reader, paired, active, found = Reader(told), 0, {1: False, -1: False}, []
    for at, values in enumerate(described.tolist()):
        bar = dict(zip(names, values, strict=True))
        reader.take(at)
        paired |= bar["paired"]
        for d in (1, -1):
            parts = reader.parts(at, bar, d, lookback, room)
            zones = sum(part in parts for _, part in ZONES)
            score = (sum(WEIGHTS.get(part, 0) for part in parts) + min(zones, 2)) / (14 + paired)
            if active[d] != (score >= least):
                active[d] = not active[d]
                shown = (frozenset(parts), score) if active[d] else None
                found.append((at, d, "confirmed" if active[d] else "closed", shown))
    said = [row for rows in told["confluence"].values() for row in rows]
    assert [(row["at"], row["direction"], row["record"], told_parts(row)) for row in said] == found
    assert len(found) > 20


def told_parts(row: Row) -> tuple[frozenset[str], float] | None:
    if row["record"] != "confirmed":
        return None
    marks = row["marks"] // OWN_MARK
    return frozenset(name for bit, name in enumerate(NAMES) if marks >> bit & 1), row["ratio"][0]
