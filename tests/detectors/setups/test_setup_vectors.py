"""The setups of the hand-computed vectors, compared key by key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.setups.orders import BY_TARGET, ENTRY, R_MULTIPLE, RR, STOP, TARGET
from ictcli.market.bars import Bars

Rows = list[dict[str, Any]]
VECTORS = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}
PLAIN = {
    "left": 1,
    "right": 1,
    "atr_length": 3,
    "reclaim": 1,
    "mss_within": 10,
    "separation": 3,
    "max_wait": 20,
    "buffer": 1,
    "buffer_atr": 0.0,
    "min_rr": 1.0,
    "hours": "any",
    "day_end": False,
}
"""The parameters that V8 names: one point of buffer, no time filter."""


@pytest.mark.jit_off
@pytest.mark.parametrize("vector", ["V8_model2022_unicorn_bpr", "V10_flat"])
def test_reproduces_the_unicorns_of_the_vector(
    vector: str, build: Callable[..., Bars], records: Callable[..., Rows]
) -> None:
    rows = records("unicorn.internal", build(VECTORS[vector]["bars"]), PLAIN)
    found = [
        {
            "dir": row["direction"],
            "bottom": row["bottom"],
            "top": row["top"],
            "confirmed_at": row["confirmed"],
        }
        for row in rows
        if row["record"] == "confirmed"
    ]
    assert found == VECTORS[vector]["expect"]["unicorn"]


@pytest.mark.jit_off
def test_reproduces_the_2022_model_of_the_vector(
    build: Callable[..., Bars], records: Callable[..., Rows]
) -> None:
    given = VECTORS["V8_model2022_unicorn_bpr"]
    hunt, *_ = told(records("model2022_search", build(given["bars"]), PLAIN))
    rows = records("model2022", build(given["bars"]), PLAIN)
    assert [(row["record"], row["at"]) for row in rows] == [
        ("confirmed", 10),
        ("entered", 11),
        ("closed", 13),
    ]
    end = rows[-1]
    found = {
        "dir": end["direction"],
        "setup_at": end["confirmed"],
        "sweep_at": hunt["confirmed"],
        "mss_at": hunt["parent_added"],
        "fvg_at": hunt["taken"],
        "entry": end["extra"][ENTRY] / 2,
        "stop": end["extra"][STOP],
        "target": end["extra"][TARGET] / 2,
        "rr": round(end["ratio"][RR], 6),
        "filled_at": 11,
        "exit_at": end["at"],
        "outcome": "target" if end["label"] == BY_TARGET else "other",
    }
    assert [found] == given["expect"]["model2022"]
    assert end["ratio"][R_MULTIPLE] == 8 / 7
    parent = end["parent"][0]
    assert (parent["formed_ts"], parent["confirmed_ts"]) == (8 * NS_PER_MINUTE, 9 * NS_PER_MINUTE)


def told(rows: Rows) -> list[dict[str, int]]:
    """When each object got each of its records."""
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["serial"], {})[row["record"]] = row["at"]
    return list(found.values())
