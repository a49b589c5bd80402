"""Both directions of one worked example."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from ictcli.detectors.base.events import NO_BAR, PARENT
from ictcli.detectors.detector import Detector
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars

Story = list[tuple[int, str, int]]
Told = Callable[..., list[dict[str, Any]]]


@pytest.fixture(params=[1, -1], ids=["bull", "bear"])
def told(
    request: pytest.FixtureRequest,
    build: Callable[..., Bars],
    records: Callable[..., list[dict[str, Any]]],
) -> Told:
    """Records of a detector over rows, or over negated rows and then negated back, with its own columns."""
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
        found = [{**row, **own_columns(DETECTORS[name], row, sign)} for row in found]
        if sign > 0:
            return found
        return [
            {**row, "direction": -row["direction"], "bottom": -row["top"], "top": -row["bottom"]}
            for row in found
        ]

    return run


def own_columns(detector: Detector, row: dict[str, Any], sign: int) -> dict[str, Any]:
    """A detector's extras by name, with prices and signs as before the negation."""
    found: dict[str, Any] = {}
    for extra in detector.extras:
        if extra.kind == "flag":
            found[extra.name] = bool(row["marks"] & extra.slot)
        elif extra.kind == "ratio":
            found[extra.name] = row["ratio"][extra.slot]
        elif extra.kind != "id":
            negated = extra.kind in ("price", "twice", "signed")
            found[extra.name] = int(row["extra"][extra.slot]) * (sign if negated else 1)
    return found


@pytest.fixture(scope="session")
def story() -> Callable[..., Story]:
    """Serial, record and bar of every record, or of those of one object."""

    def brief(rows: list[dict[str, Any]], serial: int | None = None) -> Story:
        return [
            (row["serial"], row["record"], row["at"])
            for row in rows
            if serial is None or row["serial"] == serial
        ]

    return brief


@pytest.fixture(scope="session")
def parents() -> Callable[[dict[str, Any]], list[tuple[int, int]]]:
    """Feed number and serial of the parents of a record."""

    def brief(row: dict[str, Any]) -> list[tuple[int, int]]:
        names = PARENT.names or ()
        found = [dict(zip(names, parent, strict=True)) for parent in row["parent"].tolist()]
        return [(one["feed"], one["serial"]) for one in found if one["feed"] != NO_BAR]

    return brief


@pytest.fixture(scope="session")
def bands() -> Callable[..., list[tuple[int, ...]]]:
    """Direction, edges, anchor and confirmation of every object."""

    def brief(rows: list[dict[str, Any]]) -> list[tuple[int, ...]]:
        names = ("direction", "bottom", "top", "formed", "confirmed")
        return [tuple(row[name] for name in names) for row in rows if row["record"] == "confirmed"]

    return brief
