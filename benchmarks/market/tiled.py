"""Many one-minute bars, quickly: twelve weeks of the simulated market, one after the other.

Every second repetition is mirrored around the price at which it begins, so the price returns and never leaves
its region; repetitions begin whole weeks apart, so days, sessions and weekends stay.
"""

from pathlib import Path

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.market.bars import Bars, concat, make_bars
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.sim.market import SimMarket

START = 1_262_563_200_000_000_000
"""2010-01-04T00:00Z, a Monday."""

WEEKS = 12


def simulated(weeks: int = WEEKS) -> Bars:
    """Weeks of EURUSD of the simulated market without a planted edge."""
    market = SimMarket(load_symbols(Path("absent.toml")), ("EURUSD",), 7, 0.0, START)
    end = market.start + weeks * 7 * NS_PER_DAY
    return concat(list(market.bars("EURUSD", TIMEFRAMES["M1"], market.start, end)))


def tiled(bars: Bars, count: int) -> Bars:
    """The first ``count`` bars of the repetitions."""
    parts = []
    for tile in range(-(-count // len(bars))):
        later = tile * WEEKS * 7 * NS_PER_DAY
        prices = (bars.open, bars.high, bars.low, bars.close)
        if tile % 2:
            around = int(bars.open[0]) + int(bars.close[-1])
            prices = (around - bars.open, around - bars.low, around - bars.high, around - bars.close)
        ts = bars.ts + later
        parts.append(make_bars(bars.digits, ts, ts + NS_PER_MINUTE, prices, spread=bars.spread))
    return concat(parts).slice(0, count)


def write_csv(bars: Bars, path: Path) -> None:
    """The bars as a generic CSV, stamps in UTC."""
    stamps = np.datetime_as_string(bars.ts.astype("datetime64[ns]").astype("datetime64[s]"))
    columns = (getattr(bars, name).tolist() for name in ("open", "high", "low", "close"))
    with path.open("w", encoding="ascii") as stream:
        stream.write("time,open,high,low,close,tick_volume\n")
        stream.writelines(
            f"{stamp.replace('T', ' ')},{o / 1e5:.5f},{h / 1e5:.5f},{low / 1e5:.5f},{c / 1e5:.5f},1\n"
            for stamp, o, h, low, c in zip(stamps.tolist(), *columns, strict=True)
        )
