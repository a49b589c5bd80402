"""Both directions of one worked example."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from ictcli.market.bars import Bars

Told = Callable[..., list[dict[str, Any]]]


@pytest.fixture(params=[1, -1], ids=["bull", "bear"])
def told(
    request: pytest.FixtureRequest,
    build: Callable[..., Bars],
    records: Callable[..., list[dict[str, Any]]],
) -> Told:
    """Records of a detector over rows, or over negated rows and then negated back."""
    sign: int = request.param

    def run(
        name: str,
        rows: Sequence[Sequence[int]],
        params: Mapping[str, Any] | None = None,
        minutes: Sequence[float] | None = None,
    ) -> list[dict[str, Any]]:
        if sign < 0:
            rows = [(-opened, -low, -high, -close) for opened, high, low, close in rows]
        found = records(name, build(rows, minutes), params)
        return found if sign > 0 else [negated(row) for row in found]

    return run


def negated(row: dict[str, Any]) -> dict[str, Any]:
    prices = {"bottom": -row["top"], "top": -row["bottom"], "origin_level": -row["origin_level"]}
    return {**row, "direction": -row["direction"], **prices}


@pytest.fixture(scope="session")
def story() -> Callable[..., list[tuple[int, str, int]]]:
    """Serial, record and bar of every record, or of those of one object."""

    def brief(rows: list[dict[str, Any]], serial: int | None = None) -> list[tuple[int, str, int]]:
        return [(row["serial"], row["record"], row["at"]) for row in rows if serial in (None, row["serial"])]

    return brief
