"""Every core column against its definition, written down a second time with array arithmetic."""

from collections.abc import Callable
from datetime import UTC
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.features.matrix import build
from ictcli.features.registry import SETS
from ictcli.market.bars import Bars
from ictcli.market.zones import NEW_YORK
from tests.features.worlds import QUARTER, bars_from, flat_from, scaled, wandering, without_volume

Floats = NDArray[np.float64]

SIZE = 420
PLACES = (*range(300, SIZE, 17), SIZE - 1)


def wilder(values: Floats, length: int) -> Floats:
    found = np.full(len(values), np.nan)
    found[length - 1] = values[:length].mean()
    for at in range(length, len(values)):
        found[at] = (found[at - 1] * (length - 1) + values[at]) / length
    return found


def exponential(values: Floats, length: int) -> Floats:
    found = np.full(len(values), np.nan)
    found[length - 1] = values[:length].mean()
    weight = 2 / (length + 1)
    for at in range(length, len(values)):
        found[at] = weight * values[at] + (1 - weight) * found[at - 1]
    return found


class Definition:
    """The columns of a series by name, as functions of the bar."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.o, self.h, self.l, self.c = (
            getattr(bars, name).astype(float) for name in ("open", "high", "low", "close")
        )
        self.v = bars.tick_volume.astype(float)
        self.r = np.concatenate(([np.nan], np.diff(np.log(self.c))))
        before = np.concatenate(([self.c[0]], self.c[:-1]))
        spans = np.maximum(self.h, before) - np.minimum(self.l, before)
        spans[0] = self.h[0] - self.l[0]
        self.atr = wilder(spans, 14)
        change = np.diff(self.c)
        self.gains = np.concatenate(([np.nan], wilder(np.maximum(change, 0), 14)))
        self.losses = np.concatenate(([np.nan], wilder(np.maximum(-change, 0), 14)))
        self.macd = exponential(self.c, 12) - exponential(self.c, 26)
        self.signal = np.concatenate((np.full(25, np.nan), exponential(self.macd[25:], 9)))
        self.balance = np.cumsum(np.concatenate(([0.0], np.sign(change) * self.v[1:])))

    def last(self, values: Floats, at: int, length: int) -> Floats:
        return values[at - length + 1 : at + 1]

    def rms(self, at: int, length: int) -> float:
        return float(np.sqrt(np.mean(self.last(self.r, at, length) ** 2)))

    def pctb(self, at: int) -> float:
        own = self.last(self.c, at, 20)
        return float((self.c[at] - (own.mean() - 2 * own.std())) / (4 * own.std()))

    def bw(self, at: int) -> float:
        own = self.last(self.c, at, 20)
        return float(4 * own.std() / own.mean())

    def volz(self, at: int) -> float:
        logs = np.log(1 + self.v)
        own = logs[at - 50 : at]
        return float(np.clip((logs[at] - own.mean()) / own.std(ddof=1), -8, 8))

    def obv(self, at: int) -> float:
        slope = np.polyfit(np.arange(20.0), self.last(self.balance, at, 20), 1)[0]
        return float(slope / self.last(self.v, at, 20).mean())

    def bvc(self, at: int) -> float:
        normal = NormalDist()
        shares = [2 * normal.cdf(one / self.rms(at, 100)) - 1 for one in self.last(self.r, at, 20)]
        volumes = self.last(self.v, at, 20)
        return float((volumes * np.array(shares)).sum() / volumes.sum())

    def cs(self, at: int) -> float:
        found = []
        root = 3 - 2 * np.sqrt(2)
        for bar in range(at - 19, at + 1):
            single = np.log(self.h[bar - 1 : bar + 1] / self.l[bar - 1 : bar + 1])
            beta = (single**2).sum()
            gamma = np.log(self.h[bar - 1 : bar + 1].max() / self.l[bar - 1 : bar + 1].min()) ** 2
            alpha = (np.sqrt(2 * beta) - np.sqrt(beta)) / root - np.sqrt(gamma / root)
            found.append(max(2 * np.expm1(alpha) / (1 + np.exp(alpha)), 0.0))
        return float(np.mean(found))

    def amihud(self, at: int) -> float:
        share = np.abs(self.last(self.r, at, 20)) / np.maximum(self.last(self.v, at, 20), 1)
        return float(np.log(1e-12 + share.mean()))

    def roll(self, at: int) -> float:
        own = self.last(self.r, at, 50)
        return float((own[1:] * own[:-1]).mean() / (own**2).mean())

    def how(self, at: int) -> float:
        local = np.datetime64(int(self.bars.ts[at]), "ns").astype("datetime64[us]").item()
        local = local.replace(tzinfo=UTC).astimezone(NEW_YORK)
        minutes = ((local.weekday() + 1) % 7 * 24 + local.hour - 17) * 60 + local.minute
        code = 2 if 2 <= local.hour < 8 else 3 if 8 <= local.hour < 17 else 1
        return float(np.sin(2 * np.pi * minutes / 10080) * code)

    def columns(self) -> dict[str, Callable[[int], float]]:
        span = self.h - self.l
        tops, bottoms = np.maximum(self.o, self.c), np.minimum(self.o, self.c)
        return {
            "ret1": lambda i: np.log(self.c[i] / self.c[i - 1]),
            "ret5": lambda i: np.log(self.c[i] / self.c[i - 5]),
            "ret20": lambda i: np.log(self.c[i] / self.c[i - 20]),
            "rsi": lambda i: (100 * self.gains[i] / (self.gains[i] + self.losses[i]) - 50) / 50,
            "macd": lambda i: self.macd[i] / self.atr[i],
            "macd_sig": lambda i: self.signal[i] / self.atr[i],
            "macd_hist": lambda i: (self.macd[i] - self.signal[i]) / self.atr[i],
            "pctb": self.pctb,
            "bw": self.bw,
            "atrpct": lambda i: self.atr[i] / self.c[i],
            "body": lambda i: (self.c[i] - self.o[i]) / span[i],
            "uw": lambda i: (self.h[i] - tops[i]) / span[i],
            "lw": lambda i: (bottoms[i] - self.l[i]) / span[i],
            "gap": lambda i: (self.o[i] - self.c[i - 1]) / self.atr[i - 1],
            "dhi": lambda i: (self.last(self.h, i, 20).max() - self.c[i]) / self.atr[i],
            "dlo": lambda i: (self.c[i] - self.last(self.l, i, 20).min()) / self.atr[i],
            "er": lambda i: abs(self.c[i] - self.c[i - 20]) / np.abs(np.diff(self.last(self.c, i, 21))).sum(),
            "rv20": lambda i: self.rms(i, 20),
            "vr": lambda i: self.rms(i, 20) / self.rms(i, 100),
            "volz": self.volz,
            "obv": self.obv,
            "bvc": self.bvc,
            "cs": self.cs,
            "amihud": self.amihud,
            "roll": self.roll,
            "how": self.how,
        }


def rows(bars: Bars) -> dict[str, Floats]:
    matrix = build(SETS["core26"], bars, Settings(QUARTER))
    assert np.isfinite(matrix.values).all()
    return {name: matrix.values[:, at] for at, name in enumerate(matrix.names)}


@pytest.mark.jit_off
@pytest.mark.parametrize("seed", [1, 2])
def test_every_column_is_its_definition(seed: int) -> None:
    bars = wandering(SIZE, seed, 100_000)
    found, wanted = rows(bars), Definition(bars).columns()
    assert list(wanted) == list(found)
    for name, define in wanted.items():
        expected = [float(define(at)) for at in PLACES]
        assert found[name][list(PLACES)].tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12), name


BEGINS = {
    "ret1": 1,
    "ret5": 5,
    "ret20": 20,
    "rsi": 14,
    "macd": 25,
    "macd_sig": 33,
    "macd_hist": 33,
    "pctb": 19,
    "bw": 19,
    "atrpct": 13,
    "body": 0,
    "uw": 0,
    "lw": 0,
    "gap": 14,
    "dhi": 19,
    "dlo": 19,
    "er": 20,
    "rv20": 20,
    "vr": 100,
    "volz": 50,
    "obv": 19,
    "bvc": 100,
    "cs": 20,
    "amihud": 20,
    "roll": 50,
    "how": 1,
}
"""The first bar on which a column has a value; the week begins on bar 0, where its sine is 0."""


@pytest.mark.jit_off
def test_every_column_falls_back_until_the_bar_from_which_it_is_defined() -> None:
    worlds = [rows(wandering(120, seed, 100_000)) for seed in range(6)]
    for name, begins in BEGINS.items():
        firsts = [int(np.flatnonzero(own[name] != FLAT.get(name, 0.0))[0]) for own in worlds]
        assert min(firsts) == begins, name


FLAT = {"pctb": 0.5, "vr": 1.0}
"""Every other column is 0 on a flat market, but the one that tells the time."""


@pytest.mark.jit_off
@pytest.mark.parametrize("price", [1, 123_457, 2**61])
def test_a_market_that_never_moves_gives_every_fallback(price: int) -> None:
    bars = bars_from(np.full((160, 4), price, np.int64), np.zeros(160, np.int64))
    for name, column in rows(bars).items():
        if name != "how":
            assert set(column.tolist()) == {FLAT.get(name, 0.0)}, name


@pytest.mark.jit_off
def test_a_market_that_wakes_after_a_long_sleep_gives_numbers_of_ordinary_size() -> None:
    """Averages that have all but vanished divide nothing."""
    bars = flat_from(wandering(2600, 5), 300, 2500)
    found = rows(bars)
    sizes = {name: float(np.abs(column[2500:]).max()) for name, column in found.items()}
    assert {name for name, size in sizes.items() if size > 100.0} == set()
    assert found["gap"][2500] == 0.0
    assert found["dhi"][2000] == 0.0


@pytest.mark.jit_off
@pytest.mark.parametrize("known", [False, True])
def test_without_volume_the_four_columns_of_volume_are_nothing(known: bool) -> None:
    bars = wandering(200, 6)
    bars = flat_from(bars, 0, 0) if known else without_volume(bars)
    found = rows(bars)
    spent = {name for name, column in found.items() if not column.any()}
    assert spent == (set() if known else {"volz", "obv", "bvc", "amihud"})


@pytest.mark.jit_off
@pytest.mark.parametrize(("start", "width"), [(2**61, 2.0**55), (-5_000, 40.0), (3, 2.0)])
def test_huge_negative_and_zero_prices_give_finite_numbers(start: int, width: float) -> None:
    bars = wandering(200, 7, start, width)
    assert start > 2**60 or (bars.low <= 0).any()
    rows(bars)


@pytest.mark.jit_off
def test_a_spread_next_to_a_price_of_nothing_counts_as_none() -> None:
    prices = np.array([(5, 9, 4, 6)] * 19 + [(5, 9, 0, 6), (5, 9, 4, 6), (5, 9, 4, 6)])
    found = rows(bars_from(prices))["cs"]
    assert found[19:].tolist() == [0.0, *([found[21]] * 2)]
    alone = rows(bars_from(np.array([(5, 9, 4, 6)] * 22)))["cs"]
    assert found[21] == pytest.approx(alone[21] * 18 / 20)


@pytest.mark.jit_off
def test_a_volume_spike_counts_as_eight_deviations_at_most() -> None:
    bars = wandering(60, 8)
    ticks = np.full(60, 100, np.int64)
    ticks[::2] = 101
    ticks[55] = 2**62
    found = rows(bars_from(np.column_stack([bars.open, bars.high, bars.low, bars.close]), ticks))
    assert found["volz"][55] == 8.0


@pytest.mark.jit_off
def test_prices_of_ten_times_the_size_give_the_same_numbers() -> None:
    bars = wandering(SIZE, 9)
    small, large = rows(bars), rows(scaled(bars, 10))
    for name, column in small.items():
        assert large[name].tolist() == pytest.approx(column.tolist(), rel=1e-9, abs=1e-9), name


def test_the_time_of_the_week_begins_on_sunday_at_17_new_york_on_both_clocks() -> None:
    """The series begins at 22:00 UTC in winter; two weeks later the market opens at 21:00."""
    bars = wandering(1100, 10)
    minutes = (bars.ts - bars.ts[0]) // NS_PER_MINUTE
    found = rows(bars)["how"]
    assert found[0] == 0.0
    assert found[1] == pytest.approx(np.sin(2 * np.pi * 15 / 10080))
    later = int(np.searchsorted(minutes, 14 * 1440))
    assert found[later] == pytest.approx(np.sin(2 * np.pi * 60 / 10080))
