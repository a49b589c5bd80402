"""Baselines of a workspace, from Parquet to what is unusual now."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_SECOND, iso
from ictcli.errors import DataError
from ictcli.operations.baselines_history import FILE, Judged, judge, windows
from ictcli.trading.metrics import SCHEMA

DAY = 1_773_705_600 * NS_PER_SECOND
"""2026-03-17 00:00 UTC."""
NOON = DAY + NS_PER_DAY // 2
EVERY = 10 * NS_PER_SECOND


def keep(data: Path, day: int, values: np.ndarray, metric: str = "turn_gap_seconds", label: str = "") -> Path:
    """A day's samples, ten seconds apart from midnight on."""
    folder = data / "metrics" / "account=7" / f"date={iso(day)[:10]}"
    folder.mkdir(parents=True, exist_ok=True)
    n = len(values)
    columns = [
        pa.array(day + np.arange(n) * EVERY).cast(SCHEMA.field("ts").type), pa.repeat(pa.scalar(7), n),
        pa.repeat(metric, n).dictionary_encode(), pa.repeat(label, n).dictionary_encode(), pa.array(values),
    ]  # fmt: skip
    path = folder / f"part-{metric}{label}.parquet"
    pq.write_table(pa.table(columns, schema=SCHEMA), path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three usual days, and today as far as noon with a last quarter hour that is not."""
    rng = np.random.default_rng(1)
    for back in (3, 2, 1):
        keep(tmp_path / "data", DAY - back * NS_PER_DAY, rng.lognormal(-2.0, 0.3, 8640))
    today = rng.lognormal(-2.0, 0.3, 4320)
    today[-90:] += 1.0
    keep(tmp_path / "data", DAY, today)
    (tmp_path / "state").mkdir()
    return tmp_path / "data"


def judged(
    data: Path, now: int = NOON, false_alarm: float = 0.01, learn_from: int = 60 * NS_PER_DAY
) -> Judged:
    """What is unusual."""
    return judge(data, data.parent / "state", now=now, learn_from=learn_from, false_alarm=false_alarm)


def test_a_shift_of_the_last_quarter_hour_is_told_with_what_is_usual(data: Path) -> None:
    (found,) = judged(data).unusual
    assert (found.account, found.metric, found.label) == (7, "turn_gap_seconds", "")
    assert found.start == NOON - 900 * NS_PER_SECOND
    assert found.value == pytest.approx(1.13, abs=0.05)
    assert found.usual == pytest.approx(0.135, abs=0.01)
    assert found.distance > found.limit
    assert found.windows == 240


def test_a_quarter_hour_earlier_all_was_as_usual(data: Path) -> None:
    found = judged(data, NOON - 900 * NS_PER_SECOND)
    assert (len(found.deviations), found.unusual) == (1, [])


def test_a_history_that_is_too_short_is_told_and_nothing_is_judged(data: Path) -> None:
    found = judged(data, false_alarm=0.001)
    assert found.deviations == []
    assert found.short == [((7, "turn_gap_seconds", ""), 240)]
    assert found.needed == 999


def test_what_was_learned_holds_for_a_day_unless_its_terms_change(data: Path) -> None:
    judged(data)
    kept = data.parent / "state" / FILE
    before = kept.read_bytes()
    judged(data, NOON + 60 * NS_PER_SECOND)
    assert kept.read_bytes() == before
    judged(data, false_alarm=0.02)
    assert kept.read_bytes() != before
    kept.write_bytes(b"{")
    assert judged(data).unusual


def test_a_window_with_few_samples_tells_nothing(tmp_path: Path) -> None:
    keep(tmp_path, DAY, np.ones(90 + 30))
    keep(tmp_path, DAY, np.ones(1), "order_ack_seconds")
    found = windows(tmp_path, DAY, DAY + 3600 * NS_PER_SECOND)
    assert [len(starts) for starts, _ in found.values()] == [1, 1]


def test_what_has_no_level_of_its_own_is_left_alone(tmp_path: Path) -> None:
    keep(tmp_path, DAY, np.ones(900), "equity")
    assert windows(tmp_path, DAY, NOON) == {}


def test_nothing_was_ever_measured(tmp_path: Path) -> None:
    assert judged(tmp_path / "data").deviations == []


def test_a_damaged_file_is_named(data: Path) -> None:
    path = keep(data, DAY, np.ones(3), "wal_bytes")
    path.write_bytes(b"no parquet")
    with pytest.raises(DataError, match="wal_bytes"):
        judged(data)
