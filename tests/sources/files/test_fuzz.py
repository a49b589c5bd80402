"""Mutated files: every one is read or refused with a reason; nothing else may escape."""

import gzip
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ictcli.errors import IctError
from ictcli.sources.files.opening import open_file

EXAMPLES = int(os.environ.get("ICTCLI_FUZZ_FILES", "10000"))
"""Mutated files in the proof; one in twenty is Parquet, which costs a process each."""

BAR = "1.10001,1.3,1.0,1.2,36.5,{0},1.03,79,19.0,0.5,0\n"
TEXTS = {
    "EURUSD_M15.csv": "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n"
    + "2025.01.02\t01:15:00\t2624.8\t2625.6\t2624.1\t2624.6\t460\t0\t43\r\n" * 4,
    "ticks.csv": "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n"
    + "2025.01.02\t01:15:00.123\t1.1\t\t\t\t6\n" * 3,
    "like.csv": "date,time,open,high,low,close,tickvolume,volume,spread\n"
    + "2018.06.01,00:01:00,1.1,1.3,1.0,1.2,8,0,47\n" * 3,
    "EURUSD1.csv": "2024.05.10,10:36,2368.15,2368.67,2367.93,2368.63,51\n" * 4,
    "DAT_ASCII_EURUSD_M1.csv": "20230601 000000;1.068700;1.068710;1.068530;1.068530;0\n" * 4,
    "DAT_ASCII_EURUSD_T.csv": "20200101 170000065,1.121200,1.121720,0\n" * 4,
    "true.csv": "EUR/USD,20130101 21:59:59.123,1.3,1.4\n" * 4,
    "duka.csv": "Gmt time,Open,High,Low,Close,Volume\n31.01.2020 00:01:00.000,1.1,1.3,1.0,1.2,36.5\n",
    "duka.json": json.dumps([{"timestamp": 1676894400084, "askPrice": 24921.5, "bidPrice": 24849}] * 3),
    "BTCUSDT-1m.csv": ("1637971200000," + BAR.format(1637971259999)) * 3,
    "XBTUSD_5.csv": "1672531200,16528.7,16530.0,16520.1,16520.4,2.11146726,78\n" * 3,
    "NQ_5min.txt": "2023-11-19 18:00:00,15895.0,15903.75,15873.0,15880.75,2115\n" * 3,
    "generic.csv": "Time;Open;High;Low;Close;Volume\n2025-12-31T10:54:20.417557+01:00;1,1;1,3;1,0;1,2;9\n",
    "quoted.csv": '"Time\tOpen\tHigh\tLow\tClose"\r\n' + '"31/12/2021 16:05\t1\t3\t0.5\t2e-1"\r\n' * 3,
    "20131218_es_minute_trade_201403.csv": "60000,1780,1780.25,1780,1780,10\n" * 3,
}


def _zipped(name: str, data: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return sink.getvalue()


def _samples() -> list[tuple[str, bytes]]:
    plain = [(name, text.encode()) for name, text in TEXTS.items()]
    wide = [(name, text.encode("utf-16")) for name, text in list(TEXTS.items())[:2]]
    packed = [(name + ".gz", gzip.compress(data, mtime=0)) for name, data in plain[:4]]
    archives = [(name + ".zip", _zipped(name, data)) for name, data in plain[-4:]]
    return plain + wide + packed + archives


def _parquet() -> bytes:
    stamps = pa.array(np.arange(40) * 60 + 1580465100, pa.timestamp("s", "UTC"))
    prices = {name: np.arange(40.0) for name in ("open", "high", "low", "close")}
    sink = io.BytesIO()
    pq.write_table(pa.table({"ts": stamps, **prices, "volume": np.arange(40)}), sink, row_group_size=20)
    return sink.getvalue()


NASTY = [
    b"\0",
    b"\n",
    b"\r",
    b'"',
    b",",
    b";",
    b"\t",
    b"-(",
    b"\xff\xfe",
    b"9" * 30,
    b"nan",
    b"1e999",
    b"[",
    b"}",
]


@st.composite
def mutated(draw: st.DrawFn, samples: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """A sample with up to six stretches overwritten, inserted, repeated or cut."""
    name, data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        span = draw(st.integers(0, 12))
        piece = draw(st.one_of(st.binary(max_size=8), st.sampled_from(NASTY), st.just(data[at : at + 40])))
        data = data[:at] + piece + data[at + span :]
    if draw(st.integers(0, 9)) == 0:
        data = data[: draw(st.integers(0, len(data)))]
    return name, data


def _read_or_refuse(folder: Path, name: str, data: bytes, rows: int) -> None:
    path = folder / name
    path.write_bytes(data)
    try:
        for chunk in open_file(path).chunks(rows):
            assert len(chunk.line) == len(chunk.wall) == len(chunk)
            assert all(len(column) == len(chunk) for column in chunk.prices.values())
            assert all(row.line > 0 and len(row.raw) <= 200 for row in chunk.rejected)
    except IctError as refusal:
        assert refusal.message
        assert "\n" not in refusal.message


BASE = settings(
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@settings(BASE, max_examples=300)
@given(file=mutated(_samples()), rows=st.integers(1, 50))
def test_a_mutated_text_file_is_read_or_refused(tmp_path: Path, file: tuple[str, bytes], rows: int) -> None:
    _read_or_refuse(tmp_path, *file, rows)


@settings(BASE, max_examples=12)
@given(file=mutated([("EURUSD_M1.parquet", _parquet())]), rows=st.integers(1, 50))
def test_a_mutated_parquet_file_is_read_or_refused(
    tmp_path: Path, file: tuple[str, bytes], rows: int
) -> None:
    _read_or_refuse(tmp_path, *file, rows)


@pytest.mark.proof
@settings(BASE, max_examples=EXAMPLES - EXAMPLES // 20, derandomize=False)
@given(file=mutated(_samples()), rows=st.integers(1, 50))
def test_thousands_of_mutated_text_files_are_read_or_refused(
    tmp_path: Path, file: tuple[str, bytes], rows: int
) -> None:
    _read_or_refuse(tmp_path, *file, rows)


@pytest.mark.proof
@settings(BASE, max_examples=EXAMPLES // 20, derandomize=False)
@given(file=mutated([("EURUSD_M1.parquet", _parquet())]), rows=st.integers(1, 50))
def test_hundreds_of_mutated_parquet_files_are_read_or_refused(
    tmp_path: Path, file: tuple[str, bytes], rows: int
) -> None:
    _read_or_refuse(tmp_path, *file, rows)
