"""A file's way into the store."""

import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import UNKNOWN, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.source import Request
from tests.sources.ingesting import MONDAY, Desk, rows_of, weekday_minutes, write

KEY = SeriesKey("test", "EURUSD", TIMEFRAMES["M1"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_clean_file_is_stored_row_for_row(desk: Desk, tmp_path: Path) -> None:
    ts = weekday_minutes(3000)
    report = desk.bring(write(tmp_path / "EURUSD_M1.csv", rows_of(ts)), tz="utc")
    stored = desk.store.read(KEY)

    assert stored.ts.tolist() == ts.tolist()
    assert stored.digits == 5
    assert stored.open[0] == 108_500
    assert (report.rows, report.added, report.quarantined, report.reported) == (3000, 3000, {}, {})
    assert report.coverage.completeness == 100.0


@pytest.mark.parametrize("chunk_rows", [1000, 1499, 500_000])
def test_the_size_of_a_chunk_changes_nothing(desk: Desk, tmp_path: Path, chunk_rows: int) -> None:
    rows = rows_of(weekday_minutes(3000))
    rows[1700] = rows[1700].replace("1.08", "1080.")
    desk.bring(write(tmp_path / "EURUSD_M1.csv", rows), tz="utc", chunk_rows=chunk_rows)
    other = Desk(tmp_path / "other")
    other.bring(tmp_path / "EURUSD_M1.csv", tz="utc")

    mine, theirs = desk.store.manifest(KEY), other.store.manifest(KEY)
    assert mine is not None
    assert theirs is not None
    assert mine.content_hash() == theirs.content_hash()


def test_the_same_file_again_is_up_to_date_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(500)))
    desk.bring(path, tz="utc")
    before = desk.store.manifest(KEY)
    report = desk.bring(path, tz="utc")

    assert report.up_to_date
    assert report.deliveries[0].up_to_date
    assert desk.store.manifest(KEY) == before


def test_every_bad_row_is_quarantined_with_its_line_rule_and_text(desk: Desk, tmp_path: Path) -> None:
    rows = rows_of(weekday_minutes(400))
    rows[10] = rows[10].replace(",1.0", ",0.0", 1)
    rows[20] = "garbage"
    rows[30] = rows[30].replace("1.08", "1080.", 1)
    rows.insert(41, rows[40])
    path = write(tmp_path / "EURUSD_M1.csv", rows)
    report = desk.bring(path, tz="utc")
    manifest = desk.store.manifest(KEY)
    assert manifest is not None
    assert manifest.quarantine is not None
    table = pl.read_parquet(desk.store.folder(KEY) / manifest.quarantine.file)
    kept = {row["line"]: (row["rule"], row["raw"]) for row in table.iter_rows(named=True)}

    assert set(kept) == {12, 22, 32, 43}
    assert kept[32] == ("decimal_shift", rows[30])
    assert kept[43] == ("duplicate_same", rows[41])
    assert kept[22][1] == "garbage"
    assert sum(report.quarantined.values()) == 4
    assert report.added == 397


def test_parquet_rows_are_quarantined_with_their_values(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(300)))
    frame = pl.read_csv(path, try_parse_dates=True).rename({"time": "ts"})
    frame[7, "high"] = 0.5
    frame.write_parquet(tmp_path / "EURUSD_M1.parquet")
    desk.bring(tmp_path / "EURUSD_M1.parquet", tz="utc")
    manifest = desk.store.manifest(KEY)
    assert manifest is not None
    assert manifest.quarantine is not None
    table = pl.read_parquet(desk.store.folder(KEY) / manifest.quarantine.file)

    assert table["line"].to_list() == [8]
    assert table["rule"].to_list() == ["ohlc_violation"]
    assert "high=0.5" in table["raw"][0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_does_not_matter(desk: Desk, tmp_path: Path, seed: int) -> None:
    ts = weekday_minutes(200, 5)
    rows = rows_of(ts)
    random.Random(seed).shuffle(rows)
    desk.bring(write(tmp_path / "EURUSD.csv", rows), tz="utc")
    (key,) = desk.store.keys()

    assert desk.store.read(key).ts.tolist() == ts.tolist()


def test_a_file_that_starts_with_the_newest_row_is_just_sorted(desk: Desk, tmp_path: Path) -> None:
    ts = weekday_minutes(2000)
    report = desk.bring(write(tmp_path / "EURUSD_M1.csv", rows_of(ts)[::-1]), tz="utc")

    assert report.reported == {}
    assert desk.store.read(KEY).ts.tolist() == ts.tolist()


def test_rows_out_of_order_are_kept_sorted_in_and_reported(desk: Desk, tmp_path: Path) -> None:
    ts = weekday_minutes(2000)
    rows = rows_of(ts)
    rows = rows[:500] + rows[600:700] + rows[500:600] + rows[700:]
    report = desk.bring(write(tmp_path / "EURUSD_M1.csv", rows), tz="utc")

    assert report.reported == {"out_of_order": 1}
    assert desk.store.read(KEY).ts.tolist() == ts.tolist()


def test_only_the_span_asked_for_is_taken(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(2000)))
    span = Request(start=MONDAY + 60 * NS_PER_MINUTE, end=MONDAY + NS_PER_DAY)
    report = desk.bring(path, tz="utc", request=span)

    assert report.added == 1440 - 60
    assert report.deliveries[0].outside == 2000 - 1380
    assert desk.bring(path, tz="utc").added == 2000 - 1380


def test_the_clock_is_inferred_asked_about_and_told(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M5.csv", rows_of(weekday_minutes(6000, 5), 180))
    report = desk.bring(path)
    clock = report.deliveries[0].clock

    assert clock.by == "inferred"
    assert clock.evidence
    assert "week opens" in desk.questions[0]
    assert report.coverage.first == MONDAY


def test_a_declined_clock_stores_nothing_and_says_what_to_pass(desk: Desk, tmp_path: Path) -> None:
    desk.answer = False
    path = write(tmp_path / "EURUSD_M5.csv", rows_of(weekday_minutes(6000, 5), 180))
    with pytest.raises(UsageError, match="not confirmed") as refusal:
        desk.bring(path)

    assert "--source-tz" in refusal.value.hint
    assert desk.store.keys() == []


def test_an_ambiguous_clock_is_refused_with_what_to_pass(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be told") as refusal:
        desk.bring(write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(900))))

    assert "--source-tz" in refusal.value.hint


def test_a_wrong_clock_is_contradicted_and_forced_only_by_force(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M5.csv", rows_of(weekday_minutes(6000, 5), 180))
    with pytest.raises(DataError, match="contradict"):
        desk.bring(path, tz="utc")
    assert desk.store.keys() == []

    report = desk.bring(path, tz="utc", request=Request(force=True))
    assert report.deliveries[0].clock.by == "forced"


def close_stamped(folder: Path, zone: str = "Z") -> Path:
    ts = weekday_minutes(30_000)
    rows = [row.replace(",", f"{zone},", 1) for row in rows_of(ts, 1)]
    return write(folder / "EURUSD_M1.csv", rows)


def test_close_stamps_on_a_fixed_clock_are_converted_and_said(desk: Desk, tmp_path: Path) -> None:
    path = close_stamped(tmp_path)
    report = desk.bring(path)
    clock = report.deliveries[0].clock

    assert (clock.rule, clock.by) == ("utc@close", "format")
    assert "begin and end a bar late as bar opens" in clock.evidence[0]
    assert report.coverage.first == MONDAY
    assert desk.bring(path).deliveries[0].up_to_date


@pytest.mark.parametrize("zone", ["Z", ""])
def test_close_stamps_called_opens_are_refused_with_the_rule_to_pass(
    desk: Desk, tmp_path: Path, zone: str
) -> None:
    path = close_stamped(tmp_path, zone)
    with pytest.raises(DataError, match="a bar late as bar opens") as refusal:
        desk.bring(path, tz="utc")

    assert "--source-tz utc@close" in refusal.value.hint
    assert desk.bring(path, tz="utc@close").coverage.first == MONDAY


def test_the_same_file_with_a_second_clock_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(900)))
    desk.bring(path, tz="utc")
    with pytest.raises(DataError, match="imported before"):
        desk.bring(path, tz="utc+2")


def test_a_timeframe_that_the_stamps_contradict_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(900)))
    with pytest.raises(DataError, match="not M5 bars"):
        desk.bring(path, tz="utc", request=Request(timeframe=TIMEFRAMES["M5"]))


def test_a_wrong_timeframe_in_the_name_is_warned_of(desk: Desk, tmp_path: Path) -> None:
    report = desk.bring(write(tmp_path / "EURUSD_H1.csv", rows_of(weekday_minutes(900))), tz="utc")

    assert report.key.timeframe == TIMEFRAMES["M1"]
    assert "named H1" in desk.warnings[0]


def test_another_symbol_in_the_name_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(900)))
    with pytest.raises(DataError, match="says EURUSD, not XAUUSD"):
        desk.bring(path, tz="utc", request=Request(symbols=("XAUUSD",)))


def test_an_unknown_symbol_is_stored_with_a_stanza_to_add(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "export.csv", rows_of(weekday_minutes(900)))
    report = desk.bring(path, tz="utc", symbol="ZZZQQQ")

    assert (report.key.symbol, report.coverage.digits) == ("ZZZQQQ", 5)
    assert "[ZZZQQQ]" in desk.warnings[0]


def test_a_file_that_does_not_name_its_symbol_asks_for_it(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not tell its symbol"):
        desk.bring(write(tmp_path / "export.csv", rows_of(weekday_minutes(50))), tz="utc")


def test_a_file_without_a_good_row_is_refused_and_stores_nothing(desk: Desk, tmp_path: Path) -> None:
    rows = [row.replace(",", ".25,", 1) for row in rows_of(weekday_minutes(300))]
    with pytest.raises(DataError, match="sub_second 300"):
        desk.bring(write(tmp_path / "EURUSD_M1.csv", rows), tz="utc")

    assert desk.store.keys() == []


def test_weekend_bars_are_kept_and_called_a_sign(desk: Desk, tmp_path: Path) -> None:
    ts = MONDAY + NS_PER_MINUTE * np.arange(7 * 1440, dtype=np.int64)
    report = desk.bring(write(tmp_path / "EURUSD_M1.csv", rows_of(ts)), tz="utc", request=Request(force=True))

    assert report.added == 7 * 1440
    assert [sign.name for sign in report.deliveries[0].signs] == ["weekend_bars"]


def test_rows_that_a_slip_explains_are_no_signs_of_a_generated_file(desk: Desk, tmp_path: Path) -> None:
    rows = rows_of(weekday_minutes(900))
    for at in range(50, 900, 60):
        stamp, _, price, *rest = rows[at].split(",")
        rows[at] = ",".join([stamp, str(round(float(price) * 1000)), price, *rest])
    report = desk.bring(write(tmp_path / "EURUSD_M1.csv", rows), tz="utc")

    assert report.quarantined == {"decimal_shift": 15}
    assert report.deliveries[0].signs == ()


def with_columns(rows: list[str], *columns: str) -> str:
    cells = ",".join(columns)
    return "\n".join(
        ["time,open,high,low,close,tick_volume,real_volume,spread", *(f"{r},{cells}" for r in rows)]
    )


def test_columns_that_are_zero_throughout_are_unknown_and_noted(desk: Desk, tmp_path: Path) -> None:
    rows = [row.rsplit(",", 1)[0] + ",0" for row in rows_of(weekday_minutes(900))]
    path = tmp_path / "EURUSD_M1.csv"
    path.write_text(with_columns(rows, "0", "0"), encoding="utf-8")
    report = desk.bring(path, tz="utc")
    stored = desk.store.read(KEY)

    assert set(stored.spread.tolist()) == {UNKNOWN}
    assert set(stored.tick_volume.tolist()) == set(stored.real_volume.tolist()) == {UNKNOWN}
    assert [note.split()[0] for note in report.deliveries[0].notes] == [
        "tick_volume",
        "real_volume",
        "spread",
    ]
    assert (
        "spread is zero throughout: treated as unknown, the symbol's typical" in report.deliveries[0].notes[2]
    )


@pytest.mark.parametrize("chunk_rows", [1000, 500_000])
def test_zeros_in_a_column_that_holds_a_number_stay_zeros(
    desk: Desk, tmp_path: Path, chunk_rows: int
) -> None:
    path = tmp_path / "EURUSD_M1.csv"
    text = with_columns(rows_of(weekday_minutes(2500)), "0", "0")
    path.write_text(text[:-1] + "3", encoding="utf-8")
    report = desk.bring(path, tz="utc", chunk_rows=chunk_rows)
    stored = desk.store.read(KEY)

    assert stored.spread.tolist() == [0] * 2499 + [3]
    assert [note.split()[0] for note in report.deliveries[0].notes] == ["real_volume"]


def test_times_that_the_clock_skips_are_kept_and_counted(desk: Desk, tmp_path: Path) -> None:
    sunday = 1_711_843_200_000_000_000  # 2024-03-31, when Athens goes from 03:00 to 04:00
    ts = sunday + np.arange(600, dtype=np.int64) * NS_PER_MINUTE
    path = write(tmp_path / "EURUSD_M1.csv", rows_of(np.delete(ts, slice(240, 300))))

    report = desk.bring(path, tz="eet")
    assert (report.reported, report.added) == ({"nonexistent_time": 60}, 540)
    assert desk.bring(path, "other", tz="utc").reported == {}


def test_nothing_is_left_in_the_staging_folder(desk: Desk, tmp_path: Path) -> None:
    desk.bring(write(tmp_path / "EURUSD_M1.csv", rows_of(weekday_minutes(900))), tz="utc")

    assert list((tmp_path / "state" / "import").iterdir()) == []
