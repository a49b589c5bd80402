"""Zones followed by a feature stay the zones of the detector, fill and touches included."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.features.feature import Feature
from ictcli.features.ict import blocks, gaps
from tests.features.ict.listening import SMALL_SWINGS, listen, wandering
from tests.features.worlds import read_bars


def own_zones(state: Any, side: int) -> list[tuple[float, ...]]:
    book = state["book"]
    zones = book["zone"][side][: book["count"][side]]
    return sorted(
        (int(one["serial"]), *(one[name] for name in ("top", "bottom", "depth", "touches"))) for one in zones
    )


def kept_zones(detector: Any, side: int) -> list[tuple[float, ...]]:
    book = detector["zones"]["book"]
    found = []
    for at in range(book["count"][side]):
        slot = book["slot"][side, at]
        held = book["held"][side, slot]
        edges = (held["top"], held["bottom"]) if side == 0 else (-held["bottom"], -held["top"])
        found.append((int(held["serial"]), *edges, held["fill"], held["touches"]))
    return sorted(found)


@pytest.mark.parametrize(
    ("feature", "detector", "overrides"),
    [
        (gaps.FEATURE, "fvg", {}),
        (gaps.FEATURE, "fvg", {"fvg": {"max_active": 3}}),
        (gaps.FEATURE, "fvg", {"fvg": {"max_age": 40, "invalidate": "wick"}}),
        (blocks.FEATURE, "order_block.internal", SMALL_SWINGS),
        (blocks.FEATURE, "order_block.internal", {**SMALL_SWINGS, "order_block": {"max_active": 2}}),
    ],
)
def test_the_book_is_that_of_the_detector_bar_by_bar(
    feature: Feature, detector: str, overrides: dict[str, dict[str, Any]]
) -> None:
    seen = 0
    for seed in range(6):
        for count in (150, 301):
            heard = listen(feature, wandering(count, seed), overrides)
            for side in range(2):
                kept = kept_zones(heard.detector_state(detector), side)
                assert own_zones(heard.state[0], side) == kept
                seen += len(kept)
    assert seen > 20


def test_zones_stand_in_the_order_of_their_near_edges() -> None:
    book = listen(gaps.FEATURE, wandering(800, 9)).state[0]["book"]
    for side in range(2):
        tops = book["zone"][side][: book["count"][side]]["top"]
        assert len(tops) > 3
        assert np.all(np.diff(tops) >= 0)


@pytest.mark.parametrize(
    ("feature", "detector"), [(gaps.FEATURE, "fvg"), (blocks.FEATURE, "order_block.internal")]
)
def test_the_book_is_that_of_the_detector_on_real_bars(
    feature: Feature, detector: str, real_data: Path
) -> None:
    bars = read_bars(real_data / "bars" / "XAUUSD_M15_ftmo.parquet", 2, 15)
    for count in (4000, 12_345):
        heard = listen(feature, bars.slice(0, count), minutes=15)
        kept = [kept_zones(heard.detector_state(detector), side) for side in range(2)]
        assert [own_zones(heard.state[0], side) for side in range(2)] == kept
        assert len(kept[0]) + len(kept[1]) > 5
