"""Bars and runs for detector tests."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.drive import collect
from ictcli.detectors.events import RECORD_NAMES
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars

Row = tuple[int, int, int, int]


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
    """All records of one detector over bars, as dictionaries with the record's name."""

    def run(name: str, bars: Bars, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        detector = DETECTORS[name]
        known = {field.name for field in msgspec.structs.fields(detector.params)}
        own = detector.params(**{key: value for key, value in (params or {}).items() if key in known})
        found = collect(detector, detector.init_state(own, NS_PER_MINUTE), bars)
        rows = [dict(zip(found.dtype.names or (), row.tolist(), strict=True)) for row in found]
        return [{**row, "record": RECORD_NAMES[row["record"]]} for row in rows]

    return run
