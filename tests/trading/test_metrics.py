"""Metric history: sampled, written whole, let go when the disk refuses."""

from pathlib import Path

import duckdb
import pytest

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.errors import DataError
from ictcli.trading.metrics import MetricHistory

NOON = 1_700_000_000 * NS_PER_SECOND


def rows(data: Path) -> list[tuple[object, ...]]:
    """Everything that was written, in order."""
    files = str(data / "metrics" / "**" / "*.parquet")
    sql = f"SELECT epoch_ns(ts), account, metric, label, value FROM '{files}' ORDER BY 1, 3, 4"
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def test_samples_come_back_with_their_labels(tmp_path: Path) -> None:
    history = MetricHistory(tmp_path, 7)
    history.sample(NOON, {"equity": 1000.5, "balance": 1000}, {"quote_age_seconds": {"EURUSD": 0.25}})
    path = history.flush()
    assert path is not None
    assert path.relative_to(tmp_path).parts[:3] == ("metrics", "account=7", "date=2023-11-14")
    assert rows(tmp_path) == [
        (NOON, 7, "balance", "", 1000.0),
        (NOON, 7, "equity", "", 1000.5),
        (NOON, 7, "quote_age_seconds", "EURUSD", 0.25),
    ]
    assert history.flush() is None


def test_a_sample_is_due_every_ten_seconds_and_after_the_clock_went_back() -> None:
    history = MetricHistory(Path(), 7)
    assert history.due(NOON)
    history.sample(NOON, {"equity": 1.0}, {})
    assert not history.due(NOON + 10 * NS_PER_SECOND - 1)
    assert history.due(NOON + 10 * NS_PER_SECOND)
    assert history.due(NOON - NS_PER_MINUTE)


def test_a_part_appears_by_itself_when_its_time_is_over(tmp_path: Path) -> None:
    history = MetricHistory(tmp_path, 7, part=NS_PER_MINUTE)
    for second in range(0, 61, 10):
        assert not list(tmp_path.rglob("*.parquet"))
        history.sample(NOON + second * NS_PER_SECOND, {"equity": second}, {})
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
    assert len(rows(tmp_path)) == 7


def test_memory_does_not_grow_when_samples_come_fast(tmp_path: Path) -> None:
    history = MetricHistory(tmp_path, 7)
    many = {f"m{number}": 1.0 for number in range(7000)}
    for turn in range(3):
        history.sample(NOON + turn, many, {})
    assert len(rows(tmp_path)) == 21_000
    assert history.flush() is None


def test_a_disk_that_refuses_is_told_of_and_costs_no_memory(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("in the way")
    history = MetricHistory(tmp_path, 7)
    history.sample(NOON, {"equity": 1.0}, {})
    with pytest.raises(DataError, match="metrics"):
        history.flush()
    assert history.flush() is None
