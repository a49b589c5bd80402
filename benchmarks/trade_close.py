"""Bars that close together, and all that is decided on them: 20 symbols, 3 timeframes each, one account.

    python benchmarks/trade_close.py [--hours 250] [--strategy NAME ...]

Every hour all 60 series close at one instant; the 20 shortest close alone eight times in between. Measured
is `Account.close`: detectors (one compiled call per strategy and series), strategies, sizing, risk, orders
and what is wanted of the broker; nothing is filled. The floor is what detectors and strategies take by
themselves, in the same run. Nothing of it waits for disk or network: the limit is held against the work of
the processor, which other programs do not lengthen. Exits 1 when it is missed.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from ictcli.clock import NS_PER_HOUR
from ictcli.config.records import Config
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.accounts import Floor
from ictcli.research.choices import choose_strategies
from ictcli.research.playing import settings_of
from ictcli.research.series import Series
from ictcli.trading.account import Account, Closed
from ictcli.trading.assembly import assemble
from ictcli.trading.minds import Mind, mind_of

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.market.tiled import simulated

MOST_P99 = 50.0
"""Milliseconds."""
SYMBOLS = 20
FRAMES = ("M5", "M15", "H1")
WARM_HOURS = 14 * 24
APART = 10_007
"""Minutes between what two symbols show of one simulated market: no two decide alike."""


def floor_of() -> Floor:
    """Symbols with their timeframes."""
    minutes = simulated()
    spec = load_symbols(Path("absent.toml")).require("EURUSD")
    series = []
    for number in range(SYMBOLS):
        own = msgspec.structs.replace(spec, name=f"S{number:02d}USD", base=f"S{number:02d}", aliases=())
        moved = rolled(minutes, number * APART)
        for name in FRAMES:
            frame = TIMEFRAMES[name]
            bars = resample(moved, frame, calendar(spec.calendar))
            key = SeriesKey("sim", own.name, frame)
            series.append(Series(key, key, "", own, bars))
    return Floor(tuple(series), len(series), (None,) * len(series))


def rolled(bars: Bars, by: int) -> Bars:
    """The same instants with prices from elsewhere."""
    columns = {name: np.roll(getattr(bars, name), by) for name in ("open", "high", "low", "close")}
    return replace(bars, **columns)


def until(bars: Bars, instant: int) -> int:
    """How many bars have closed by an instant."""
    return int(np.searchsorted(bars.ts_close, instant, side="right"))


def minds_of(floor: Floor, names: Sequence[str]) -> list[tuple[int, Mind]]:
    """The same steps without an account, by series: the floor of what a close can cost."""
    choices = choose_strategies(names, {}, {})
    return [
        (s, mind_of(choice, settings_of(one, Config()), None))
        for s, one in enumerate(floor.series)
        for choice in choices
    ]


class Race:
    """An account and its strategies without one, over the same bars.

    Args:
        floor: what is traded.
        names: of the strategies.
    """

    def __init__(self, floor: Floor, names: Sequence[str]) -> None:
        self._bars = [one.bars for one in floor.series]
        choices = choose_strategies(names, {}, {})
        self.account: Account = assemble(floor, choices, Config(), [None] * len(choices)).account
        self._alone = minds_of(floor, names)
        warm = int(self._bars[0].ts[0]) + WARM_HOURS * NS_PER_HOUR
        self._at = [until(bars, warm) for bars in self._bars]
        known = [bars.slice(0, at) for bars, at in zip(self._bars, self._at, strict=True)]
        self.account.learn(known)
        for s, mind in self._alone:
            mind.learn(known[s])
        self.asked = 0

    def next_instant(self) -> tuple[int, list[Closed]]:
        """The next instant at which bars close, and these."""
        ends = [int(bars.ts_close[at]) for bars, at in zip(self._bars, self._at, strict=True)]
        now = min(ends)
        closed = [
            Closed(s, self._bars[s].slice(self._at[s], self._at[s] + 1))
            for s, end in enumerate(ends)
            if end == now
        ]
        for one in closed:
            self._at[one.series] += 1
        return now, closed

    def close(self, now: int, closed: Sequence[Closed]) -> tuple[float, float]:
        """Milliseconds of the account, and of them those of the processor."""
        worked, begun = time.thread_time(), time.perf_counter()
        wishes, _ = self.account.close(now, closed)
        took, work = time.perf_counter() - begun, time.thread_time() - worked
        self.asked += len(wishes)
        return took * 1000, work * 1000

    def alone(self, closed: Sequence[Closed]) -> float:
        """Milliseconds of the steps by themselves."""
        bars = {one.series: one.bar for one in closed}
        begun = time.perf_counter()
        for s, mind in self._alone:
            if s in bars:
                mind.push(bars[s])
        return (time.perf_counter() - begun) * 1000


def line(what: str, times: Sequence[float]) -> str:
    """Quantiles in words."""
    p50, p99 = np.percentile(times, [50, 99])
    return f"{what:44s} p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   n {len(times)}"


def main() -> int:
    """Print the figures; 1 when one misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hours", type=int, default=250)
    parser.add_argument("--strategy", action="append")
    given = parser.parse_args()
    names = given.strategy or ["model2022", "fvg_retest"]
    race = Race(floor_of(), names)
    whole: list[float] = []
    work: list[float] = []
    alone: list[float] = []
    few: list[float] = []
    while len(whole) < given.hours + 2:
        now, closed = race.next_instant()
        took, worked = race.close(now, closed)
        floor = race.alone(closed)
        if len(closed) == SYMBOLS * len(FRAMES):
            whole.append(took)
            work.append(worked)
            alone.append(floor)
        elif len(closed) == SYMBOLS:
            few.append(took)
    print(f"{', '.join(names)}; {race.asked} requests came of it; load {os.getloadavg()[0]:.1f}")
    print(line("60 series close", whole[2:]))
    print(line("of it work of the processor", work[2:]) + f"   (bar: p99 {MOST_P99:.0f})")
    print(line("their detectors and strategies alone", alone[2:]))
    print(line("20 series close", few[2:]))
    print(f"ratio of medians to the steps alone          {np.median(whole[2:]) / np.median(alone[2:]):.2f}")
    return 0 if float(np.percentile(work[2:], 99)) < MOST_P99 else 1


if __name__ == "__main__":
    sys.exit(main())
