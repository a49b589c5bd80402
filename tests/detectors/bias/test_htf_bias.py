"""The higher-timeframe bias against a slow reading that resamples by other means."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import CONFIRMED, SUPERSEDED
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample
from ictcli.market.timeframes import TIMEFRAMES

M15 = 15 * NS_PER_MINUTE
Row = tuple[int, int, int, int]


def bars_at(start_utc: str, rows: list[Row], minutes: int = 60) -> Bars:
    ts = np.datetime64(start_utc, "ns").astype(np.int64) + np.arange(len(rows)) * minutes * NS_PER_MINUTE
    prices = np.array(rows, np.int64).reshape(-1, 4)
    columns = tuple(np.ascontiguousarray(prices[:, at]) for at in range(4))
    length = minutes * NS_PER_MINUTE
    return make_bars(2, ts, ts + length, (columns[0], columns[1], columns[2], columns[3]))


def biases(bars: Bars, length: int, layer: str, **params: int) -> list[dict[str, Any]]:
    """Bar, direction and readings of every change of one layer's bias."""
    settings = Settings(length, overrides={f"htf_bias.{layer}": params})
    plan = make_plan([DETECTORS["htf_bias"]], DETECTORS, settings)
    at = next(at for at, node in enumerate(plan.nodes) if node.layer == layer)
    found = advance(plan, start(plan), bars)[at]
    assert np.count_nonzero(found["record"] == SUPERSEDED) == max(
        np.count_nonzero(found["record"] == CONFIRMED) - 1, 0
    )
    return [
        {"at": int(row["at"]), "bias": int(row["direction"]), "readings": row["extra"][:4].tolist()}
        for row in found
        if row["record"] == CONFIRMED
    ]


ONLY_DAY = {"structure_weight": 0, "range_weight": 0, "open_weight": 0}
FIRST = (100, 110, 90, 100)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ((100, 112, 95, 111), 1),  # closed above the day before
        ((100, 105, 85, 89), -1),
        ((100, 112, 95, 110), -1),  # only wicked above: the close on the high is not above it
        ((100, 105, 85, 90), 1),
        ((100, 112, 85, 100), 0),  # both wicked
        ((100, 110, 90, 100), 0),  # inside: keeps the reading of the start
    ],
)
def test_the_day_reading_compares_the_last_complete_day_with_the_one_before(
    second: Row, expected: int
) -> None:
    """Days roll at 21:00 UTC in June; the third day's first bar is the first that may know the second."""
    quiet = (second[3], second[3], second[3], second[3])
    rows = [FIRST] * 24 + [second] * 24 + [quiet]
    found = biases(bars_at("2025-06-09T21:00", rows), 60 * NS_PER_MINUTE, "H4", **ONLY_DAY)
    assert [(one["at"], one["bias"]) for one in found] == ([(48, expected)] if expected else [])


@pytest.mark.jit_off
def test_an_inside_day_keeps_the_reading_before_it() -> None:
    days = [FIRST, (100, 112, 95, 111), (111, 111, 100, 105), (105, 105, 105, 105)]
    rows = [row for row in days for _ in range(24)]
    found = biases(bars_at("2025-06-09T21:00", rows), 60 * NS_PER_MINUTE, "H4", **ONLY_DAY)
    assert [(one["at"], one["bias"]) for one in found] == [(48, 1)]


@pytest.mark.jit_off
def test_below_the_midnight_open_is_a_discount() -> None:
    """New York midnight is 04:00 UTC in June: bar 7. Only then is the open known."""
    only = {"structure_weight": 0, "day_weight": 0, "range_weight": 0}
    rows = [(100, 101, 99, 99)] * 7 + [(100, 101, 99, 100), (100, 100, 99, 99), (99, 102, 99, 101)]
    found = biases(bars_at("2025-06-09T21:00", rows), 60 * NS_PER_MINUTE, "H4", **only)
    assert [(one["at"], one["bias"]) for one in found] == [(8, 1), (9, -1)]


@pytest.mark.jit_off
def test_the_lower_half_of_the_range_is_a_discount_and_its_middle_is_neither() -> None:
    only = {"structure_weight": 0, "day_weight": 0, "open_weight": 0, "range_days": 2}
    days = [(100, 110, 95, 100), (100, 105, 90, 100)]
    rows = [row for row in days for _ in range(24)]
    rows += [(100, 100, 100, 100), (100, 100, 99, 99), (99, 101, 99, 101)]
    found = biases(bars_at("2025-06-09T21:00", rows), 60 * NS_PER_MINUTE, "H4", **only)
    assert [(one["at"], one["bias"]) for one in found] == [(49, 1), (50, -1)]


def test_a_sum_below_a_quarter_of_the_weights_is_no_bias() -> None:
    rows = [row for row in [FIRST, (100, 112, 95, 111), (111, 111, 111, 111)] for _ in range(24)]
    bars = bars_at("2025-06-09T21:00", rows)
    for weight, expected in ((9, 1), (10, 0)):  # 3 of 12, then 3 of 13
        weights = {"day_weight": 3, "structure_weight": weight, "range_weight": 0, "open_weight": 0}
        found = biases(bars, 60 * NS_PER_MINUTE, "H4", **weights)
        assert [one["bias"] for one in found] == ([expected] if expected else [])


@pytest.mark.parametrize(("layer", "bar_ns"), [("H1", NS_PER_HOUR), ("H4", 4 * NS_PER_HOUR)])
def test_bars_as_long_as_the_higher_ones_are_refused(layer: str, bar_ns: int) -> None:
    plan: Plan = make_plan([DETECTORS["htf_bias"]], DETECTORS, Settings(bar_ns))
    assert "needs bars shorter" in plan.refused[f"htf_bias.{layer}"]


@pytest.mark.parametrize("layer", ["H1", "H4", "D1"])
def test_structure_is_that_of_resampled_bars_known_by_then(layer: str, real_data: Path) -> None:
    cal = calendar("fx")
    table = pq.read_table(real_data / "bars" / "XAUUSD_M15_ftmo.parquet")
    bars = read(table)
    higher = resample(bars, TIMEFRAMES[layer], cal)
    params = {"left": 2, "right": 2}
    overrides: dict[str, dict[str, Any]] = {"swing.internal": params}
    plan = make_plan([DETECTORS["structure"]], DETECTORS, Settings(1, overrides=overrides))
    at = next(at for at, node in enumerate(plan.nodes) if node.title == "structure.internal")
    breaks = advance(plan, start(plan), higher)[at]
    breaks = breaks[breaks["record"] == CONFIRMED]
    known = np.searchsorted(breaks["confirmed_ts"], bars.ts_close, side="right") - 1
    expected = np.where(known >= 0, breaks["direction"][known], 0)
    only = {"day_weight": 0, "range_weight": 0, "open_weight": 0}
    found = biases(bars, M15, layer, **only)
    ours = np.zeros(len(bars), np.int64)
    for one in found:
        ours[one["at"] :] = one["bias"]
    assert len(found) > 5
    assert np.flatnonzero(ours != expected).tolist() == []


def test_readings_do_not_change_when_later_bars_do(real_data: Path) -> None:
    """P15: whatever follows the last complete higher bar, the readings before it stay."""
    bars = read(pq.read_table(real_data / "bars" / "EURUSD_M15_brokerB.parquet").slice(0, 3000))
    cut = 2500
    prices = [getattr(bars, name).copy() for name in ("open", "high", "low", "close")]
    for column in prices:
        column[cut:] += 500
    other = make_bars(bars.digits, bars.ts, bars.ts_close, (prices[0], prices[1], prices[2], prices[3]))
    before = [one for one in biases(bars, M15, "H4") if one["at"] < cut]
    assert before == [one for one in biases(other, M15, "H4") if one["at"] < cut]


def read(table: Any) -> Bars:
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [
        np.rint(table[name].to_numpy() * 1e5).astype(np.int64) for name in ("open", "high", "low", "close")
    ]
    return make_bars(5, ts, ts + M15, (prices[0], prices[1], prices[2], prices[3]))
