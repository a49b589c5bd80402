"""The log of attempts forgets nothing and counts nothing twice."""

from pathlib import Path

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.learning.trial_log import Attempt, add_attempts, by_day, daily, read_attempts

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


def test_results_of_one_day_add_up() -> None:
    days, sums = daily(np.array([7, 3, 7]), np.array([1.0, 2.0, 4.0]))
    assert (days.tolist(), sums.tolist()) == ([3, 7], [2.0, 5.0])


def test_attempts_stand_side_by_side_on_all_their_days() -> None:
    assert by_day([ONE, TWO]).tolist() == [[0.1, 0.0], [-0.2, 0.3], [0.0, 0.4]]
