"""The compiled calls know every feature, and are what the script writes."""

import ast
import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ictcli.detectors.plan import Settings
from ictcli.features.fused import fed, plain
from ictcli.features.live import LiveRow
from ictcli.features.matrix import FeatureStream, build
from ictcli.features.registry import FEATURES, SETS, FeatureSet
from ictcli.features.wiring import wire_features
from tests.features.worlds import QUARTER, read_bars, wandering

SETTINGS = Settings(QUARTER)


def script() -> ModuleType:
    """scripts/fuse_features.py, which writes the calls."""
    path = Path(__file__).parents[2] / "scripts" / "fuse_features.py"
    spec = spec_from_file_location("fuse_features", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_compiled_calls_are_what_the_script_writes() -> None:
    """When this fails: python scripts/fuse_features.py, then ruff check --fix and ruff format on ictcli."""
    for path, text in script().texts().items():
        written = path.read_text(encoding="utf-8")
        assert ast.dump(ast.parse(written)) == ast.dump(ast.parse(text)), path.name


def test_the_compiled_calls_know_every_feature() -> None:
    known = {*(plain.STATE.names or ()), *(fed.STATE.names or ())}
    assert set(FEATURES) <= known


@pytest.mark.parametrize("name", list(SETS))
def test_every_set_is_pushed_by_the_compiled_calls(name: str) -> None:
    features = SETS[name].features
    assert LiveRow.fits(features, wire_features(features, SETTINGS).plan)


@pytest.mark.jit_off
def test_what_is_not_registered_is_pushed_as_a_batch_of_one() -> None:
    bars = wandering(80, 1)
    other = replace(FEATURES["rsi"], version=2)
    features = FeatureSet("other", "", (FEATURES["candle"], other))
    assert not LiveRow.fits(features.features, wire_features(features.features, SETTINGS).plan)
    stream = FeatureStream(features, SETTINGS)
    found = np.array([stream.push(bars, at).copy() for at in range(80)])
    assert found.tobytes() == build(features, bars, SETTINGS).values.tobytes()


@pytest.mark.jit_off
def test_a_feature_twice_in_a_row_is_pushed_as_a_batch_of_one() -> None:
    bars = wandering(60, 2)
    twice = FeatureSet("twice", "", (FEATURES["rsi"], FEATURES["rsi"]))
    stream = FeatureStream(twice, SETTINGS)
    found = np.array([stream.push(bars, at).copy() for at in range(60)])
    assert found.tobytes() == build(twice, bars, SETTINGS).values.tobytes()


@pytest.mark.jit_off
def test_push_writes_what_batch_writes_with_and_without_the_compiler() -> None:
    bars = wandering(140, 3)
    stream = FeatureStream(SETS["core26"], SETTINGS)
    found = np.array([stream.push(bars, at).copy() for at in range(140)])
    assert found.tobytes() == build(SETS["core26"], bars, SETTINGS).values.tobytes()


@pytest.mark.jit_off
def test_push_writes_what_batch_writes_for_every_feature() -> None:
    bars = wandering(60, 5)
    everything = FeatureSet("everything", "", tuple(FEATURES.values()))
    stream = FeatureStream(everything, SETTINGS)
    found = np.array([stream.push(bars, at).copy() for at in range(60)])
    assert found.tobytes() == build(everything, bars, SETTINGS).values.tobytes()


def test_push_writes_what_batch_writes_where_some_detectors_cannot_run() -> None:
    """On bars of a day there are no sessions and no higher bars to listen to."""
    settings = Settings(96 * QUARTER)
    bars = wandering(300, 4)
    stream = FeatureStream(SETS["all"], settings)
    found = np.array([stream.push(bars, at).copy() for at in range(300)])
    assert found.tobytes() == build(SETS["all"], bars, settings).values.tobytes()


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "digits", "minutes"),
    [("XAUUSD_M15_ftmo", 2, 15), ("EURUSD_M1_histdata202306", 5, 1), ("BTCUSDC_M1_kraken", 2, 1)],
)
def test_live_rows_are_the_batch_rows_on_real_bars(
    name: str, digits: int, minutes: int, real_data: Path, proof_facts: dict[str, object]
) -> None:
    """Every registered feature over more than 100,000 bars in all, a checkpoint in the middle of each."""
    bars = read_bars(real_data / "bars" / f"{name}.parquet", digits, minutes)
    settings = Settings(minutes * 60 * 10**9)
    everything = FeatureSet("everything", "", tuple(FEATURES.values()))
    wanted = build(everything, bars, settings).values
    stream = FeatureStream(everything, settings)
    for at in range(len(bars)):
        if at == len(bars) // 2:
            stream = FeatureStream(everything, settings, stream.save())
        assert stream.push(bars, at).tobytes() == wanted[at].tobytes(), at
    assert np.isfinite(wanted).all()
    proof_facts.update(bars=len(bars), columns=wanted.shape[1])
