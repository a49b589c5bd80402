"""The blocks of the hand-computed vectors, compared key by key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ictcli.market.bars import Bars

Rows = list[dict[str, Any]]
VECTORS = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}
SHAPES = {"ob": "order_block", "flip_breaker": "flip_breaker", "breaker": "breaker"}
CASES = [
    ("V3_order_block_to_breaker", "ob"),
    ("V3_order_block_to_breaker", "flip_breaker"),
    ("V3_order_block_to_breaker", "breaker"),
    ("V8_model2022_unicorn_bpr", "ob"),
    ("V8_model2022_unicorn_bpr", "breaker"),
    ("V10_flat", "ob"),
    ("V10_flat", "breaker"),
]


def told(rows: Rows) -> Rows:
    """Every zone of a log with the keys of the vectors."""
    when = {(row["serial"], row["record"]): row["at"] for row in rows}
    names = ("tapped", "ce", "filled", "invalidated")
    return [
        {
            "kind": "breaker",
            "dir": row["direction"],
            "idx": row["formed"],
            "bottom": row["bottom"],
            "top": row["top"],
            "mean": row["extra"][0] / 2,
            "confirmed_at": row["confirmed"],
            **{f"{name}_at": when.get((row["serial"], name)) for name in names},
        }
        for row in rows
        if row["record"] == "confirmed"
    ]


@pytest.mark.jit_off
@pytest.mark.parametrize(("vector", "stream"), CASES)
def test_reproduces_the_blocks_of_the_vector(
    vector: str, stream: str, build: Callable[..., Bars], records: Callable[..., Rows]
) -> None:
    given = VECTORS[vector]
    params = {"left": 1, "right": 1, "atr_length": 3}
    found = told(records(f"{SHAPES[stream]}.internal", build(given["bars"]), params))
    expected = given["expect"][stream]
    assert len(found) == len(expected)
    for have, want in zip(found, expected, strict=True):
        assert {key: have[key] for key in want} == want
