"""The log of attempts forgets nothing, counts nothing twice, and keeps the newest results."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.learning.trial_log import Attempt, add_attempts, attempts_known, by_day, daily, read_attempts
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from tests.models.sample_models import store_in, stored

ONE = Attempt(key="one", days=[3, 5], returns=[0.1, -0.2])
TWO = Attempt(key="two", days=[5, 6], returns=[0.3, 0.4])


def test_an_attempt_made_again_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "attempts" / "series.jsonl"
    assert add_attempts(path, [ONE], now=1) == [ONE]
    assert add_attempts(path, [ONE, TWO], now=2) == [ONE, TWO]
    assert read_attempts(path) == [ONE, TWO]


def test_a_damaged_log_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "series.jsonl"
    add_attempts(path, [ONE], now=1)
    damaged = path.read_bytes() + b'{"key": "half'
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="is damaged"):
        add_attempts(path, [TWO], now=2)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"key": "a", "days": [1, 2], "returns": [0.1]}', "2 days and 1 results"),
        (b'{"key": "a", "days": [2, 1], "returns": [0.1, 0.2]}', "out of order"),
        (b'{"key": "a", "days": [1, 1], "returns": [0.1, 0.2]}', "out of order"),
        (b'{"key": "a", "days": [1], "returns": [null]}', "Expected"),
    ],
)
def test_lines_that_do_not_fit_together_are_damage(tmp_path: Path, line: bytes, why: str) -> None:
    path = tmp_path / "series.jsonl"
    path.write_bytes(line + b"\n")
    with pytest.raises(DataError, match=why):
        read_attempts(path)


def test_newer_results_of_a_recipe_take_the_place_of_older_ones(tmp_path: Path) -> None:
    path = tmp_path / "series.jsonl"
    old = Attempt(key="one", days=[3, 5, 7, 9], returns=[0.1, 0.2, 0.3, 0.4])
    new = Attempt(key="one", days=[5, 8], returns=[1.0, 2.0])
    add_attempts(path, [old, TWO], now=1)
    merged = Attempt(key="one", days=[3, 5, 8, 9], returns=[0.1, 1.0, 2.0, 0.4])
    assert add_attempts(path, [new], now=2) == [merged, TWO]
    assert read_attempts(path) == [merged, TWO]


def test_what_was_stopped_counts_but_is_compared_with_nothing(tmp_path: Path) -> None:
    path = tmp_path / "series.jsonl"
    stopped = msgspec.structs.replace(ONE, stopped=True)
    kept = add_attempts(path, [stopped, TWO], now=1)
    assert len(kept) == 2
    assert by_day(kept).tolist() == [[0.3], [0.4]]
    assert by_day([stopped]).shape == (0, 0)
    assert add_attempts(path, [ONE], now=2) == [ONE, TWO]


def test_versions_remember_how_many_attempts_there_were(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    series = SeriesKey("ftmo", "XAUUSD", parse_timeframe("M15"))
    assert attempts_known(store, series) == 0
    stored(store, 1, trials=7)
    second = stored(store, 2, trials=31)
    assert attempts_known(store, series) == 31
    assert attempts_known(store, SeriesKey("ftmo", "XAUUSD", parse_timeframe("M5"))) == 0
    card = second.folder / "card.json"
    card.chmod(0o644)
    card.write_bytes(b"{}")
    assert attempts_known(store, series) == 7


def test_results_of_one_day_add_up() -> None:
    days, sums = daily(np.array([7, 3, 7]), np.array([1.0, 2.0, 4.0]))
    assert (days.tolist(), sums.tolist()) == ([3, 7], [2.0, 5.0])


def test_attempts_stand_side_by_side_on_all_their_days() -> None:
    assert by_day([ONE, TWO]).tolist() == [[0.1, 0.0], [-0.2, 0.3], [0.0, 0.4]]
