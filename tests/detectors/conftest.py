"""Bars and runs for detector tests."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Plan, Settings, make_plan, title
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars
from tests.detectors.adversarial import read_bars

Row = tuple[int, int, int, int]
_PARAMETERS = {
    name: {field.name for field in msgspec.structs.fields(known.params)} for name, known in DETECTORS.items()
}


def _build(rows: Sequence[Sequence[int]], minutes: Sequence[float] | None = None) -> Bars:
    prices = np.array(rows, np.int64).reshape(-1, 4)
    opens = np.arange(len(prices)) if minutes is None else np.array(minutes)
    ts = (opens * NS_PER_MINUTE).astype(np.int64)
    columns = tuple(np.ascontiguousarray(prices[:, at]) for at in range(4))
    return make_bars(2, ts, ts + NS_PER_MINUTE, (columns[0], columns[1], columns[2], columns[3]))


@pytest.fixture(scope="session")
def build() -> Callable[..., Bars]:
    """M1 bars from rows of open, high, low, close in points, at the given minutes (default 0, 1, 2...)."""
    return _build


@pytest.fixture(scope="session")
def records() -> Callable[..., list[dict[str, Any]]]:
    """All records of one detector (``name`` or ``name.layer``) over bars, with the record's name.

    Parameters go to every detector of the plan that has one of that name; ``atr_length`` to the bars.
    """

    def run(name: str, bars: Bars, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        wanted, _, layer = name.partition(".")
        plan = plan_with(DETECTORS[wanted], params or {})
        found = advance(plan, start(plan), bars)
        chosen = (
            rows
            for node, rows in zip(plan.nodes, found, strict=True)
            if node.detector.name == wanted and (not layer or node.layer == layer)
        )
        events = next(iter(chosen))
        rows = [dict(zip(events.dtype.names or (), row.tolist(), strict=True)) for row in events]
        return [{**row, "record": RECORD_NAMES[row["record"]]} for row in rows]

    return run


@pytest.fixture(scope="session")
def plan_for() -> Callable[..., Plan]:
    """The plan of one detector with small parameters given to whoever has them."""
    return plan_with


def plan_with(detector: Detector, params: Mapping[str, Any], bar_ns: int = NS_PER_MINUTE) -> Plan:
    """The plan for one detector with parameters for whoever has them."""
    overrides: dict[str, dict[str, Any]] = {}
    for name, known in DETECTORS.items():
        own = {key: value for key, value in params.items() if key in _PARAMETERS[name]}
        overrides |= {title(name, layer): own for layer in known.layers}
    settings = Settings(bar_ns, atr_length=params.get("atr_length", 14), overrides=overrides)
    return make_plan([detector], DETECTORS, settings, pair=detector.pair)


@pytest.fixture(scope="session")
def real_bars(real_data: Path) -> Bars:
    """Four days of gold, one minute each."""
    return read_bars(real_data / "bars" / "XAUUSD_M1_ftmo.parquet", 2).slice(0, 6000)
