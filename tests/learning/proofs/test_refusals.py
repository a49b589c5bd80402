"""What cannot be learned from, or no longer be served, is refused by name; the registry stays as it was."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_DAY
from ictcli.errors import ConfigError, DataError, ExitCode, IctError
from ictcli.features.matrix import Matrix
from ictcli.market.bars import Bars
from ictcli.models.predictor import load_predictor
from tests.learning.proofs.desk import desk, only_version, registry, trained
from tests.learning.proofs.null_worlds import walk

COUNT = 3_000
QUICK: dict[str, Any] = {"models": ("logistic",), "folds": 3, "calibration": "identity"}


def climbing(bars: Bars) -> Bars:
    """The same bars, each one deviation above where the one before it would have left it."""
    rise = np.arange(len(bars), dtype=np.int64) * 80
    return replace(
        bars,
        open=bars.open + rise,
        high=bars.high + rise,
        low=bars.low + rise,
        close=bars.close + rise,
    )


def torn(bars: Bars) -> Bars:
    """The same bars with 40 days missing in their midst."""
    late = np.where(np.arange(len(bars)) < len(bars) // 2, 0, 42 * NS_PER_DAY)
    return replace(bars, ts=bars.ts + late, ts_close=bars.ts_close + late)


def flat(matrix: Matrix, bars: Bars) -> Any:
    """A feature that never moves."""
    values = matrix.values.copy()
    values[:, matrix.names.index("rsi")] = 0.25
    return values


def undefined(matrix: Matrix, bars: Bars) -> Any:
    """A feature that is not a number on a few bars."""
    values = matrix.values.copy()
    values[700:703, matrix.names.index("rsi")] = np.nan
    return values


def refusal(folder: Path, bars: Bars, plant: Any = None, **plan: Any) -> IctError:
    """What stops a training; nothing is registered."""
    bench = desk(folder, bars, plant)
    before = registry(bench)
    with pytest.raises(IctError) as stopped:
        trained(bench, **(QUICK | plan))
    assert registry(bench) == before
    return stopped.value


def test_a_class_without_events_is_named(tmp_path: Path) -> None:
    found = refusal(tmp_path, climbing(walk(1, COUNT)), label="horizon", horizon=48)
    assert found.code is ExitCode.DATA
    assert "the class 0 is empty" in found.message


def test_a_constant_feature_is_named(tmp_path: Path) -> None:
    found = refusal(tmp_path, walk(1, COUNT), flat)
    assert found.code is ExitCode.DATA
    assert "feature rsi is constant" in found.message


def test_a_feature_that_is_no_number_is_named(tmp_path: Path) -> None:
    found = refusal(tmp_path, walk(1, COUNT), undefined)
    assert found.code is ExitCode.DATA
    assert "feature rsi is not a number in 3 of" in found.message


def test_a_gap_in_time_is_named_with_its_place(tmp_path: Path) -> None:
    found = refusal(tmp_path, torn(walk(1, COUNT)))
    assert found.code is ExitCode.DATA
    assert "no bars for 42.0 days from 2025-03-" in found.message


def test_a_gap_that_is_allowed_is_borne(tmp_path: Path) -> None:
    assert trained(desk(tmp_path, torn(walk(1, COUNT))), most_gap="60d", **QUICK)["verdict"] == "no edge"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"folds": 3, "horizon": 900, "label": "horizon"}, "fold 1 of 3 is too short"),
        ({"folds": 50, "every": 100}, "too few for"),
    ],
)
def test_a_fold_that_is_too_short_is_named(plan: dict[str, Any], words: str, tmp_path: Path) -> None:
    found = refusal(tmp_path, walk(1, COUNT), **plan)
    assert found.code is ExitCode.DATA
    assert words in found.message


def test_a_missing_extra_is_named_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    found = refusal(tmp_path, walk(1, COUNT), models=("logistic", "xgboost"))
    assert isinstance(found, ConfigError)
    assert found.code is ExitCode.CONFIG
    assert 'pip install "ictcli[xgboost]"' in found.hint


def test_features_of_another_set_are_not_served(tmp_path: Path) -> None:
    bench = desk(tmp_path, walk(1, COUNT))
    trained(bench, **QUICK)
    predictor = load_predictor(only_version(bench))
    with pytest.raises(DataError, match="the model takes 26 features, 49 were given"):
        predictor.probabilities(np.zeros((10, 50)), np.arange(10), np.zeros((10, 0)))


def test_a_version_with_one_byte_changed_is_refused_by_the_name_of_the_file(tmp_path: Path) -> None:
    """Every file in turn; those that serving reads stop serving, too."""
    bench = desk(tmp_path, walk(1, COUNT))
    trained(bench, **QUICK)
    version = only_version(bench)
    before = registry(bench)
    (folder,) = bench.models.model_folder(version.card.name).glob("versions/*")
    served = {"preparation.json", "ensemble.json", "calibration.json", "conformal.json"}
    for name in sorted(version.files):
        if name == "card.json":
            continue
        with changed_byte(folder / name):
            with pytest.raises(DataError) as found:
                version.verify()
            assert Path(name).name in found.value.message
            if name in served or name.startswith("members/logistic"):
                with pytest.raises(DataError) as found:
                    load_predictor(version)
                assert Path(name).name in found.value.message
    version.verify()
    assert registry(bench) == before


@contextmanager
def changed_byte(path: Path) -> Iterator[None]:
    """A file with its middle byte changed, for a while."""
    path.chmod(0o600)
    whole = path.read_bytes()
    data = bytearray(whole)
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    yield
    path.write_bytes(whole)


def test_a_missing_package_is_told_before_features_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    bench = desk(tmp_path, walk(1, COUNT))
    before = registry(bench)
    with pytest.raises(ConfigError, match="training lstm needs"):
        trained(bench, **QUICK | {"models": ("logistic", "lstm")})
    assert registry(bench) == before
    assert not list(bench.cache.folder.glob("*"))
