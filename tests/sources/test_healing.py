"""A stored file that is lost or damaged is made again by the fetch that made it, or the user is told how."""

import hashlib
from pathlib import Path

import pytest

from ictcli.config.records import SimSource
from ictcli.errors import DataError
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.file_source import FilesOnDisk
from ictcli.sources.sim_source import SimulatedMarket
from ictcli.sources.source import Harvest, Request, Surroundings
from ictcli.sources.subject import FileOptions
from tests.sources.ingesting import BOOK, Desk, rows_of, weekday_minutes, write

KEY = SeriesKey("test", "EURUSD", TIMEFRAMES["M15"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "shorter":
        path.write_bytes(content[:-9])
    else:
        path.write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])


def hashes(desk: Desk) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in desk.folder.rglob("*.parquet")
    }


@pytest.mark.parametrize("how", ["missing", "shorter", "flipped"])
@pytest.mark.parametrize("which", ["2024-06-*.parquet", "2024-07-*.parquet", "gaps-*.parquet"])
def test_the_same_file_again_restores_a_damaged_part(
    desk: Desk, tmp_path: Path, how: str, which: str
) -> None:
    rows = rows_of(weekday_minutes(3000, step=15))
    file = write(tmp_path / "EURUSD.csv", rows[:700] + rows[900:])
    desk.bring(file, tz="utc")
    before, manifest = hashes(desk), desk.store.manifest(KEY)
    damage(next(desk.folder.rglob(which)), how)

    report = desk.bring(file, tz="utc")

    restored = desk.store.verify(KEY)
    assert not report.deliveries[0].up_to_date
    assert hashes(desk) == before
    assert manifest is not None
    assert restored.content_hash() == manifest.content_hash()
    assert restored.inputs == manifest.inputs
    assert desk.bring(file, tz="utc").deliveries[0].up_to_date


def fetched(desk: Desk, folder: Path, pattern: str, notes: list[str]) -> Harvest:
    around = desk.surroundings()
    around = Surroundings(around.store, BOOK, around.config, now=around.now, note=notes.append)
    return FilesOnDisk("test", pattern, folder, FileOptions("EURUSD", source_tz="utc")).fetch(
        Request(), around
    )


def test_a_part_of_two_files_needs_both_of_them(desk: Desk, tmp_path: Path) -> None:
    rows, notes = rows_of(weekday_minutes(2000, step=15)), list[str]()
    write(tmp_path / "a.csv", rows[:1000])
    write(tmp_path / "b.csv", rows[1000:])
    fetched(desk, tmp_path, "*.csv", notes)
    before = hashes(desk)
    damage(next(desk.folder.rglob("2024-06-*.parquet")), "missing")

    alone = fetched(desk, tmp_path, "a.csv", notes)

    assert isinstance(alone.failures[0].error, DataError)
    assert "test/EURUSD/M15" in alone.failures[0].error.message
    assert "b.csv must be fetched too" in alone.failures[0].error.message
    assert "--path" in alone.failures[0].error.hint
    assert notes == []

    together = fetched(desk, tmp_path, "*.csv", notes)

    assert together.failures == []
    assert notes == ["test/EURUSD/M15: 1 damaged or missing file made again from the input"]
    assert hashes(desk) == before
    assert all(each.deliveries[0].up_to_date for each in fetched(desk, tmp_path, "*.csv", notes).reports)


def test_an_export_that_has_lost_rows_does_not_pass_for_a_restored_part(desk: Desk, tmp_path: Path) -> None:
    rows = rows_of(weekday_minutes(1000, step=15))
    desk.bring(write(tmp_path / "EURUSD.csv", rows), tz="utc")
    damage(next(desk.folder.rglob("2024-06-*.parquet")), "shorter")
    with pytest.raises(DataError, match="only 900 of its 1,000 rows"):
        desk.bring(write(tmp_path / "EURUSD.csv", rows[:900]), tz="utc")


def test_a_simulated_market_restores_itself(desk: Desk) -> None:
    source = SimulatedMarket("sim", SimSource(symbols=("EURUSD",), end="2020-02-10", start="2020-01-01"))
    request = Request(timeframe=TIMEFRAMES["H1"])
    source.fetch(request, desk.surroundings())
    before = hashes(desk)
    damage(next(desk.folder.rglob("2020-01-*.parquet")), "flipped")
    again = source.fetch(request, desk.surroundings())
    assert not again.reports[0].deliveries[0].up_to_date
    assert hashes(desk) == before
