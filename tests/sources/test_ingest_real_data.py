"""Real files: all rows of clean ones, and every known defect of dirty ones for the right reason."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, iso
from ictcli.errors import DataError
from ictcli.market.timeframes import TICK, TIMEFRAMES
from ictcli.sources.file_source import FilesOnDisk
from ictcli.sources.quality import SeriesReport
from ictcli.sources.source import Request
from ictcli.sources.subject import FileOptions
from tests.sources.ingesting import Desk


@dataclass(frozen=True)
class Original:
    """An original file and what must come of it; an empty clock or symbol is left to the file."""

    name: str
    series: str
    rows: int
    first: str
    last: str = ""
    clock: str = ""
    symbol: str = ""
    twin: str = ""


ORIGINALS = [
    Original(
        "mt5export_XAUUSD_M15_DATE_TIME_tab.csv", "XAUUSD/M15", 19418, "2025-01-01T23:00", "2025-10-27T20:45"
    ),
    Original(
        "mt5export_US30m_H1_202401012300_202509082200.csv",
        "US30/H1",
        9890,
        "2024-01-01T23:00",
        "2025-09-08T22:00",
        twin="US30_H1_exnesslike",
    ),
    Original(
        "mt5like_EURUSD_M1_201806_date_time_tab.csv",
        "EURUSD/M1",
        30203,
        "2018-05-31T21:00",
        "2018-06-29T20:59",
        clock="eet",
        twin="EURUSD_M1_brokerH201806",
    ),
    Original(
        "DAT_ASCII_EURUSD_M1_202306.csv",
        "EURUSD/M1",
        16752,
        "2023-06-01T04:00",
        "2023-06-23T18:58",
        clock="ny",
        twin="EURUSD_M1_histdata202306",
    ),
    Original(
        "DAT_MT_EURUSD_M1_202006.csv",
        "EURUSD/M1",
        6771,
        "2020-06-01T04:00",
        "2020-06-05T20:58",
        clock="ny",
        twin="EURUSD_M1_histdata202006",
    ),
    Original(
        "DAT_NT_EURUSD_M1_202005.csv",
        "EURUSD/M1",
        22565,
        "2020-05-01T04:00",
        "2020-05-22T20:58",
        twin="EURUSD_M1_histdata202005",
    ),
    Original(
        "histdata_ticks_DAT_ASCII_T_202001_sample.csv",
        "AUDUSD/TICK",
        0,
        "2020-01-01T22:00",
        clock="ny",
        symbol="AUDUSD",
    ),
    Original("truefx_usdjpy_ticks_2013_sample.csv", "USDJPY/TICK", 1000, "2013-01-01T22:00"),
    Original(
        "fxcm_gbpusd-m1-bid-2012.csv",
        "GBPUSD/M1",
        30117,
        "2012-02-01T00:00",
        "2012-03-01T00:00",
        twin="GBPUSD_M1_fxcm201202_bidask",
    ),
    Original(
        "binanceus_BTCUSDT_1m_20230301_20230321.csv",
        "BTCUSDT/M1",
        30240,
        "2023-03-01T00:00",
        "2023-03-21T23:59",
        twin="BTCUSDT_M1_binanceus",
    ),
    Original(
        "binance_vision_ADABTC-1m-2021-11-27_stub.csv",
        "ADABTC/M1",
        10,
        "2021-11-27T00:00",
        "2021-11-27T00:09",
    ),
    Original(
        "kraken_XBTUSD_5.csv",
        "BTCUSD/M5",
        25901,
        "2023-01-01T00:00",
        "2023-03-31T23:55",
        twin="BTCUSD_M5_kraken",
    ),
    Original("firstrate_NQ_5min_sample.csv", "NQ/M5", 2943, "2023-11-19T23:00", "2023-12-04T21:55"),
    Original("dukascopy-node_btcusd_tick_20230220T12.json", "BTCUSD/TICK", 8523, "2023-02-20T12:00"),
]

# Not one series, or defective on purpose: contracts side by side, one unreadable stamp, 198 repeats.
CLOSE_STAMPED = "6EH4_M1_cme"
NOT_CLEAN = {"ES_M1_lean_contracts", "EURUSD_M15_dukalike2020b", "EURUSD_M5_fixm0330"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("case", ORIGINALS, ids=lambda case: case.name)
def test_an_original_file_imports_whole_and_equals_its_twin(
    desk: Desk, real_data: Path, case: Original
) -> None:
    report = desk.bring(real_data / "raw" / case.name, tz=case.clock, symbol=case.symbol)
    coverage = report.coverage

    assert report.quarantined == {}
    assert f"{report.key.symbol}/{report.key.timeframe}" == case.series
    assert report.added == coverage.rows == (case.rows or report.rows)
    assert coverage.first is not None
    assert coverage.last is not None
    assert iso(coverage.first).startswith(case.first)
    assert iso(coverage.last).startswith(case.last)
    if case.twin:
        assert_same_rows(desk, report, pl.read_parquet(real_data / "bars" / f"{case.twin}.parquet"))


def assert_same_rows(desk: Desk, report: SeriesReport, truth: pl.DataFrame) -> None:
    stored = desk.store.read(report.key)
    assert stored.ts.tolist() == truth["ts"].dt.epoch("ns").to_list()
    for name in ("open", "high", "low", "close"):
        points = np.rint(truth[name].to_numpy() * 10**stored.digits).astype(np.int64)
        assert np.array_equal(getattr(stored, name), points), name


@pytest.mark.parametrize(("half", "lost"), [("0-10k", 326), ("90-100k", 321)])
def test_lost_decimal_points_are_found_to_the_row(desk: Desk, real_data: Path, half: str, lost: int) -> None:
    path = real_data / "dirty" / f"EURUSD_M1_{half}_decimal_point_lost.csv"
    report = desk.bring(path, tz="utc")
    stored = desk.store.read(report.key)
    # The truth is another broker's M15 close of the same minute.
    truth = pl.read_parquet(real_data / "bars/EURUSD_M15_brokerJ.parquet")
    last_minute = (truth["ts"].dt.epoch("ns") + 14 * NS_PER_MINUTE).to_numpy()
    _, mine, theirs = np.intersect1d(stored.ts, last_minute, return_indices=True)
    apart = np.abs(stored.close[mine] - truth["close"].to_numpy()[theirs] * 1e5)

    assert report.quarantined == {"decimal_shift": lost}
    assert report.deliveries[0].signs == ()
    assert len(apart) > 300
    assert apart.max() < 60


def test_quoted_lines_hold_198_repeats_on_a_clock_three_and_a_half_hours_behind(
    desk: Desk, real_data: Path
) -> None:
    report = desk.bring(real_data / "dirty/EURUSD_M5_quoted_lines_utc-0330.csv")

    assert report.quarantined == {"duplicate_same": 198}
    assert report.reported == {"out_of_order": 13}
    assert report.deliveries[0].clock.rule == "utc-03:30"
    assert report.coverage.first is not None
    assert iso(report.coverage.first) == "2021-06-24T19:35:00Z"


@pytest.mark.parametrize("tz", ["", "utc+2"])
def test_a_clock_change_inside_a_file_is_refused_naming_when(desk: Desk, real_data: Path, tz: str) -> None:
    path = real_data / "dirty/mt4_XAUUSD_1min_clock_change_mid_file.csv"
    with pytest.raises(DataError, match=r"clock changes by -1 hours.*2024-0(7-29|7-31|8-0[1-5])"):
        desk.bring(path, tz=tz)

    assert desk.store.keys() == []


def test_a_hole_of_a_year_is_one_missing_gap(desk: Desk, real_data: Path) -> None:
    report = desk.bring(real_data / "dirty/mt4export_EURUSD1_2011-2012_huge_gaps.csv", tz="utc+1")
    gap = report.coverage.longest

    assert report.quarantined == {}
    assert gap is not None
    assert (gap.end - gap.start) // NS_PER_HOUR == 8205


def test_a_garbage_prefix_costs_one_row_and_names_its_line(desk: Desk, real_data: Path) -> None:
    report = desk.bring(real_data / "dirty/EURUSD_M15_garbage_prefix_first_row_no_header.csv")
    manifest = desk.store.manifest(report.key)
    assert manifest is not None
    assert manifest.quarantine is not None
    (row,) = pl.read_parquet(desk.store.folder(report.key) / manifest.quarantine.file).iter_rows(named=True)

    assert (row["line"], row["rule"]) == (1, "unparseable_time")
    assert row["raw"].startswith("-(2018-10-12 12:00")


def test_daily_and_hourly_rows_inside_half_hours_are_kept_out(desk: Desk, real_data: Path) -> None:
    report = desk.bring(real_data / "dirty/EURUSD_M30_mixed_D1_and_M30_rows.csv")

    # 1,964 days until 2023-02-03, 1,809 hours until 2023-05-20, then half hours.
    assert report.quarantined == {"mixed_timeframe": 1964 + 1809}
    assert report.deliveries[0].clock.rule == "ny+7"
    assert report.coverage.first is not None
    assert iso(report.coverage.first) == "2023-05-21T22:00:00Z"


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("EURUSD_M1_WilliamPapier", ["weekend_bars"]),
        ("GBPUSD_M1_andriikondratiuk", ["weekend_bars", "ohlc_violation"]),
    ],
)
def test_generated_files_are_called_what_they_are(
    desk: Desk, real_data: Path, name: str, signs: list[str]
) -> None:
    (path,) = (real_data / "synthetic_traps").glob(f"{name}*")
    report = desk.bring(path, tz="utc", request=Request(force=True))

    assert [sign.name for sign in report.deliveries[0].signs] == signs


def test_a_generated_file_with_impossible_stamps_is_refused(desk: Desk, real_data: Path) -> None:
    (path,) = (real_data / "synthetic_traps").glob("EURUSD_M1_joker*")
    signs = r"sub_second 2,999.*within a second.*many decimals.*impossible highs"
    with pytest.raises(DataError, match=signs):
        desk.bring(path, tz="utc")


def test_the_two_real_three_percent_gold_bars_stay(desk: Desk, real_data: Path) -> None:
    report = desk.bring(real_data / "bars/XAUUSD_M15_ftmo.parquet")
    stored = set(desk.store.read(report.key).ts.tolist())

    for moment in ("2026-01-29T15:15", "2026-03-23T11:00"):
        assert int(np.datetime64(moment, "ns").astype(np.int64)) in stored
    assert report.quarantined == {}


def test_all_contracts_of_a_zip_are_stored_side_by_side(desk: Desk, real_data: Path) -> None:
    options = FileOptions(source_tz="utc")
    source = FilesOnDisk("lean", str(real_data / "raw/lean_es_20131218_trade.zip"), real_data, options)
    harvest = source.fetch(Request(), desk.surroundings())

    assert harvest.failures == []
    assert {report.key.symbol for report in harvest.reports} == {"ESZ13", "ESH14", "ESM14", "ESU14", "ESZ14"}
    assert all(report.quarantined == {} for report in harvest.reports)


@pytest.mark.parametrize(("asked", "stored"), [((), 8), (("ES",), 8), (("ESZ13",), 1)])
def test_all_contracts_of_a_column_are_stored_side_by_side(
    desk: Desk, real_data: Path, asked: tuple[str, ...], stored: int
) -> None:
    source = FilesOnDisk("es", str(real_data / "bars/ES_M1_lean_contracts.parquet"), real_data, FileOptions())
    harvest = source.fetch(Request(symbols=asked, timeframe=TIMEFRAMES["M1"]), desk.surroundings())
    rows = {report.key.symbol: report.added for report in harvest.reports}

    assert harvest.failures == []
    assert all(report.quarantined == {} for report in harvest.reports)
    assert len(rows) == stored
    assert rows["ESZ13"] == 16673


def test_real_close_stamps_are_converted_to_opens(desk: Desk, real_data: Path) -> None:
    report = desk.bring(real_data / "bars/6EH4_M1_cme.parquet", symbol="6EH4")

    assert report.deliveries[0].clock.rule == "utc@close"
    assert "22 of 22 sessions begin and end a bar late" in report.deliveries[0].clock.evidence[0]
    assert report.coverage.first is not None
    assert iso(report.coverage.first) == "2024-01-01T23:00:00Z"


def test_a_real_column_of_zeros_is_unknown(desk: Desk, real_data: Path) -> None:
    report = desk.bring(real_data / "bars/EURUSD_M15_brokerJ.parquet")

    # Its spread is zero in 95 of 100 rows, not in all: it is kept as the file states it.
    assert [note.split()[0] for note in report.deliveries[0].notes] == ["real_volume"]
    assert set(desk.store.read(report.key).real_volume.tolist()) == {-1}


def test_crossed_quotes_stay_with_an_unknown_spread(desk: Desk, real_data: Path) -> None:
    report = desk.bring(real_data / "bars/GBPUSD_M1_fxcm201202_bidask.parquet")
    stored = desk.store.read(report.key)

    assert report.reported == {"crossed_spread": int(np.count_nonzero(stored.spread < 0))}
    assert len(stored) == 30117


@pytest.mark.proof
def test_no_row_of_any_clean_file_is_kept_out(
    desk: Desk, real_data: Path, proof_facts: dict[str, object]
) -> None:
    rows = 0
    files = sorted((*real_data.glob("bars/*.parquet"), *real_data.glob("ticks/*.parquet")))
    for path in files:
        if path.stem in NOT_CLEAN:
            continue
        symbol = path.stem.split("_")[0]
        report = desk.bring(path, path.stem.split("_", 2)[2][:32], symbol=symbol)
        truth = pl.read_parquet(path)
        assert report.quarantined == {}, path.name
        assert report.deliveries[0].signs == (), path.name
        assert report.added == len(truth), path.name
        if report.key.timeframe != TICK:
            if path.stem == CLOSE_STAMPED:
                truth = truth.with_columns(pl.col("ts").dt.offset_by("-1m"))
            assert_same_rows(desk, report, truth)
        assert report.deliveries[0].clock.rule.endswith("@close") is (path.stem == CLOSE_STAMPED), path.name
        rows += report.added
    proof_facts.update(files=len(files) - len(NOT_CLEAN), rows=rows, quarantined=0)
