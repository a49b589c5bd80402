"""Every format: recognised from a few lines of its text, and read right."""

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ictcli.errors import DataError, UsageError
from ictcli.sources.files.opening import open_file
from ictcli.sources.files.registry import formats

pytestmark = pytest.mark.jit_off


@dataclass(frozen=True)
class Sample:
    """A tiny file of one format and what must be read from it."""

    format: str
    name: str
    text: str
    first: str
    line: int
    values: dict[str, float]
    clock: str | None = None
    kind: str = "bars"
    symbol: str | None = None
    timeframe: str | None = None


OHLC = {"open": 1.1, "high": 1.3, "low": 1.0, "close": 1.2}
MT5_HEADER = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n"
KLINE = "1.1,1.3,1.0,1.2,36.5,{0},1.03,79,19.0,0.5,0\n"

SAMPLES = {
    "mt5": Sample(
        "mt5",
        "XAUUSD_M15_202501.csv",
        MT5_HEADER + "2025.01.02\t01:15:00\t1.1\t1.3\t1.0\t1.2\t460\t7\t43\r\n" * 2,
        "2025-01-02T01:15",
        2,
        OHLC | {"tick_volume": 460, "real_volume": 7, "spread": 43},
        symbol="XAUUSD",
        timeframe="M15",
    ),
    "mt5 daily": Sample(
        "mt5",
        "US30m_Daily.csv",
        MT5_HEADER.replace("<TIME>\t", "") + "2025.01.02\t1.1\t1.3\t1.0\t1.2\t460\t7\t43\r\n",
        "2025-01-02",
        2,
        OHLC | {"spread": 43},
        symbol="US30m",
        timeframe="D1",
    ),
    "mt5 ticks": Sample(
        "mt5",
        "EURUSD_ticks.csv",
        "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n"
        "2025.01.02\t01:15:00.123\t1.1\t1.2\t\t\t6\n2025.01.02\t01:15:00.200\t1.15\t\t\t\t2\n",
        "2025-01-02T01:15:00.123",
        2,
        {"bid": 1.1, "ask": 1.2},
        kind="ticks",
        symbol="EURUSD",
        timeframe="TICK",
    ),
    "mt5like": Sample(
        "mt5like",
        "EURUSD_M1.csv",
        "date\ttime\topen\thigh\tlow\tclose\ttickvolume\tvolume\tspread\r\n"
        "2018.06.01\t00:01:00\t1.1\t1.3\t1.0\t1.2\t8\t0\t47\r\n",
        "2018-06-01T00:01",
        2,
        OHLC | {"tick_volume": 8, "real_volume": 0, "spread": 47},
        symbol="EURUSD",
        timeframe="M1",
    ),
    "mt4": Sample(
        "mt4",
        "EURUSD60.csv",
        "2024.05.10,10:36,1.1,1.3,1.0,1.2,51\n" * 3,
        "2024-05-10T10:36",
        1,
        OHLC | {"tick_volume": 51},
        symbol="EURUSD",
        timeframe="H1",
    ),
    "histdata_mt": Sample(
        "histdata_mt",
        "DAT_MT_EURUSD_M1_202006.csv",
        "2020.06.01,00:00,1.100000,1.300000,1.000000,1.200000,0\n" * 3,
        "2020-06-01",
        1,
        OHLC,
        symbol="EURUSD",
        timeframe="M1",
    ),
    "histdata_ascii": Sample(
        "histdata_ascii",
        "DAT_ASCII_EURUSD_M1_202306.csv",
        "20230601 000100;1.100000;1.300000;1.000000;1.200000;0\n" * 3,
        "2023-06-01T00:01",
        1,
        OHLC,
        symbol="EURUSD",
        timeframe="M1",
    ),
    "histdata_nt": Sample(
        "histdata_nt",
        "DAT_NT_EURUSD_M1_202005.csv",
        "20200501 000000,1.1,1.3,1.0,1.2,0\r\n" * 3,
        "2020-05-01",
        1,
        OHLC,
        symbol="EURUSD",
        timeframe="M1",
    ),
    "histdata_ticks": Sample(
        "histdata_ticks",
        "DAT_ASCII_EURUSD_T_202001.csv",
        "20200101 170000065,1.121200,1.121720,0\n" * 3,
        "2020-01-01T17:00:00.065",
        1,
        {"bid": 1.1212, "ask": 1.12172},
        kind="ticks",
        symbol="EURUSD",
        timeframe="TICK",
    ),
    "truefx raw": Sample(
        "truefx",
        "export.csv",
        "EUR/USD,20130101 21:59:59.123,1.3,1.4\n" * 3,
        "2013-01-01T21:59:59.123",
        1,
        {"bid": 1.3, "ask": 1.4},
        clock="utc",
        kind="ticks",
        symbol="EUR/USD",
        timeframe="TICK",
    ),
    "truefx headed": Sample(
        "truefx",
        "truefx_usdjpy_ticks.csv",
        "timestamp,bid,ask\n2013-01-01 22:00:00.295000+01:00,86.655,86.728\n",
        "2013-01-01T21:00:00.295",
        2,
        {"bid": 86.655, "ask": 86.728},
        clock="utc",
        kind="ticks",
        symbol="USDJPY",
        timeframe="TICK",
    ),
    "dukascopy bars": Sample(
        "dukascopy",
        "EURUSD_Candlestick_1_M_BID.csv",
        "Gmt time,Open,High,Low,Close,Volume\n02.01.2020 00:01:00.000,1.1,1.3,1.0,1.2,36.5\n",
        "2020-01-02T00:01",
        2,
        OHLC | {"real_volume": 36.5},
        clock="utc",
        symbol="EURUSD",
    ),
    "dukascopy ticks": Sample(
        "dukascopy",
        "EURUSD_Ticks.csv",
        "Local time,Ask,Bid,AskVolume,BidVolume\n02.01.2020 01:01:00.084 GMT+0100,1.2,1.1,1,1\n",
        "2020-01-02T00:01:00.084",
        2,
        {"bid": 1.1, "ask": 1.2},
        clock="utc",
        kind="ticks",
        symbol="EURUSD",
        timeframe="TICK",
    ),
    "dukascopy json": Sample(
        "dukascopy",
        "btcusd_tick.json",
        json.dumps([{"timestamp": 1676894400084, "askPrice": 24921.5, "bidPrice": 24849}] * 2),
        "2023-02-20T12:00:00.084",
        1,
        {"bid": 24849.0, "ask": 24921.5},
        clock="utc",
        kind="ticks",
        symbol="BTCUSD",
        timeframe="TICK",
    ),
    "binance": Sample(
        "binance",
        "ADABTC-1m-2021-11-27.csv",
        "1637971200000," + KLINE.format(1637971259999) + "1637971260000," + KLINE.format(1637971319999),
        "2021-11-27",
        1,
        OHLC | {"real_volume": 36.5, "tick_volume": 79},
        clock="utc",
        symbol="ADABTC",
        timeframe="M1",
    ),
    "binance headed, microseconds": Sample(
        "binance",
        "BTCUSDT-5m-2025-01.csv",
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
        "taker_buy_quote_volume,ignore\n1637971200000000," + KLINE.format(1637971259999999),
        "2021-11-27",
        2,
        OHLC,
        clock="utc",
        symbol="BTCUSDT",
        timeframe="M5",
    ),
    "kraken": Sample(
        "kraken",
        "XBTUSD_5.csv",
        "1672531200,1.1,1.3,1.0,1.2,2.11146726,78\n1672531500,1.1,1.3,1.0,1.2,1.29451766,61\n",
        "2023-01-01",
        1,
        OHLC | {"real_volume": 2.11146726, "tick_volume": 78},
        clock="utc",
        symbol="XBTUSD",
        timeframe="M5",
    ),
    "firstrate": Sample(
        "firstrate",
        "ES_full_5min_continuous_UNadjusted.txt",
        "2023-11-19 18:00:00,1.1,1.3,1.0,1.2,2115\n" * 3,
        "2023-11-19T18:00",
        1,
        OHLC | {"real_volume": 2115},
        clock="ny",
        symbol="ES",
        timeframe="M5",
    ),
    "generic with offset": Sample(
        "generic_csv",
        "binanceus_BTCUSDT_1m_20230301.csv",
        "open_time,open,high,low,close,volume\n2023-03-01 00:00:00+02:00,1.1,1.3,1.0,1.2,2.131777\n",
        "2023-02-28T22:00",
        2,
        OHLC | {"real_volume": 2.131777},
        clock="utc",
        symbol="BTCUSDT",
        timeframe="M1",
    ),
    "generic naive, sub-second, semicolon and decimal comma": Sample(
        "generic_csv",
        "x.csv",
        "Time;Open;High;Low;Close;Volume\n2025-12-31T10:54:20.417557;1,1;1,3;1,0;1,2;249\n",
        "2025-12-31T10:54:20.417557",
        2,
        OHLC | {"tick_volume": 249},
    ),
    "generic date and time, day first": Sample(
        "generic_csv",
        "x.csv",
        "Date|Time|Open|High|Low|Close|Volume|Ticks\n31/01/2020|10:05|1.1|1.3|1.0|1.2|249|3\n",
        "2020-01-31T10:05",
        2,
        OHLC | {"tick_volume": 3, "real_volume": 249},
    ),
    "generic without header, seven columns": Sample(
        "generic_csv",
        "x.csv",
        "2020-01-31,10:05,1.1,1.3,1.0,1.2,249\n" * 2,
        "2020-01-31T10:05",
        1,
        OHLC | {"tick_volume": 249},
    ),
    "generic without header, stray first row": Sample(
        "generic_csv",
        "EURUSD_M15.csv",
        "-(2018-10-12 12:00,1.1,1.3,1.0,1.2,28\n2018-10-12 12:15,1.1,1.3,1.0,1.2,26\n",
        "2018-10-12T12:15",
        2,
        OHLC | {"tick_volume": 26},
        symbol="EURUSD",
        timeframe="M15",
    ),
    "generic ticks with nanoseconds": Sample(
        "generic_csv",
        "x.csv",
        "ts,bid,ask\n1637971200000000001,1.1,1.2\n",
        "2021-11-27",
        2,
        {"bid": 1.1, "ask": 1.2},
        clock="utc",
        kind="ticks",
        timeframe="TICK",
    ),
    "generic with ask prices": Sample(
        "generic_csv",
        "x.csv",
        "timestamp,open,high,low,close,close_ask\n2020-01-31 10:05,1.1,1.3,1.0,1.2,1.25\n",
        "2020-01-31T10:05",
        2,
        OHLC | {"ask_close": 1.25},
    ),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_a_format_is_recognised_and_read(
    sample: Sample, tmp_path: Path, read: Callable[..., Any], at: Callable[[str], int]
) -> None:
    path = tmp_path / sample.name
    path.write_text(sample.text, newline="")
    whole = read(path)
    chosen = whole.reader.format
    assert (chosen.name, chosen.kind, chosen.clock) == (sample.format, sample.kind, sample.clock)
    assert (whole.reader.symbol_hint, whole.reader.timeframe_hint) == (sample.symbol, sample.timeframe)
    assert whole.wall[0] // 1000 == at(sample.first) // 1000
    assert whole.line[0] == sample.line
    assert {name: whole.values(name)[0] for name in sample.values} == sample.values


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_naming_the_recognised_format_changes_nothing(
    sample: Sample, tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = tmp_path / sample.name
    path.write_text(sample.text, newline="")
    sniffed, named = read(path), read(path, format=sample.format)
    assert named.wall == sniffed.wall
    assert named.rejected == sniffed.rejected
    assert named.reader.format == sniffed.reader.format


def test_every_text_format_has_a_sample() -> None:
    covered = {sample.format for sample in SAMPLES.values()} | {"lean_zip", "generic_parquet"}
    assert covered == {entry.name for entry in formats()}


def test_lean_minutes_count_from_midnight_of_the_date_in_the_name(
    tmp_path: Path, read: Callable[..., Any], at: Callable[[str], int]
) -> None:
    path = tmp_path / "20131218_trade.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("20131218_es_minute_trade_201403.csv", "60000,1.1,1.3,1.0,1.2,10\n")
        archive.writestr("20131218_es_minute_trade_201406.csv", "120000,1.1,1.3,1.0,1.2,10\n")
    with pytest.raises(DataError, match=r"201403\.csv, 20131218_es_minute_trade_201406\.csv") as refused:
        open_file(path)
    assert "--symbol" in refused.value.hint
    assert read(path, member="ES_201403").reader.symbol_hint == "ES_201403"
    with pytest.raises(DataError, match="2 of them match '20131218'"):
        open_file(path, member="20131218")
    whole = read(path, member="201406")
    assert whole.reader.format.name == "lean_zip"
    assert whole.wall == [at("2013-12-18T00:02")]
    assert (whole.reader.symbol_hint, whole.reader.timeframe_hint) == ("ES_201406", "M1")


def test_lean_quotes_carry_both_sides(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "quote.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("20140501_eurusd_minute_quote.csv", "60000,1.1,1.3,1.0,1.2,0,2.1,2.3,2.0,2.2,0\n")
    whole = read(path)
    assert (whole.values("close"), whole.values("ask_close")) == ([1.2], [2.2])


def test_text_that_two_formats_share_names_one_and_mentions_the_other(tmp_path: Path) -> None:
    text = SAMPLES["mt4"].text
    plain, named = tmp_path / "EURUSD1.csv", tmp_path / "DAT_MT_EURUSD_M1_202006.csv"
    plain.write_text(text)
    named.write_text(text)
    assert open_file(plain).format.name == "mt4"
    assert "histdata_mt" in open_file(plain).alternatives
    assert open_file(named).format.name == "histdata_mt"
    assert "mt4" in open_file(named).alternatives


def test_a_side_missing_from_a_terminal_tick_repeats_the_one_before(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    sample = SAMPLES["mt5 ticks"]
    path = tmp_path / sample.name
    path.write_text(sample.text + "2025.01.02\t01:15:01\t\t1.3\t\t\t4\n", newline="")
    for rows in (1, 2, 10):
        whole = read(path, rows)
        assert whole.values("bid") == [1.1, 1.15, 1.15]
        assert whole.values("ask") == [1.2, 1.2, 1.3]


def test_a_row_of_another_pair_is_rejected(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "x.csv"
    rows = ["EUR/USD,20130101 21:59:59.123,1.3,1.4\n"] * 20 + ["USD/JPY,20130101 21:59:59.123,86.1,86.2\n"]
    path.write_text("".join(rows))
    whole = read(path)
    assert whole.rules == [(21, "other_symbol")]
    assert len(whole.wall) == 20


def test_a_column_map_reads_any_names_and_column_numbers(
    tmp_path: Path, read: Callable[..., Any], at: Callable[[str], int]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Zeit;A;B;C;D;Stück\n2020-01-31 10:05;1.1;1.3;1.0;1.2;7\n", encoding="utf-8")
    columns = {"ts": "Zeit", "open": "A", "high": "B", "low": "c", "close": "5", "real_volume": "Stück"}
    whole = read(path, columns=columns)
    assert whole.wall == [at("2020-01-31T10:05")]
    assert (whole.values("low"), whole.values("close"), whole.values("real_volume")) == ([1.0], [1.2], [7.0])


def test_a_column_map_reads_a_file_without_header(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,1.2,1.0,1.3,1.1,2020-01-31 10:05,q,r,s\n" * 2)
    whole = read(path, columns={"ts": "6", "open": "5", "high": "4", "low": "3", "close": "2"})
    assert (whole.values("open"), whole.values("close"), whole.line) == ([1.1, 1.1], [1.2, 1.2], [1, 2])


@pytest.mark.parametrize(
    ("columns", "error", "says"),
    [
        ({"price": "A"}, UsageError, "unknown column name 'price'"),
        ({"open": "Nope"}, DataError, "no column 'Nope'"),
        ({"open": "A", "close": "a"}, UsageError, "mapped twice"),
    ],
)
def test_a_wrong_column_map_is_refused(
    tmp_path: Path, columns: dict[str, str], error: type[Exception], says: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("ts,A,high,low,close\n2020-01-31 10:05,1.1,1.3,1.0,1.2\n")
    with pytest.raises(error, match=says):
        open_file(path, columns=columns)


def test_bytes_that_are_no_text_are_called_that(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(bytes(range(128, 256)) * 20)
    with pytest.raises(DataError, match="has no format we know: it starts with binary data"):
        open_file(path)
    path.write_text("Währung\tnicht bekannt 7\n", "utf-8")
    with pytest.raises(DataError, match="it starts '"):
        open_file(path)


def test_a_format_that_does_not_fit_is_refused_with_the_start_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(SAMPLES["kraken"].text)
    with pytest.raises(DataError, match=r"not a mt5 file: it starts '1672531200"):
        open_file(path, format="mt5")
    with pytest.raises(DataError, match="not a Parquet file"):
        open_file(path, format="generic_parquet")
    with pytest.raises(UsageError, match="unknown file format 'mt6'"):
        open_file(path, format="mt6")


def test_days_and_months_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Date,Open,High,Low,Close\n01/02/2020 10:05,1.1,1.3,1.0,1.2\n")
    with pytest.raises(DataError, match="day and month"):
        open_file(path)


def test_prices_with_thousands_separators_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Date;Open;High;Low;Close\n2020-01-31 10:05;1.100,5;1.300,5;1.000,5;1.200,5\n")
    with pytest.raises(DataError, match="no format we know"):
        open_file(path)


def test_a_terminal_export_with_commas_or_decimal_commas_is_read(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = tmp_path / "XAUUSD_M15.csv"
    path.write_text(SAMPLES["mt5"].text.replace("\t", ","), newline="")
    assert read(path).values("close") == [1.2, 1.2]
    path.write_text(re.sub(r"\b1\.(?=\d\t)", "1,", SAMPLES["mt5"].text), newline="")
    assert read(path, format="mt5").values("close") == [1.2, 1.2]


def test_lean_names_without_a_true_date_are_not_lean(tmp_path: Path) -> None:
    path = tmp_path / "20131318_es_minute_trade_201403.csv"
    path.write_text("60000,1.1,1.3,1.0,1.2,10\n" * 3)
    with pytest.raises(DataError, match="not a lean_zip file"):
        open_file(path, format="lean_zip")


def test_headed_bid_and_ask_without_times_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "truefx.csv"
    path.write_text("timestamp,bid,ask\nnever,1.1,1.2\n")
    with pytest.raises(DataError, match="no format we know"):
        open_file(path)
