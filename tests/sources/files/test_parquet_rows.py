"""Parquet files: every kind of time and number column, and files that crash or mislead readers."""

import signal
import subprocess
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ictcli.errors import DataError, UsageError
from ictcli.sources.files import parquet_rows
from ictcli.sources.files.opening import open_file

PRICES = {"open": [1.1, 1.2], "high": [1.3, 1.4], "low": [1.0, 1.1], "close": [1.2, 1.3]}
STAMPS = [datetime(2020, 1, 31, 10, 5), datetime(2020, 1, 31, 10, 6)]  # noqa: DTZ001 - naive on purpose
UTC_MS = pa.timestamp("ms", "UTC")


def _write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


@pytest.mark.parametrize(
    ("column", "clock"),
    [
        (pa.array(STAMPS, pa.timestamp("ns")), None),
        (pa.array(STAMPS, pa.timestamp("s")), None),
        (pa.array(STAMPS, UTC_MS), "utc"),
        (pa.array(STAMPS, pa.timestamp("us", "America/New_York")), "utc"),
        (pa.array([1580465100, 1580465160]), "utc"),
        (pa.array([1580465100000, 1580465160000]), "utc"),
        (pa.array([1580465100.0, 1580465160.0]), "utc"),
        (pa.array(["2020-01-31 10:05", "2020-01-31T10:06:00"]), None),
        (pa.array(["2020-01-31 12:05+02:00", "2020-01-31T10:06:00Z"]), None),
    ],
    ids=["ns", "s", "ms utc", "us new york", "unix s", "unix ms", "unix float", "text", "text with offset"],
)
def test_every_kind_of_time_column_is_read(
    tmp_path: Path, read: Callable[..., Any], at: Callable[[str], int], column: Any, clock: str | None
) -> None:
    whole = read(_write(tmp_path / "EURUSD_M1.parquet", {"ts": column, **PRICES}))
    assert whole.wall == [at("2020-01-31T10:05"), at("2020-01-31T10:06")]
    assert (whole.reader.format.name, whole.reader.format.clock) == ("generic_parquet", clock)
    assert (whole.reader.symbol_hint, whole.reader.timeframe_hint) == ("EURUSD", "M1")


def test_date_and_time_columns_make_the_stamp(
    tmp_path: Path, read: Callable[..., Any], at: Callable[[str], int]
) -> None:
    days = pa.array([date(2020, 1, 31)] * 2)
    for clocks in (pa.array([time(10, 5), time(10, 6)], pa.time32("s")), pa.array(["10:05", "10:06:00"])):
        whole = read(_write(tmp_path / "x.parquet", {"date": days, "time": clocks, **PRICES}))
        assert whole.wall == [at("2020-01-31T10:05"), at("2020-01-31T10:06")]
    daily = read(_write(tmp_path / "x.parquet", {"date": days, **PRICES}))
    assert daily.wall == [at("2020-01-31")] * 2


def test_volumes_spread_and_ask_prices_come_through_and_the_rest_is_ignored(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    columns = {
        "ts_raw": pa.array(STAMPS),
        "comment": ["a", "b"],
        "ts": pa.array(STAMPS, UTC_MS),
        **PRICES,
        "close": pa.array([Decimal("1.20"), Decimal("1.30")]),
        "close_ask": [1.25, None],
        "volume": [1.5, 2.5],
        "tick_volume": [7, None],
        "spread": [3, 4],
    }
    whole = read(_write(tmp_path / "x.parquet", columns), rows=1)
    assert whole.values("close") == [1.2, 1.3]
    assert whole.values("real_volume") == [1.5, 2.5]
    assert whole.values("spread") == [3.0, 4.0]
    assert whole.values("tick_volume")[0] == 7.0
    assert whole.values("tick_volume")[1] != whole.values("tick_volume")[1]
    assert whole.values("ask_close")[0] == 1.25
    assert sorted(whole.chunks[0].prices) == ["ask_close", "close", "high", "low", "open"]
    assert [len(chunk) for chunk in whole.chunks] == [1, 1]


def test_every_row_belongs_to_one_contract(tmp_path: Path, read: Callable[..., Any]) -> None:
    columns = {"ts": pa.array(STAMPS), "contract": ["201312", None], **PRICES}
    path = _write(tmp_path / "x.parquet", columns)
    whole = [read(path, member=contract) for contract in ("201312", "")]
    assert [one.chunks[0].line.tolist() for one in whole] == [[1], [2]]


def test_a_whole_number_volume_alone_counts_ticks(tmp_path: Path, read: Callable[..., Any]) -> None:
    columns = {"ts": pa.array(STAMPS), **PRICES, "volume": [5, 6]}
    whole = read(_write(tmp_path / "x.parquet", columns))
    assert whole.values("tick_volume") == [5.0, 6.0]
    assert whole.chunks[0].real_volume is None


def test_ticks_are_recognised(tmp_path: Path, read: Callable[..., Any]) -> None:
    columns = {"ts": pa.array(STAMPS, UTC_MS), "bid": [1.1, 1.2], "ask": [1.2, 1.3]}
    whole = read(_write(tmp_path / "EURUSD.parquet", columns))
    assert (whole.reader.format.kind, whole.reader.timeframe_hint) == ("ticks", "TICK")
    assert whole.values("ask") == [1.2, 1.3]


def test_rows_without_time_or_price_are_rejected_by_row_number(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    columns = {
        "ts": pa.array([None, STAMPS[0], STAMPS[1], datetime(2500, 1, 1)], pa.timestamp("ms")),  # noqa: DTZ001
        **{name: [*values, None, 9.0] for name, values in PRICES.items()},
    }
    path = _write(tmp_path / "x.parquet", columns)
    for rows in (1, 2, 3, 10):
        whole = read(path, rows=rows)
        assert whole.rules == [(1, "unparseable_time"), (3, "unparseable_number"), (4, "unparseable_time")]
        assert (whole.line, whole.values("open")) == ([2], [1.2])
        assert whole.rejected[0].raw.startswith("ts=None open=1.1")


def test_rows_do_not_depend_on_row_groups_or_chunk_size(tmp_path: Path, read: Callable[..., Any]) -> None:
    columns = {
        "ts": pa.array(range(1580465100, 1580465100 + 100)),
        **{n: [float(i) for i in range(100)] for n in PRICES},
    }
    path = _write(tmp_path / "x.parquet", columns, row_group_size=7)
    expected = read(path, rows=1000)
    for rows in (1, 6, 7, 50):
        whole = read(path, rows=rows)
        assert (whole.wall, whole.line, whole.values("low")) == (
            expected.wall,
            expected.line,
            expected.values("low"),
        )
    reader = open_file(path)
    assert sum(map(len, reader.chunks(9))) == sum(map(len, reader.chunks(13))) == 100


def test_a_column_map_names_the_columns(tmp_path: Path, read: Callable[..., Any]) -> None:
    columns = {"when": pa.array(STAMPS), "a": [1.0, 2.0], "b": [3.0, 4.0], "c": [0.5, 0.5], "d": [1.5, 1.5]}
    path = _write(tmp_path / "x.parquet", columns)
    with pytest.raises(DataError, match="lacks ts, open, high, low, close") as refused:
        open_file(path)
    assert "column map" in refused.value.hint
    whole = read(path, columns={"ts": "when", "open": "a", "high": "b", "low": "c", "close": "D"})
    assert whole.values("close") == [1.5, 1.5]
    with pytest.raises(UsageError, match="unknown column name 'price'"):
        open_file(path, columns={"price": "a"})


def test_columns_of_the_wrong_type_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.parquet", {"ts": pa.array(STAMPS), **PRICES, "close": ["a", "b"]})
    with pytest.raises(DataError, match="close holds string, which is not a number"):
        list(open_file(path).chunks(10))
    path = _write(tmp_path / "x.parquet", {"ts": pa.array([True, False]), **PRICES})
    with pytest.raises(DataError, match="ts holds bool, which is not a time"):
        list(open_file(path).chunks(10))


def test_another_format_named_for_parquet_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.parquet", {"ts": pa.array(STAMPS), **PRICES})
    with pytest.raises(UsageError, match="is Parquet, not mt5"):
        open_file(path, format="mt5")


def test_a_cut_file_is_refused_with_the_readers_reason(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.parquet", {"ts": pa.array(STAMPS), **PRICES})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"cannot read .*x\.parquet as Parquet: ") as refused:
        open_file(path)
    assert "\n" not in refused.value.message


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals end processes on POSIX only")
@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", f"died by signal {int(signal.SIGSEGV)}"),
        ("raise BaseException('panicked')", "failed with exit code 1"),
        ("import sys; sys.stderr.write('nonsense'); sys.exit(5)", "failed with exit code 5"),
        ("import time; time.sleep(60)", "given up"),
    ],
)
def test_a_reader_that_dies_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    path = _write(tmp_path / "x.parquet", {"ts": pa.array(STAMPS), **PRICES})
    run = subprocess.run

    def other_child(command: list[str], **options: Any) -> Any:
        return run([command[0], "-c", script], **options)

    monkeypatch.setattr(subprocess, "run", other_child)
    monkeypatch.setattr(parquet_rows, "TIME_LIMIT", 1 if "sleep" in script else 60)
    with pytest.raises(DataError, match=says) as refused:
        open_file(path)
    assert "x.parquet" in refused.value.message
