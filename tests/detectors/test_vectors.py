"""The hand-computed vectors, compared key by key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ictcli.detectors.base.events import INITIAL, MSS
from ictcli.detectors.structure.structure import CHOCH
from ictcli.market.bars import Bars

VECTORS = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parent / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}
CASES = [
    ("V1_fvg_lifecycle", "fvg"),
    ("V2_structure", "swings"),
    ("V2_structure", "displacement"),
    ("V2_structure", "structure"),
    ("V3_order_block_to_breaker", "structure"),
    ("V4_eqh_and_sweeps", "swings"),
    ("V8_model2022_unicorn_bpr", "swings"),
    ("V8_model2022_unicorn_bpr", "displacement"),
    ("V8_model2022_unicorn_bpr", "structure"),
    ("V8_model2022_unicorn_bpr", "fvg"),
    ("V10_flat", "swings"),
    ("V10_flat", "displacement"),
    ("V10_flat", "structure"),
    ("V10_flat", "fvg"),
    ("V11_equality_edges", "swings"),
    ("V11_equality_edges", "structure"),
]
Records = list[dict[str, Any]]


def first(rows: Records, serial: int, record: str) -> int | None:
    """The bar of one object's record."""
    return next((row["at"] for row in rows if row["serial"] == serial and row["record"] == record), None)


def swings(rows: Records) -> Records:
    return [
        {
            "kind": "low" if row["direction"] > 0 else "high",
            "idx": row["formed"],
            "level": row["bottom"],
            "confirmed_at": row["confirmed"],
        }
        for row in rows
        if row["record"] == "confirmed"
    ]


def displacement(rows: Records) -> list[list[int]]:
    return [[row["formed"], row["direction"]] for row in rows]


def structure(rows: Records) -> Records:
    return [
        {
            "label": "CHoCH" if row["label"] == CHOCH else "BOS",
            "dir": row["direction"],
            "level": row["bottom"],
            "level_idx": row["formed"],
            "confirmed_at": row["confirmed"],
            "initial": bool(row["marks"] & INITIAL),
            "mss": bool(row["marks"] & MSS),
        }
        for row in rows
        if row["record"] == "confirmed"
    ]


def fvg(rows: Records) -> Records:
    found = []
    for born in (row for row in rows if row["record"] == "confirmed"):
        serial = born["serial"]
        deepest = max(row["fill"] for row in rows if row["serial"] == serial)
        found.append(
            {
                "dir": born["direction"],
                "bottom": born["bottom"],
                "top": born["top"],
                "formed_at": born["formed"],
                "confirmed_at": born["confirmed"],
                "tapped_at": first(rows, serial, "tapped"),
                "ce_at": first(rows, serial, "ce"),
                "filled_at": first(rows, serial, "filled"),
                "fill": deepest / (born["top"] - born["bottom"]),
                "invalidated_at": first(rows, serial, "invalidated"),
            }
        )
    return found


SHAPES: dict[str, tuple[str, Callable[[Records], Any]]] = {
    "swings": ("swing", swings),
    "displacement": ("displacement", displacement),
    "structure": ("structure", structure),
    "fvg": ("fvg", fvg),
}


@pytest.mark.jit_off
@pytest.mark.parametrize(("vector", "stream"), CASES)
def test_reproduces_the_hand_computed_vector(
    vector: str, stream: str, build: Callable[..., Bars], records: Callable[..., Records]
) -> None:
    given = VECTORS[vector]
    params = given.get("params", {})
    ours = {
        "left": params.get("L", 1),
        "right": params.get("R", 1),
        "atr_length": params.get("atr_len", 3),
        "displacement_lookback": params.get("disp_lookback", 3),
    }
    name, shape = SHAPES[stream]
    found = shape(records(name, build(given["bars"]), ours))
    expected = given["expect"][stream]
    if stream == "displacement":
        assert found == expected
        return
    assert len(found) == len(expected)
    for have, want in zip(found, expected, strict=True):
        assert {key: have[key] for key in want} == want
