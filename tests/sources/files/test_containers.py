"""Hostile and damaged files: always a refusal with a reason, never anything else."""

import gzip
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ictcli.errors import DataError
from ictcli.sources.files import containers
from ictcli.sources.files.opening import open_file

TEXT = b"ts,open,high,low,close\n" + b"2020-01-31 10:05,1.1,1.3,1.0,1.2\n" * 50


def _refused(path: Path, says: str) -> None:
    with pytest.raises(DataError, match=says) as refused:
        list(open_file(path).chunks(100))
    assert path.name in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n\r\n", "holds no text"),
        (b"\xef\xbb\xbf", "holds no text"),
        (bytes(range(256)) * 8, "no format we know"),
        (b"\0" * 5000, "binary"),
        (b"hello\nworld\n", "no format we know"),
        (b"ts,open,high,low,close\n", "holds no rows"),
        (b"BZh91AY" + b"x" * 50, "bzip2 file, which is not supported"),
        (b"\xfd7zXZ\x00" + b"x" * 50, "xz file, which is not supported"),
        (b"PK\x03\x04garbage", "cannot read"),
        (b"\x1f\x8bgarbage", "cannot read"),
        (b"PAR1garbage", "cannot read"),
        (b'[{"timestamp":1,"askPrice":1,"bidPrice":1},{"timest', "ends inside a JSON object"),
        (b'[{"timestamp":1,"askPrice":1,"bidPrice":1},{' + b"x" * (1 << 17), "longer than 64 KiB"),
    ],
)
def test_useless_content_is_refused_with_the_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    _refused(path, says)


def test_missing_files_directories_and_devices_are_refused(tmp_path: Path) -> None:
    _refused(tmp_path / "absent.csv", "no such file")
    _refused(tmp_path, "is a directory")
    with pytest.raises(DataError):
        open_file(Path("x" * 5000))
    with pytest.raises(DataError):
        open_file(Path("nul\0byte"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        _refused(tmp_path / "pipe.csv", "not a regular file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind root")
def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(TEXT)
    path.chmod(0)
    _refused(path, "no permission")


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    packed = gzip.compress(os.urandom(64).hex().encode() * 4 + TEXT * 100)
    path.write_bytes(packed[:-20])
    _refused(path, "cannot read .* to its end")


def test_a_damaged_gzip_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 0xFF
    path.write_bytes(packed)
    _refused(path, "cannot read .* to its end")


def test_an_archive_of_several_files_names_them(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/EURUSD_M5.csv", TEXT)
        archive.writestr("a/GBPUSD_M5.csv", TEXT)
        archive.writestr("a/readme.txt", "read me")
    _refused(path, r"EURUSD_M5\.csv, a/GBPUSD_M5\.csv, a/readme\.txt")
    with pytest.raises(DataError, match="2 of them match 'usd'"):
        open_file(path, member="usd")
    whole = read(path, member="GBPUSD")
    assert (len(whole.wall), whole.reader.symbol_hint) == (50, "GBPUSD")


def test_an_archive_of_one_file_and_a_readme_is_read(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "HISTDATA_COM_EURUSD_M1.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", TEXT)
        archive.writestr("readme.txt", "read me")
    whole = read(path)
    assert (len(whole.wall), whole.reader.symbol_hint, whole.reader.timeframe_hint) == (50, "EURUSD", "M1")


def test_an_archive_without_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    _refused(path, "holds no files")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.csv", TEXT)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    _refused(path, "encrypted")


@pytest.mark.parametrize("packing", ["gzip", "zip"])
def test_a_decompression_bomb_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    monkeypatch.setattr(containers, "FREE_EXPANDED", 1 << 18)
    path = tmp_path / "data.csv"
    bomb = TEXT + b"2020-01-31 10:05,1.1,1.3,1.0,1.2\n" * 40_000
    if packing == "gzip":
        path.write_bytes(gzip.compress(bomb, 9))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.csv", bomb)
    with monkeypatch.context() as patch:
        patch.setattr(containers, "MAX_RATIO", 20)
        _refused(path, "decompression bomb")


def test_single_zero_bytes_in_text_cost_only_their_row(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(TEXT + b"2020-01-31 1\x000:05,1.1,1.3,1.0,1.2\n")
    assert read(path).rules == [(52, "unparseable_time")]


def test_objects_of_a_json_list_that_do_not_parse_are_rejected(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    good = '{"timestamp":1676894400084,"askPrice":2,"bidPrice":1}'
    odd = [
        good.replace("1676894400084", "-5"),
        good.replace("1676894400084", '"x"'),
        good.replace(":2,", ":true,"),
        good.replace(":2,", ":1" + "0" * 400 + ","),
        good.replace("bidPrice", "bid"),
        good.replace('"askPrice"', "askPrice"),
    ]
    path = tmp_path / "ticks.json"
    path.write_text("[" + ",\n".join([good, *odd, good]) + "]")
    rules = ["unparseable_time"] * 2 + ["unparseable_number"] * 2 + ["wrong_columns"] * 2
    for rows in (1, 3, 100):
        whole = read(path, rows)
        assert whole.line == [1, 8]
        assert whole.rules == list(enumerate(rules, start=2))
