"""A matrix is computed once, and nothing but that matrix is ever taken for it."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.features import cache, matrix
from ictcli.features.cache import FeatureCache, matrix_name
from ictcli.features.matrix import Matrix
from ictcli.features.registry import SETS, FeatureSet
from ictcli.kernels import kernel_sources
from tests.features.ict.listening import wandering

TIME = SETS["time"]
SPAN = (None, None)
SETTINGS = Settings(NS_PER_MINUTE)
BARS = wandering(400, 1)
PACKAGE = Path(cache.__file__).parents[1]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sets that were built since."""
    calls: list[str] = []
    build = matrix.build

    def counted(features: FeatureSet, *given: Any) -> Matrix:
        calls.append(features.name)
        return build(features, *given)

    monkeypatch.setattr(matrix, "build", counted)
    return calls


def ask(folder: Path, **changed: Any) -> tuple[Matrix, bool]:
    most = changed.pop("most_bytes", cache.MOST_BYTES)
    warn = changed.pop("warn", cache.unheard)
    given = {"features": TIME, "content": "c", "span": SPAN, "bars": BARS, "settings": SETTINGS, **changed}
    return FeatureCache(folder, most, warn).matrix(**given)


def test_the_same_question_is_computed_once(tmp_path: Path, built: list[str]) -> None:
    first, cached = ask(tmp_path)
    again, cached_again = ask(tmp_path)
    assert (cached, cached_again, built) == (False, True, ["time"])
    assert again.values.tobytes() == first.values.tobytes()
    assert (again.names, again.warmup) == (first.names, first.warmup) == (TIME.names, 300)
    assert np.array_equal(again.known_at, first.known_at)
    again.values[0, 0] = 7.0  # what was loaded belongs to the caller


def other_bars(name: str) -> Any:
    column = getattr(BARS, name).copy()
    column[-1] += 1
    return replace(BARS, **{name: column})


@pytest.mark.parametrize(
    "changed",
    [
        {"content": "d"},
        {"span": (0, None)},
        {"span": (None, 0)},
        {"features": SETS["core26"]},
        {"settings": Settings(NS_PER_HOUR)},
        {"settings": Settings(NS_PER_MINUTE, always_open=True)},
        {"bars": BARS.slice(0, 399)},
        {"bars": BARS.rescaled(3)},
        *({"bars": other_bars(name)} for name in ("ts", "ts_close", "high", "tick_volume", "spread")),
    ],
)
def test_another_question_has_another_name(changed: dict[str, Any]) -> None:
    given: Any = {"features": TIME, "content": "c", "span": SPAN, "bars": BARS, "settings": SETTINGS}
    assert matrix_name(**{**given, **changed}) != matrix_name(**given)


def test_parameters_of_detectors_that_are_heard_belong_to_the_name() -> None:
    given: Any = {"content": "c", "span": SPAN, "bars": BARS}
    changed = Settings(NS_PER_MINUTE, overrides={"fvg": {"max_active": 5}})
    names = [matrix_name(SETS["ict"], settings=one, **given) for one in (SETTINGS, changed)]
    assert names[0] != names[1]
    deaf = [matrix_name(TIME, settings=one, **given) for one in (SETTINGS, changed)]
    assert deaf[0] == deaf[1]


def test_the_code_of_every_feature_and_detector_belongs_to_the_name() -> None:
    sources = set(kernel_sources(PACKAGE, PACKAGE / "features" / "matrix.py"))
    steps = {
        path
        for room in ("features", "detectors")
        for path in (PACKAGE / room).rglob("*.py")
        if "\ndef step(" in path.read_text(encoding="utf-8")
    }
    assert len(steps) > 70
    assert steps <= sources


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_file_with_any_byte_changed_is_computed_again_and_replaced(tmp_path: Path) -> None:
    first, _ = ask(tmp_path)
    path = only_file(tmp_path)
    sound = path.read_bytes()
    for at in [*range(0, 130, 7), 500, len(sound) // 2, len(sound) - 1]:
        damaged = bytearray(sound)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        again, cached = ask(tmp_path)
        assert not cached
        assert again.values.tobytes() == first.values.tobytes()
        assert only_file(tmp_path).read_bytes() == sound


@pytest.mark.parametrize("cut", [0, 10, 100, 5000, -8, -1])
def test_a_file_of_another_length_is_computed_again(tmp_path: Path, cut: int) -> None:
    ask(tmp_path)
    path = only_file(tmp_path)
    sound = path.read_bytes()
    path.write_bytes(sound[:cut])
    assert not ask(tmp_path)[1]
    path.write_bytes(sound + b"x")
    assert not ask(tmp_path)[1]
    assert ask(tmp_path)[1]


def test_the_matrix_of_another_question_is_not_believed(tmp_path: Path) -> None:
    """Same shape, sound hash, wrong name."""
    ask(tmp_path, content="d")
    wrong = only_file(tmp_path)
    name = matrix_name(TIME, "c", SPAN, BARS, SETTINGS)
    wrong.rename(tmp_path / f"{name}{cache.SUFFIX}")
    assert not ask(tmp_path)[1]


def test_what_was_used_last_stays(tmp_path: Path) -> None:
    size = 130 + 8 * 400 * 11
    for age, content in ((300, "a"), (200, "b"), (100, "c")):
        ask(tmp_path, content=content, most_bytes=10 * size)
        path = tmp_path / f"{matrix_name(TIME, content, SPAN, BARS, SETTINGS)}{cache.SUFFIX}"
        then = path.stat().st_mtime_ns - age * 10**9
        os.utime(path, ns=(then, then))
    assert ask(tmp_path, content="a")[1]  # used again, so b is now the oldest
    ask(tmp_path, content="d", most_bytes=3 * size)
    assert [ask(tmp_path, content=content, most_bytes=10 * size)[1] for content in "acdb"] == [
        *(True, True, True),
        False,
    ]


def test_the_matrix_just_written_stays_even_when_it_is_too_large(tmp_path: Path) -> None:
    ask(tmp_path, content="a", most_bytes=10)
    ask(tmp_path, content="b", most_bytes=10)
    assert ask(tmp_path, content="b", most_bytes=10)[1]
    assert len(list(tmp_path.iterdir())) == 1


def test_drafts_of_writers_that_died_go_after_an_hour(tmp_path: Path) -> None:
    old, fresh, foreign = (tmp_path / name for name in (".tmp-1-a", ".tmp-2-b", "notes.txt"))
    for path in (old, fresh, foreign):
        path.write_bytes(b"half")
    then = old.stat().st_mtime_ns - 2 * 3600 * 10**9
    os.utime(old, ns=(then, then))
    os.utime(foreign, ns=(then, then))
    ask(tmp_path, most_bytes=1)
    assert not old.exists()
    assert fresh.exists()
    assert foreign.exists()


def test_a_folder_that_cannot_be_made_costs_a_warning_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    heard: list[str] = []
    found, cached = ask(tmp_path / "file" / "cache", warn=heard.append)
    assert not cached
    assert found.values.tobytes() == ask(tmp_path / "sound")[0].values.tobytes()
    (line,) = heard
    assert line.startswith("features are not kept in")
    assert "directory" in line.lower()


def test_a_disk_without_room_costs_a_warning_and_nothing_else(tmp_path: Path) -> None:
    """A file-size limit refuses the write as a full disk does, in the middle of it."""
    resource = pytest.importorskip("resource", reason="limits on files are not known here")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard: list[str] = []
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        found, cached = ask(tmp_path, warn=heard.append)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (cached, len(found.values), len(heard)) == (False, len(BARS), 1)
    assert list(tmp_path.iterdir()) == []
    assert not ask(tmp_path)[1]
    assert ask(tmp_path)[1]


def test_an_empty_series_has_an_empty_matrix(tmp_path: Path) -> None:
    none = BARS.slice(0, 0)
    assert ask(tmp_path, bars=none)[0].values.shape == (0, 11)
    found, cached = ask(tmp_path, bars=none)
    assert cached
    assert found.values.shape == (0, 11)
