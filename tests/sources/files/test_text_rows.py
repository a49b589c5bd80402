"""Rows of text: exact lines, exact reasons, the same rows however the bytes arrive."""

import gzip
import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.sources.files.opening import open_file
from ictcli.sources.files.records import RawChunk
from ictcli.sources.files.text_rows import MAX_LINE, TextRows

HEADER = "ts,open,high,low,close,volume\n"
ROW = "2020-01-31 10:05,1.1,1.3,1.0,1.2,7\n"


def test_rows_that_do_not_parse_carry_their_line_and_the_reason(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    lines = [
        HEADER,
        *[ROW] * 30,
        "\n",
        "2020-01-32 10:05,1.1,1.3,1.0,1.2,7\n",
        "2020-02-03 10:05,1.1,x,1.0,1.2,7\n",
        "2020-02-03 10:05,1.1,,1.0,1.2,7\n",
        "2020-02-03 10:05,1.1,1.3\n",
        "2020-02-03 10:05,1.1,1.3,1.0,1.2,7,8\n",
        "2020-02-03 10:05+01:00,1.1,1.3,1.0,1.2,7\n",
        "2020-02-03 10:05,1.1,1.\x003,1.0,1.2,7\n",
        "  \n",
        ROW,
    ]
    path = tmp_path / "x.csv"
    path.write_text("".join(lines))
    whole = read(path)
    assert whole.rules == [
        (33, "unparseable_time"),
        (34, "unparseable_number"),
        (35, "unparseable_number"),
        (36, "wrong_columns"),
        (37, "wrong_columns"),
        (38, "unparseable_time"),
        (39, "unparseable_number"),
    ]
    assert whole.rejected[0].raw == "2020-01-32 10:05,1.1,1.3,1.0,1.2,7"
    assert whole.line == [*range(2, 32), 41]


def test_odd_numbers_are_read_as_text_and_unknown_volumes_are_nan(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = tmp_path / "x.csv"
    row = '"2020-01-31 10:05", 1.1e-05 ,"1.3",.5,1.1562999999999999,\n'
    path.write_text(HEADER + ROW * 20 + row + "2020-01-31 10:06,nan,inf,1.0,1.2,3\n")
    whole = read(path)
    assert not whole.rejected
    assert [whole.values(name)[20] for name in ("open", "high", "low")] == [1.1e-05, 1.3, 0.5]
    assert whole.values("close")[20] == 1.1562999999999999
    assert math.isnan(whole.values("tick_volume")[20])
    assert math.isnan(whole.values("open")[21])
    assert whole.values("high")[21] == math.inf


def test_whole_lines_in_quotes_are_read(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        '"Time\tOpen\tHigh\tLow\tClose"\r\n' + '"2021-06-24 16:05:00\t1\t3\t0.5\t2"\r\n' * 3, newline=""
    )
    whole = read(path)
    assert (whole.line, whole.values("close")) == ([2, 3, 4], [2.0, 2.0, 2.0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_encoding_line_ends_and_gzip_change_nothing(
    tmp_path: Path, read: Callable[..., Any], encoding: str, ending: str, *, packed: bool
) -> None:
    data = (HEADER + ROW + "\n" + ROW).replace("\n", ending).encode(encoding)
    path = tmp_path / ("EURUSD_M5.csv.gz" if packed else "EURUSD_M5.csv")
    path.write_bytes(gzip.compress(data) if packed else data)
    whole = read(path)
    assert (whole.line, whole.values("close")) == ([2, 4], [1.2, 1.2])
    assert (whole.reader.symbol_hint, whole.reader.timeframe_hint) == ("EURUSD", "M5")


def test_a_last_line_without_line_end_is_read(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + ROW + ROW.rstrip())
    assert read(path).line == [2, 3]


def test_a_header_after_a_preamble_is_found(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Symbol: EURUSD\n\n" + HEADER + ROW)
    assert read(path).line == [4]


def test_a_column_of_unnamed_values_and_a_trailing_separator_are_ignored(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(",Date,Open,High,Low,Close\n0,2020-01-31 10:05,1.1,1.3,1.0,1.2,\n")
    assert read(path).values("close") == [1.2]


ODD_LINES = st.sampled_from(
    [
        ROW,
        ROW,
        ROW,
        ROW.replace("\n", "\r\n"),
        "\n",
        "2020-01-31 10:06,1e3,1.3,1.0,1.2,\n",
        "2020-01-31,1.1,1.3,1.0\n",
        "-(2020-01-31 10:05,1.1,1.3,1.0,1.2,7\n",
        "2020-01-31 10:05,é,1.3,1.0,1.2,7\n",
    ]
)


def _flat(chunks: list[RawChunk]) -> list[object]:
    rows: list[object] = [row for chunk in chunks for row in chunk.rejected]
    for chunk in chunks:
        columns = [chunk.line, chunk.wall, *chunk.prices.values()]
        rows += [("row", *(column[i].item() for column in columns)) for i in range(len(chunk))]
    return rows


@given(lines=st.lists(ODD_LINES, max_size=12), block=st.integers(1, 80), rows=st.integers(1, 9))
def test_block_and_chunk_size_never_change_the_rows(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], block: int, rows: int
) -> None:
    path = tmp_path_factory.mktemp("blocks") / "x.csv"
    path.write_text(HEADER + ROW * 20 + "".join(lines), encoding="utf-8", newline="")
    source = open_file(path).source
    assert isinstance(source, TextRows)
    expected = _flat(list(source.chunks(10_000)))
    chunks = list(replace(source, block=block).chunks(rows))
    assert _flat(chunks) == expected
    assert all(len(chunk) + len(chunk.rejected) == rows for chunk in chunks[:-1])


def test_a_line_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + ROW * 2000 + "1" * (2 * MAX_LINE))
    reader = open_file(path)
    with pytest.raises(DataError, match="line longer than 1 MiB"):
        list(reader.chunks(1_000_000))


def test_the_hash_is_of_the_bytes_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + ROW)
    assert open_file(path).sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    before = open_file(path).sha256()
    path.write_text(HEADER + ROW + ROW)
    assert open_file(path).sha256() != before
