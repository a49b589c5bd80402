"""Bars at New York times, and runs of plans over them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Settings, make_plan, title
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars
from ictcli.market.zones import NEW_YORK

Row = Sequence[int]


def instant(text: str) -> int:
    """Nanoseconds UTC of a New York time, or of a UTC time that ends in Z."""
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=NEW_YORK)
    return int(stamp.timestamp()) * 10**9


def _bars(rows: Sequence[Row], opens: Sequence[int], minutes: int) -> Bars:
    prices = np.array(rows, np.int64).reshape(-1, 4)
    ts = np.array(opens, np.int64)
    columns = tuple(np.ascontiguousarray(prices[:, at]) for at in range(4))
    return make_bars(2, ts, ts + minutes * NS_PER_MINUTE, (columns[0], columns[1], columns[2], columns[3]))


@pytest.fixture(scope="session")
def at() -> Callable[[str], int]:
    """The instant of a New York time."""
    return instant


@pytest.fixture(scope="session")
def bars_at() -> Callable[..., Bars]:
    """Bars from pairs of a New York time and a row of open, high, low, close."""

    def make(pairs: Sequence[tuple[str, Row]], minutes: int = 60) -> Bars:
        return _bars([row for _, row in pairs], [instant(text) for text, _ in pairs], minutes)

    return make


@pytest.fixture(scope="session")
def bars_from() -> Callable[..., Bars]:
    """Bars one after another from a New York time on."""

    def make(first: str, rows: Sequence[Row], minutes: int = 60) -> Bars:
        opens = [instant(first) + i * minutes * NS_PER_MINUTE for i in range(len(rows))]
        return _bars(rows, opens, minutes)

    return make


@pytest.fixture(scope="session")
def found() -> Callable[..., list[dict[str, Any]]]:
    """All records of one detector over bars of some minutes, with record name and label text."""

    def run(
        name: str,
        bars: Bars,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        minutes: int = 60,
        always_open: bool = False,
        atr_length: int = 14,
    ) -> list[dict[str, Any]]:
        overrides = {
            title(one, layer): (params or {}).get(one, {})
            for one, known in DETECTORS.items()
            for layer in known.layers
        }
        settings = Settings(minutes * NS_PER_MINUTE, always_open, atr_length, overrides)
        plan = make_plan([DETECTORS[name]], DETECTORS, settings)
        logs = advance(plan, start(plan), bars)
        events = next(log for node, log in zip(plan.nodes, logs, strict=True) if node.detector.name == name)
        rows = [dict(zip(events.dtype.names or (), row.tolist(), strict=True)) for row in events]
        labels = DETECTORS[name].labels
        return [
            {
                **row,
                "record": RECORD_NAMES[row["record"]],
                "label": labels.get((row["direction"], row["label"]), ""),
                "extra": row["extra"].tolist(),
                "ratio": row["ratio"].tolist(),
            }
            for row in rows
        ]

    return run
