"""The sweep: every registered detector must honour P1 to P5 on adversarial bars and on real ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import arrays, collect, push
from ictcli.detectors.events import EVENT, MOST_PER_BAR
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.verification import one_by_one, verify
from ictcli.market.bars import Bars, make_bars
from ictcli.market.timeframes import TIMEFRAMES

M1 = TIMEFRAMES["M1"]
SMALL: dict[str, st.SearchStrategy[Any]] = {
    "left": st.integers(1, 3),
    "right": st.integers(1, 3),
    "atr_length": st.integers(2, 4),
    "max_active": st.integers(1, 4),
    "max_age": st.sampled_from([0, 1, 5]),
    "min_size_atr": st.sampled_from([0.0, 0.25]),
    "range_atr": st.sampled_from([0.5, 1.0, 1.5]),
    "body_share": st.sampled_from([0.3, 0.6]),
    "displacement_lookback": st.integers(1, 3),
    "layer": st.just("internal"),
}
MOVE = st.tuples(st.integers(-6, 6), st.integers(-6, 6), st.integers(0, 4), st.integers(0, 4))
"""Gap from the last close to the open, open to close, upper wick, lower wick: ties, gaps, zero ranges."""


@st.composite
def adversarial_bars(draw: st.DrawFn) -> Bars:
    rows = []
    price = 1000
    for jump, body, above, below in draw(st.lists(MOVE, max_size=60)):
        opened = price + draw(st.sampled_from([0, 0, jump]))
        price = opened + body
        rows.append((opened, max(opened, price) + above, min(opened, price) - below, price))
    prices = np.array(rows, np.int64).reshape(-1, 4)
    pauses = draw(st.lists(st.sampled_from([1, 1, 1, 2, 600]), min_size=len(rows), max_size=len(rows)))
    ts = np.cumsum(np.array(pauses, np.int64)) * NS_PER_MINUTE
    opens, highs, lows, closes = (np.ascontiguousarray(prices[:, at]) for at in range(4))
    return make_bars(2, ts, ts + NS_PER_MINUTE, (opens, highs, lows, closes))


def small_params(detector: Detector) -> st.SearchStrategy[msgspec.Struct]:
    """Small parameters, so that few bars reach every rule; a new parameter must be added to SMALL."""
    names = [field.name for field in msgspec.structs.fields(detector.params)]
    return st.builds(detector.params, **{name: SMALL[name] for name in names})


def log(detector: Detector, params: msgspec.Struct, bars: Bars) -> NDArray[np.void]:
    return collect(detector, detector.init_state(params, M1.ns), bars)


def with_prices(bars: Bars, change: Callable[[Any], Any], *, swap: bool = False) -> Bars:
    high, low = (bars.low, bars.high) if swap else (bars.high, bars.low)
    return replace(bars, open=change(bars.open), high=change(high), low=change(low), close=change(bars.close))


def without_serial(events: NDArray[np.void]) -> list[tuple[Any, ...]]:
    names = [name for name in EVENT.names or () if name != "serial"]
    return sorted(tuple(row) for row in events[names].tolist())


@pytest.fixture(params=DETECTORS.values(), ids=list(DETECTORS))
def detector(request: pytest.FixtureRequest) -> Detector:
    """Every registered detector: one cannot be registered without being swept."""
    found: Detector = request.param
    return found


sweep = pytest.mark.parametrize("name", list(DETECTORS))


@sweep
@given(data=st.data())
def test_a_prefix_knows_exactly_what_the_full_run_knew_by_then(name: str, data: st.DataObject) -> None:
    detector = DETECTORS[name]
    bars, params = data.draw(adversarial_bars()), data.draw(small_params(detector))
    full = log(detector, params, bars)
    for known in range(len(bars) + 1):
        prefix = log(detector, params, bars.slice(0, known))
        assert prefix.tobytes() == full[full["at"] < known].tobytes()


@sweep
@given(data=st.data())
def test_one_bar_at_a_time_with_a_restart_equals_batch_bit_for_bit(name: str, data: st.DataObject) -> None:
    detector = DETECTORS[name]
    bars, params = data.draw(adversarial_bars()), data.draw(small_params(detector))
    restart = data.draw(st.integers(0, len(bars)))
    batch_state = detector.init_state(params, M1.ns)
    batch = collect(detector, batch_state, bars)
    state = detector.init_state(params, M1.ns)
    before = one_by_one(detector, state, bars, 0, restart)
    state = detector.restore(state.tobytes())
    after = one_by_one(detector, state, bars, restart, len(bars))
    assert before.tobytes() + after.tobytes() == batch.tobytes()
    assert state.tobytes() == batch_state.tobytes()


@sweep
@given(data=st.data())
def test_negated_bars_give_the_negated_events(name: str, data: st.DataObject) -> None:
    detector = DETECTORS[name]
    bars, params = data.draw(adversarial_bars()), data.draw(small_params(detector))
    mirrored = log(detector, params, with_prices(bars, np.negative, swap=True))
    expected = log(detector, params, bars)
    bottom = expected["bottom"].copy()
    expected["bottom"], expected["top"] = -expected["top"], -bottom
    expected["origin_level"] *= -1
    expected["direction"] *= -1
    assert without_serial(mirrored) == without_serial(expected)


@sweep
@given(data=st.data(), power=st.integers(1, 12))
def test_doubled_prices_give_doubled_levels_at_the_same_bars(
    name: str, data: st.DataObject, power: int
) -> None:
    detector = DETECTORS[name]
    bars, params = data.draw(adversarial_bars()), data.draw(small_params(detector))
    factor = 2**power
    scaled = log(detector, params, with_prices(bars, lambda price: price * factor))
    expected = log(detector, params, bars)
    for column in ("bottom", "top", "origin_level", "fill"):
        expected[column] *= factor
    assert scaled.tobytes() == expected.tobytes()


@sweep
@given(data=st.data(), shift=st.integers(-5000, 5000))
def test_shifted_prices_give_shifted_levels_at_the_same_bars(
    name: str, data: st.DataObject, shift: int
) -> None:
    detector = DETECTORS[name]
    bars, params = data.draw(adversarial_bars()), data.draw(small_params(detector))
    moved = log(detector, params, with_prices(bars, lambda price: price + shift))
    expected = log(detector, params, bars)
    for column in ("bottom", "top"):
        expected[column] += shift
    expected["origin_level"][expected["origin"] >= 0] += shift
    assert moved.tobytes() == expected.tobytes()


@sweep
@given(data=st.data())
def test_records_of_one_object_only_move_forward(name: str, data: st.DataObject) -> None:
    detector = DETECTORS[name]
    bars, params = data.draw(adversarial_bars()), data.draw(small_params(detector))
    events = log(detector, params, bars)
    assert (np.diff(events["at"]) >= 0).all()
    assert (events["formed"] <= events["confirmed"]).all()
    assert (events["confirmed"] <= events["at"]).all()
    for serial in np.unique(events["serial"]):
        own = events[events["serial"] == serial]
        assert own["record"][0] == 0
        assert (np.diff(own["record"]) > 0).all()
        assert (np.diff(own["fill"]) >= 0).all()


def test_where_the_batch_loop_is_interrupted_does_not_matter(detector: Detector, real_bars: Bars) -> None:
    bars = real_bars.slice(0, 500)
    state = detector.init_state(detector.params(), M1.ns)
    buffer = np.zeros(MOST_PER_BAR, EVENT)
    parts, first = [], 0
    while first < len(bars):
        first, count = detector.run(state[0], buffer, *arrays(bars), first)
        parts.append(buffer[:count].copy())
    assert len(parts) > 10
    assert np.concatenate(parts).tobytes() == log(detector, detector.params(), bars).tobytes()


def test_real_bars_show_no_rewritten_record_and_no_batch_mismatch(real_bars: Bars) -> None:
    found = verify(DETECTORS.values(), real_bars, M1, prefixes=12)
    assert (found.rewritten, found.batch_mismatches, found.first) == (0, 0, None)
    assert found.detectors == tuple(DETECTORS)
    assert found.prefixes == 12 * len(DETECTORS)


@pytest.mark.proof
@pytest.mark.parametrize("name", ["EURUSD_M1_histdata202306", "US100_M5_ftmo", "BTCUSDC_M1_kraken"])
def test_every_thousandth_prefix_of_real_files_is_never_rewritten(name: str, real_data: Path) -> None:
    bars = read_bars(real_data / "bars" / f"{name}.parquet", digits=5 if name.startswith("EUR") else 2)
    found = verify(DETECTORS.values(), bars, M1, prefixes=len(bars) // 1000)
    assert (found.rewritten, found.batch_mismatches) == (0, 0)


def test_a_detector_that_looks_one_bar_ahead_is_caught(real_bars: Bars) -> None:
    honest = DETECTORS["displacement"]

    def peek(state: Any, events: Any, ts: Any, ts_close: Any, *rest: Any) -> tuple[int, int]:
        *prices, first = rest
        shifted = [np.append(column[1:], column[-1:]) for column in prices]
        return honest.run(state, events, ts, ts_close, *shifted, first)

    found = verify([replace(honest, run=peek)], real_bars, M1, prefixes=200)
    assert found.rewritten > 0
    assert found.first is not None
    assert found.first.detector == "displacement"


def test_a_detector_whose_step_differs_from_its_batch_loop_is_caught(real_bars: Bars) -> None:
    honest = DETECTORS["fvg"]

    def off_by_one(state: Any, events: Any, count: int, *bar: Any) -> int:
        *start, close = bar
        return honest.step(state, events, count, *start, close + 1)

    found = verify([replace(honest, step=off_by_one)], real_bars, M1, prefixes=10)
    assert found.rewritten == 0
    assert found.batch_mismatches > 0


def test_a_state_of_another_size_is_not_restored(detector: Detector) -> None:
    with pytest.raises(ValueError, match=f"not a {detector.name} state"):
        detector.restore(b"\0" * 8)


def test_a_restored_state_is_independent_of_the_saved_one(detector: Detector, real_bars: Bars) -> None:
    state = detector.init_state(detector.params(), M1.ns)
    saved = state.tobytes()
    restored = detector.restore(saved)
    push(detector, restored, real_bars, 0, np.zeros(MOST_PER_BAR, EVENT))
    assert restored.tobytes() != saved
    assert state.tobytes() == saved


def read_bars(path: Path, digits: int) -> Bars:
    table = pq.read_table(path)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [table[name].to_numpy() * 10.0**digits for name in ("open", "high", "low", "close")]
    opens, highs, lows, closes = (np.rint(column).astype(np.int64) for column in prices)
    return make_bars(digits, ts, ts + NS_PER_MINUTE, (opens, highs, lows, closes))


@pytest.fixture(scope="session")
def real_bars(real_data: Path) -> Bars:
    """Four days of gold, one minute each."""
    return read_bars(real_data / "bars" / "XAUUSD_M1_ftmo.parquet", 2).slice(0, 6000)
