"""What file names give away."""

import pytest

from ictcli.sources.files.names import hints_of


@pytest.mark.parametrize(
    ("name", "symbol", "timeframe"),
    [
        ("XAUUSD_M15_ftmo.parquet", "XAUUSD", "M15"),
        ("US30m_H1_202401012300_202509082200.csv", "US30m", "H1"),
        ("DAT_ASCII_EURUSD_M1_202306.csv", "EURUSD", "M1"),
        ("DAT_ASCII_EURUSD_T_202001.csv", "EURUSD", "TICK"),
        ("DAT_ASCII_T_202001.csv", None, "TICK"),
        ("kraken_XBTUSD_5.csv", "XBTUSD", "M5"),
        ("XBTUSD_1440.csv", "XBTUSD", "D1"),
        ("binanceus_BTCUSDT_1m_20230301_20230321.csv", "BTCUSDT", "M1"),
        ("BTCUSDT_1M.csv", "BTCUSDT", "MN1"),
        ("ADABTC-1m-2021-11-27.csv", "ADABTC", "M1"),
        ("mt4export_EURUSD1_2011-2012_huge_gaps.csv", "EURUSD", "M1"),
        ("EURUSD60.csv", "EURUSD", "H1"),
        ("US30.csv", None, None),
        ("firstrate_NQ_5min_sample.csv", "NQ", "M5"),
        ("AUDUSD.x_M15.csv.gz", "AUDUSD.x", "M15"),
        ("fxcm_gbpusd-m1-bid-2012.csv", "GBPUSD", "M1"),
        ("EURUSD_ticks_fxcm_201405.parquet", "EURUSD", "TICK"),
        ("EURUSD_7h.csv", "EURUSD", None),
        ("eurusd.csv", "EURUSD", None),
        ("", None, None),
        ("prices.csv", None, None),
    ],
)
def test_symbol_and_timeframe_come_from_the_name(
    name: str, symbol: str | None, timeframe: str | None
) -> None:
    assert hints_of(name) == (symbol, timeframe)
