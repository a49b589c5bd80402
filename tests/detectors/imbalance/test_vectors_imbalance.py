"""The hand-computed vectors of this chapter, compared key by key."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.imbalance.opening_gap import NWOG
from ictcli.market.bars import Bars

pytestmark = pytest.mark.jit_off

VECTORS = {
    vector["id"].partition("_")[0]: vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}
EVERY = (
    *("fvg", "ifvg", "bpr", "volume_imbalance", "gap", "implied_fvg"),
    *("liquidity_void", "opening_gap", "first_fvg"),
)
Records = list[dict[str, Any]]
Run = Callable[..., Records]


def zones(rows: Records) -> Records:
    found = []
    for born in (row for row in rows if row["record"] == "confirmed"):
        own = {row["record"]: row["at"] for row in rows if row["serial"] == born["serial"]}
        found.append(
            {
                "dir": born["direction"],
                "bottom": born["bottom"],
                "top": born["top"],
                "confirmed_at": born["confirmed"],
                "tapped_at": own.get("tapped"),
                "invalidated_at": own.get("invalidated"),
            }
        )
    return found


@pytest.mark.parametrize(("vector", "stream"), [("V1", "ifvg"), ("V1", "bpr"), ("V8", "bpr"), ("V10", "bpr")])
def test_reproduces_the_hand_computed_zones(
    vector: str, stream: str, build: Callable[..., Bars], records: Run
) -> None:
    given = VECTORS[vector]
    found = zones(records(stream, build(given["bars"])))
    expected = given["expect"][stream]
    assert len(found) == len(expected)
    for have, want in zip(found, expected, strict=True):
        assert {key: have[key] for key in want} == want


def test_one_bar_logs_its_records_in_the_fixed_order(build: Callable[..., Bars], records: Run) -> None:
    """C3: bar 9 of V1 logs tapped... of the inversion; tapped already at bar 8, the rest at bar 9."""
    found = records("ifvg", build(VECTORS["V1"]["bars"]))
    assert [(row["record"], row["at"]) for row in found] == [
        ("confirmed", 7),
        ("tapped", 8),
        ("ce", 9),
        ("filled", 9),
        ("invalidated", 9),
    ]


def test_reproduces_the_opening_gaps(build: Callable[..., Bars], records: Run) -> None:
    given = VECTORS["V9"]
    times = [datetime.fromisoformat(row[0]).timestamp() // 60 for row in given["rows_utc"]]
    found = records("opening_gap", build([row[1:] for row in given["rows_utc"]], times))
    born = [row for row in found if row["record"] == "confirmed"]
    expected = [level for level in given["expect"]["day_levels"] if level["gap"] is not None]
    assert len(born) == len(expected) == 2
    for have, want in zip(born, expected, strict=True):
        assert ("NWOG" if have["label"] == NWOG else "NDOG") == want["gap"]
        assert (have["at"], have["direction"], have["bottom"], have["top"]) == (
            want["at"],
            want["dir"],
            want["bottom"],
            want["top"],
        )
        assert have["extra"][0] == want["pdc"]
        day = datetime.fromisoformat(want["trading_day"]).replace(tzinfo=UTC)
        assert have["extra"][2] == (day - datetime(1970, 1, 1, tzinfo=UTC)).days * NS_PER_DAY


@pytest.mark.parametrize("name", EVERY)
def test_flat_bars_fire_nothing(name: str, build: Callable[..., Bars], records: Run) -> None:
    assert records(name, build(VECTORS["V10"]["bars"])) == []
