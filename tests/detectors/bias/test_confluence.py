"""The confluence score against its definition, told from the records of those it listens to."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.context import BAR
from ictcli.detectors.base.events import CLOSED, CONFIRMED, RECORD_NAMES
from ictcli.detectors.bias.confluence import ConfluenceParams, has_room, init_state, score_of
from ictcli.detectors.bias.live import keep as keep_live
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars

M5 = 5 * NS_PER_MINUTE
ENDS = {"invalidated", "expired", "evicted"}


def read(path: Path) -> Bars:
    table = pq.read_table(path).slice(0, 6000)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    columns = [
        np.rint(table[name].to_numpy() * 100).astype(np.int64) for name in ("open", "high", "low", "close")
    ]
    spread = np.where(np.arange(len(ts)) % 3 == 0, -1, np.arange(len(ts)) % 40).astype(np.int32)
    return make_bars(2, ts, ts + M5, (columns[0], columns[1], columns[2], columns[3]), spread=spread)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("bits", "points"),
    [(0, 0), (1, 3), (2, 2), (4, 2), (8, 1), (8 + 16, 2), (8 + 16 + 32, 2), (64, 1), (4095, 15)],
)
def test_the_score_is_the_weighted_share(bits: int, points: int) -> None:
    """Zones count at most 2; 3 + 2 + 2 + 2 + six times 1 is 15 with a second symbol."""
    assert score_of(bits, 1) == points / 15
    assert score_of(bits & ~512, 0) == (points - (bits >> 9 & 1)) / 14


def slow_scores(bars: Bars, found: dict[str, list[dict[str, Any]]], lookback: int) -> np.ndarray[Any, Any]:
    """Score of both sides at every bar, read off the records up to it."""
    scores = np.zeros((len(bars), 2))
    atr = average_true_range(bars)
    at_bar: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for name, records in found.items():
        at_bar[name] = {}
        for record in records:
            at_bar[name].setdefault(record["at"], []).append(record)
    bias = half = entry = hours = 0
    swept, shifted = {1: -999, -1: -999}, {1: -999, -1: -999}
    live: dict[str, dict[int, dict[str, Any]]] = {
        name: {} for name in ("fvg", "order_block", "breaker", "swing")
    }
    for i in range(len(bars)):
        said = {name: records.get(i, []) for name, records in at_bar.items()}
        for record in said["htf_bias"]:
            bias = record["direction"] if record["record"] == "confirmed" else bias
        for record in said["sweep"]:
            swept[record["direction"]] = i if record["label"] == 1 else swept[record["direction"]]
        for record in said["mss"]:
            shifted[record["direction"]] = i
        for name in ("fvg", "order_block", "breaker"):
            keep(live[name], said[name], ENDS)
        keep(live["swing"], said["swing"], {"broken", "evicted"})
        for record in said["dealing_range"]:
            if record["record"] in ("confirmed", "entered"):
                half = {1: -1, 2: 1}.get(record["label"], 0) * record["direction"]
        for record in said["ote"]:
            if record["record"] == "entered":
                entry = record["direction"]
            elif record["record"] in ("broken", "invalidated", "superseded") and entry == record["direction"]:
                entry = 0
        for record in said["kill_zone"]:
            if record["label"] != 5:
                hours += {"confirmed": 1, "closed": -1}[record["record"]]
        close = int(bars.close[i])
        tight = bars.spread[i] >= 0 and atr[i] > 0 and 10.0 * bars.spread[i] <= atr[i]
        for side, direction in enumerate((1, -1)):
            inside = [
                any(
                    one["direction"] == direction and one["bottom"] <= close <= one["top"]
                    for one in live[name].values()
                )
                for name in ("fvg", "order_block", "breaker")
            ]
            ahead = [
                direction * (one["bottom"] - close)
                for one in live["swing"].values()
                if one["direction"] == -direction
            ]
            room = not ahead or (atr[i] > 0 and min(ahead) >= 2.0 * atr[i])
            points = 3 * (bias == direction) + 2 * (i - swept[direction] < lookback)
            points += 2 * (i - shifted[direction] < lookback) + min(sum(inside), 2)
            points += (half == direction) + (entry == direction) + (hours > 0) + room + tight
            scores[i, side] = points / 14
    return scores


def keep(live: dict[int, dict[str, Any]], records: list[dict[str, Any]], ends: set[str]) -> None:
    for record in records:
        if record["record"] == "confirmed":
            live[record["serial"]] = record
        elif record["record"] in ends:
            live.pop(record["serial"], None)


def average_true_range(bars: Bars) -> list[float]:
    """Through the bar before, 0 while undefined."""
    values, ranges, average = [], [], 0.0
    for i in range(len(bars)):
        values.append(average)
        high, low = int(bars.high[i]), int(bars.low[i])
        last = int(bars.close[i - 1]) if i else None
        ranges.append(high - low if last is None else max(high - low, abs(high - last), abs(low - last)))
        if i == 13:
            average = float(sum(ranges)) / 14
        elif i > 13:
            average = (average * 13 + ranges[-1]) / 14
    return values


def test_objects_open_and_close_where_the_slow_score_crosses_the_threshold(real_data: Path) -> None:
    bars = read(real_data / "bars" / "XAUUSD_M5_ftmo.parquet")
    plan = make_plan([DETECTORS["confluence"]], DETECTORS, Settings(M5))
    logs = advance(plan, start(plan), bars)
    found: dict[str, list[dict[str, Any]]] = {}
    feeds = {node.detector.name for node in plan.nodes} - {"confluence"}
    wanted = {feed.detector: feed.layer for feed in DETECTORS["confluence"].feeds}
    for node, records in zip(plan.nodes, logs, strict=True):
        if node.detector.name in feeds and wanted.get(node.detector.name) == node.layer:
            names = records.dtype.names or ()
            rows = [dict(zip(names, row, strict=True)) for row in records.tolist()]
            found[node.detector.name] = [{**row, "record": RECORD_NAMES[row["record"]]} for row in rows]
    scores = slow_scores(bars, found, 20)
    own = logs[-1]
    for side, direction in enumerate((1, -1)):
        enough = scores[:, side] >= 0.6
        edges = np.diff(enough.astype(np.int64), prepend=0)
        mine = own[own["direction"] == direction]
        assert mine["at"][mine["record"] == CONFIRMED].tolist() == np.flatnonzero(edges == 1).tolist()
        assert mine["at"][mine["record"] == CLOSED].tolist() == np.flatnonzero(edges == -1).tolist()
        born = mine[mine["record"] == CONFIRMED]
        assert born["ratio"][:, 0].tolist() == scores[born["at"], side].tolist()
        assert len(born) > 20


@pytest.mark.jit_off
@pytest.mark.parametrize(("atr", "close", "room"), [(0.0, 50, False), (10.0, 80, True), (10.0, 81, False)])
def test_room_needs_an_average_and_two_of_it(atr: float, close: int, room: bool) -> None:
    """A swing high at 100 is 20 points above a close of 80: exactly two average true ranges of 10."""
    state = init_state(ConfluenceParams(), M5)
    bar = np.zeros(1, BAR)
    bar["atr"] = atr
    assert has_room(state[0], bar[0], 0, close)  # no swing ahead at all
    keep_live(state[0]["swings"], 1, -100, 0)
    assert has_room(state[0], bar[0], 0, close) == room
