"""Files that are refused or doubted, each for the reason that helps."""

from pathlib import Path

import pytest

from ictcli.errors import DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.file_source import FilesOnDisk
from ictcli.sources.source import Request
from ictcli.sources.subject import FileOptions
from tests.sources.ingesting import Desk, rows_of, weekday_minutes, write


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_file_far_too_fine_for_its_symbol_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "prices.csv", rows_of(weekday_minutes(2000)))
    with pytest.raises(DataError, match=r"no row of prices.csv can be stored \(off_grid 2,000\)"):
        desk.bring(path, tz="utc", symbol="XAUUSD")

    assert desk.store.keys() == []


def test_a_file_with_mostly_bad_rows_is_stored_only_by_force(desk: Desk, tmp_path: Path) -> None:
    rows = rows_of(weekday_minutes(1000))
    for at in range(0, 1000, 5):
        for bad in range(at, at + 3):
            cells = rows[bad].split(",")
            rows[bad] = ",".join([*cells[:2], cells[3], cells[2], *cells[4:]])
    path = write(tmp_path / "EURUSD_M1.csv", rows)
    with pytest.raises(DataError, match=r"600 of 1,000 rows.*is it really EURUSD"):
        desk.bring(path, tz="utc")

    assert desk.store.keys() == []
    assert desk.bring(path, tz="utc", request=Request(force=True)).added == 400


def test_a_given_clock_that_cannot_be_checked_is_warned_of(desk: Desk, tmp_path: Path) -> None:
    desk.bring(write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(500))), tz="utc")

    assert any("taken as given and was not checked" in text for text in desk.warnings)


def test_prices_much_finer_than_the_symbol_are_doubted(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "prices.csv", rows_of(weekday_minutes(500)))
    desk.bring(path, tz="utc", symbol="USDJPY")

    assert any("is this really USDJPY?" in text for text in desk.warnings)


def test_a_header_without_rows_is_named(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "EURUSD.csv"
    path.write_text("ts,open,high,low,close\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no rows"):
        desk.bring(path, tz="utc")


def test_a_broken_parquet_file_is_named(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "EURUSD.parquet"
    path.write_bytes(bytes(range(256)) * 64 + bytes(4096))
    with pytest.raises(DataError, match="not a readable Parquet file"):
        desk.bring(path, tz="utc")


def test_a_directory_is_named_and_a_glob_suggested(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    with pytest.raises(DataError, match="is a directory") as refusal:
        FilesOnDisk("test", "exports", tmp_path, FileOptions()).paths()

    assert "exports/*.csv" in refusal.value.hint


def test_a_long_name_is_refused_with_the_limit() -> None:
    with pytest.raises(UsageError, match="33 characters, 32 at most"):
        SeriesKey("x" * 33, "EURUSD", TIMEFRAMES["M1"])


def test_contracts_side_by_side_in_text_are_named(desk: Desk, tmp_path: Path) -> None:
    rows = [f"{row},{'ESZ13' if at % 2 else 'ESH14'}" for at, row in enumerate(rows_of(weekday_minutes(300)))]
    path = tmp_path / "ES_M1.csv"
    path.write_text("time,open,high,low,close,volume,contract\n" + "\n".join(rows), encoding="utf-8")
    with pytest.raises(DataError, match="2 contracts: ESH14, ESZ13"):
        desk.bring(path, tz="utc")
