"""The real files: right format, every row, first and last stamp as documented."""

import json
import os
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ictcli.clock import from_datetime, iso
from ictcli.errors import DataError
from ictcli.sources.files.opening import open_file
from ictcli.sources.files.parquet_rows import ParquetRows

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="large files take minutes without compiled kernels"
)

RAW = [
    (
        "DAT_ASCII_EURUSD_M1_202306.csv",
        "histdata_ascii",
        16752,
        "2023-06-01T00:00:00Z",
        "2023-06-23T14:58:00Z",
    ),
    ("DAT_MT_EURUSD_M1_202006.csv", "histdata_mt", 6771, "2020-06-01T00:00:00Z", "2020-06-05T16:58:00Z"),
    ("DAT_NT_EURUSD_M1_202005.csv", "histdata_nt", 22565, "2020-05-01T00:00:00Z", "2020-05-22T16:58:00Z"),
    (
        "binance_vision_ADABTC-1m-2021-11-27_stub.csv",
        "binance",
        10,
        "2021-11-27T00:00:00Z",
        "2021-11-27T00:09:00Z",
    ),
    (
        "binanceus_BTCUSDT_1m_20230301_20230321.csv",
        "generic_csv",
        30240,
        "2023-03-01T00:00:00Z",
        "2023-03-21T23:59:00Z",
    ),
    (
        "dukascopy-node_btcusd_tick_20230220T12.json",
        "dukascopy",
        8523,
        "2023-02-20T12:00:00.084000Z",
        "2023-02-20T12:59:58.781000Z",
    ),
    ("firstrate_NQ_5min_sample.csv", "firstrate", 2943, "2023-11-19T18:00:00Z", "2023-12-04T16:55:00Z"),
    ("fxcm_gbpusd-m1-bid-2012.csv", "generic_csv", 30117, "2012-02-01T00:00:00Z", "2012-03-01T00:00:00Z"),
    (
        "histdata_ticks_DAT_ASCII_T_202001_sample.csv",
        "histdata_ticks",
        9500,
        "2020-01-01T17:00:00.065000Z",
        "2020-01-01T23:00:52.125000Z",
    ),
    ("kraken_XBTUSD_5.csv", "kraken", 25901, "2023-01-01T00:00:00Z", "2023-03-31T23:55:00Z"),
    (
        "mt5export_US30m_H1_202401012300_202509082200.csv",
        "mt5",
        9890,
        "2024-01-01T23:00:00Z",
        "2025-09-08T22:00:00Z",
    ),
    ("mt5export_XAUUSD_M15_DATE_TIME_tab.csv", "mt5", 19418, "2025-01-02T01:00:00Z", "2025-10-27T22:45:00Z"),
    (
        "mt5like_EURUSD_M1_201806_date_time_tab.csv",
        "mt5like",
        30203,
        "2018-06-01T00:00:00Z",
        "2018-06-29T23:59:00Z",
    ),
    (
        "truefx_usdjpy_ticks_2013_sample.csv",
        "truefx",
        1000,
        "2013-01-01T22:00:00.295000Z",
        "2013-01-01T22:35:13.494000Z",
    ),
]
DIRTY = [
    ("dirty/EURUSD_M1_0-10k_decimal_point_lost.csv", "generic_csv", 9999, []),
    ("dirty/EURUSD_M1_90-100k_decimal_point_lost.csv", "generic_csv", 9999, []),
    ("dirty/EURUSD_M5_quoted_lines_utc-0330.csv", "generic_csv", 50000, []),
    ("dirty/mt4_XAUUSD_1min_clock_change_mid_file.csv", "mt4", 68565, []),
    ("dirty/mt4export_EURUSD1_2011-2012_huge_gaps.csv", "mt4", 65000, []),
    (
        "dirty/EURUSD_M15_garbage_prefix_first_row_no_header.csv",
        "generic_csv",
        49999,
        [(1, "unparseable_time", "-(2018-10-12 12:00,1.15777,1.15795,1.15685,1.15739,2819")],
    ),
    ("dirty/EURUSD_M30_mixed_D1_and_M30_rows.csv", "generic_csv", 39348, []),
    ("synthetic_traps/EURUSD_M1_WilliamPapier_SYNTHETIC_head.csv", "generic_csv", 4999, []),
    ("synthetic_traps/EURUSD_M1_jokerofcassinos_SYNTHETIC_head.csv", "generic_csv", 2999, []),
    ("synthetic_traps/GBPUSD_M1_andriikondratiuk_SYNTHETIC_head.csv", "generic_csv", 4999, []),
]


@pytest.mark.parametrize(("name", "chosen", "rows", "first", "last"), RAW)
def test_a_raw_original_is_read_whole(
    real_data: Path, read: Callable[..., Any], name: str, chosen: str, rows: int, first: str, last: str
) -> None:
    whole = read(real_data / "raw" / name, rows=10_000)
    assert whole.reader.format.name == chosen
    assert not whole.rejected
    assert len(whole.wall) == rows
    assert (iso(whole.wall[0]), iso(whole.wall[-1])) == (first, last)
    header = whole.line[0] - 1
    assert whole.line == list(range(1 + header, rows + 1 + header))


def test_the_lean_archive_asks_for_a_contract_and_reads_it(real_data: Path, read: Callable[..., Any]) -> None:
    path = real_data / "raw" / "lean_es_20131218_trade.zip"
    with pytest.raises(DataError, match="holds 5 files"):
        open_file(path)
    whole = read(path, member="201312")
    assert (iso(whole.wall[0]), whole.values("open")[0]) == ("2013-12-18T00:00:00Z", 1780.25)
    assert whole.reader.symbol_hint == "ES_201312"


def test_a_text_that_is_no_data_is_refused(real_data: Path) -> None:
    with pytest.raises(DataError, match="no format we know"):
        open_file(real_data / "raw" / "firstrate_NQ_readme.txt")


@pytest.mark.parametrize(("name", "chosen", "rows", "rejected"), DIRTY)
def test_a_dirty_file_parses_and_only_what_cannot_be_read_is_rejected(
    real_data: Path,
    read: Callable[..., Any],
    name: str,
    chosen: str,
    rows: int,
    rejected: list[tuple[int, str, str]],
) -> None:
    whole = read(real_data / name, rows=7_777)
    assert whole.reader.format.name == chosen
    assert len(whole.wall) == rows
    assert [(row.line, row.rule, row.raw) for row in whole.rejected] == rejected


def _parquet_facts(path: Path) -> tuple[int, int, int]:
    table = pq.read_table(path, columns=["ts"])
    stamps = table["ts"].drop_null()
    ends = [stamps[index].as_py().astimezone(UTC) for index in (0, len(stamps) - 1)]
    return len(table), from_datetime(ends[0]), from_datetime(ends[1])


@pytest.mark.parametrize("folder", ["bars", "ticks"])
def test_parquet_files_open_with_all_their_rows(
    real_data: Path, read: Callable[..., Any], folder: str
) -> None:
    files = sorted((real_data / folder).glob("*.parquet"))
    for path in {files[0], *files[::12], *real_data.glob("bars/EURUSD_M15_dukalike2020b.parquet")}:
        _check_parquet(path, read)


CONTRACTS = "ES_M1_lean_contracts.parquet"
"""Several contracts side by side."""


@pytest.mark.proof
def test_every_parquet_file_opens_with_all_its_rows(real_data: Path, read: Callable[..., Any]) -> None:
    files = sorted(real_data.glob("bars/*.parquet")) + sorted(real_data.glob("ticks/*.parquet"))
    assert len(files) > 70
    for path in files:
        if path.name != CONTRACTS:
            _check_parquet(path, read)


def test_the_contracts_of_a_parquet_file_are_read_one_by_one(
    real_data: Path, read: Callable[..., Any]
) -> None:
    path = real_data / "bars" / CONTRACTS
    with pytest.raises(DataError, match="holds 8 contracts: 201312, 201403"):
        read(path)
    contracts = ParquetRows(path, {}).contracts()
    rows = [len(read(path, rows=5000, member=contract).wall) for contract in contracts]

    assert (len(contracts), rows[0], sum(rows)) == (8, 16673, _parquet_facts(path)[0])


def _check_parquet(path: Path, read: Callable[..., Any]) -> None:
    whole = read(path, rows=60_000)
    rows, first, last = _parquet_facts(path)
    # One file keeps a row whose time was unreadable at its source.
    expected = [(1, "unparseable_time")] if path.name == "EURUSD_M15_dukalike2020b.parquet" else []
    assert whole.rules == expected, path.name
    assert len(whole.wall) + len(expected) == rows, path.name
    assert (whole.wall[0], whole.wall[-1]) == (first, last), path.name
    assert whole.reader.format.clock == "utc", path.name
    assert whole.reader.timeframe_hint in path.name.replace("_ticks_", "_TICK_"), path.name


def test_dukascopy_ticks_equal_a_plain_json_reading(real_data: Path, read: Callable[..., Any]) -> None:
    path = real_data / "raw" / "dukascopy-node_btcusd_tick_20230220T12.json"
    whole = read(path, rows=1000)
    rows = json.loads(path.read_text())
    assert whole.values("bid") == [float(row["bidPrice"]) for row in rows]
    assert whole.wall == [row["timestamp"] * 10**6 for row in rows]
