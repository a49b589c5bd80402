"""Strategies that look ahead are caught, with the column and the bar; honest ones are not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import ExitCode, Finding
from ictcli.kernels import kernel
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.strategies.baselines.sma_cross import STRATEGY as SMA_CROSS
from ictcli.strategies.baselines.sma_cross import SmaCrossParams
from ictcli.strategies.decide import Decider
from ictcli.strategies.decisions import enter
from ictcli.strategies.expression import Expression
from ictcli.strategies.ict.turtle_soup import STRATEGY as TURTLE_SOUP
from ictcli.strategies.ict.turtle_soup import TurtleSoupParams
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.loading import load_file
from ictcli.strategies.lookahead import (
    PIECES,
    Lookahead,
    check_expression,
    check_strategy,
    choose_cuts,
    piece_ends,
    refuse_lookahead,
    spread_cuts,
    step_futures,
)
from ictcli.strategies.protocol import Strategy
from tests.strategies.drawing import bars_of

M1 = Settings(NS_PER_MINUTE)
KEY = SeriesKey("sim", "XAUUSD", TIMEFRAMES["M1"])
Signals = Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]


@pytest.fixture(scope="module")
def some_bars(real_bars: Bars) -> Bars:
    return real_bars.slice(0, 1500)


def check(strategy: Strategy, params: Any, bars: Bars) -> Lookahead:
    return check_strategy(strategy, params, bars, M1)


def checked(signals: Signals, bars: Bars, detectors: tuple[str, ...] = ()) -> Lookahead:
    return check_expression(Expression("mine", "", Path("mine.py"), signals, detectors), bars, M1, KEY)


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_shipped_strategies_do_not_look_ahead(name: str, some_bars: Bars) -> None:
    strategy = STRATEGIES[name]
    found = check(strategy, strategy.params(), some_bars)
    assert found.first is None
    assert found.checked >= 20 * 11


@pytest.mark.parametrize(
    ("column", "index"), [("open", 2), ("high", 3), ("low", 4), ("close", 5), ("spread", 6), ("ts", 0)]
)
def test_a_step_that_sees_the_next_price_is_caught_with_its_column(
    column: str, index: int, some_bars: Bars
) -> None:
    """Its loop skips crosses after which the next bar's number is even; the step itself is honest."""

    def peek(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
        following, count = SMA_CROSS.run(states, decisions, bars, first)
        later = np.append(bars[index], 0)[decisions["bar"][:count] - int(states[0]["bar"]) + len(bars[0]) + 1]
        if column == "ts":
            later = later // NS_PER_MINUTE // 60 // 24
        decisions["target"][:count] += later
        return following, count

    found = check(replace(SMA_CROSS, run=peek), SmaCrossParams(fast=3, slow=8), some_bars)
    assert found.first is not None
    assert found.first.column == column
    assert found.first.ts == some_bars.ts[found.first.bar]
    with pytest.raises(Finding, match=f"sma_cross looks ahead: .* bar {found.first.bar} .* later {column}"):
        refuse_lookahead("sma_cross", found)


def test_a_loop_that_shifts_its_bars_by_one_is_caught(some_bars: Bars) -> None:
    def peek(states: Any, decisions: Any, bars: Any, first: int, soups: Any) -> tuple[int, int]:
        shifted = np.append(bars[1:], bars[-1:])
        shifted["bar"] = bars["bar"]
        return TURTLE_SOUP.run(states, decisions, shifted, first, soups)

    found = check(replace(TURTLE_SOUP, run=peek), TurtleSoupParams(windows=""), some_bars)
    assert found.first is not None
    assert found.first.column == "close"


def test_a_step_that_knows_how_many_bars_follow_is_caught(some_bars: Bars) -> None:
    def peek(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
        count = 0
        if len(bars[0]) < 1000:
            count = enter(decisions, 0, int(states[0]["bar"]), 0, 1, 1, 0)
        states[0]["bar"] += len(bars[0]) - first
        return len(bars[0]), count

    found = check(replace(SMA_CROSS, run=peek), SmaCrossParams(), some_bars)
    assert found.first is not None
    assert found.first.column == "rows"


@pytest.mark.no_cover
def test_an_honest_expression_passes(some_bars: Bars) -> None:
    def honest(bars: pl.LazyFrame, log: pl.LazyFrame) -> pl.LazyFrame:
        gaps = log.filter((pl.col("record") == "confirmed") & (pl.col("dir") == "bull")).unique("at")
        mean = pl.col("close").rolling_mean(20)
        up = bars.with_columns(mean=mean, before=pl.col("close").shift(1))
        return up.join(gaps.select("at"), left_on="ts_close", right_on="at").select(
            "ts", side=1, stop=pl.min_horizontal("low", "before") - 1
        )

    found = checked(honest, some_bars, ("fvg",))
    assert found.first is None
    assert found.checked >= 20 * 12


PLANTED: dict[str, tuple[str, Signals]] = {
    "the next close": (
        "close",
        lambda bars, _: bars.filter(pl.col("close").shift(-1) > pl.col("close")).select(
            "ts", side=1, stop="low"
        ),
    ),
    "the maximum of all highs": (
        "high",
        lambda bars, _: bars.filter(pl.col("high") > 0.999 * pl.col("high").max()).select(
            "ts", side=1, stop="low"
        ),
    ),
    "a centered average": (
        "low",
        lambda bars, _: bars.filter(pl.col("low") < pl.col("low").rolling_mean(9, center=True)).select(
            "ts", side=1, stop=pl.lit(1.0)
        ),
    ),
    "a filling backward": (
        "spread",
        lambda bars, _: bars.select(
            "ts",
            side=1,
            stop=pl.when(pl.int_range(pl.len()) % 7 == 6).then("spread").fill_null(strategy="backward"),
        ).drop_nulls(),
    ),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("name", list(PLANTED))
def test_an_expression_that_sees_the_future_is_caught_with_its_column(name: str, some_bars: Bars) -> None:
    column, signals = PLANTED[name]
    spread = (np.arange(len(some_bars)) % 5).astype(np.int32)
    found = checked(signals, replace(some_bars, spread=spread))
    assert found.first is not None
    assert found.first.column == column
    with pytest.raises(Finding) as refused:
        refuse_lookahead("mine", found)
    assert refused.value.code == ExitCode.FINDING
    assert "\n" not in refused.value.message


def test_an_expression_whose_signals_are_sound_only_with_the_true_future_is_caught(some_bars: Bars) -> None:
    """At the end of what is known its stop is missing, which is refused as no signal."""

    def next_low(bars: pl.LazyFrame, _: pl.LazyFrame) -> pl.LazyFrame:
        return bars.with_columns(stop=pl.col("low").shift(-1)).head(1400).select("ts", "stop", side=1)

    found = checked(next_low, some_bars)
    assert found.first is not None
    assert found.first.column == "low"


def test_an_expression_that_reads_records_before_they_are_known_is_caught(some_bars: Bars) -> None:
    def early(bars: pl.LazyFrame, log: pl.LazyFrame) -> pl.LazyFrame:
        gaps = log.filter(pl.col("record") == "confirmed").unique("formed_at")
        return bars.join(gaps.select("formed_at"), left_on="ts", right_on="formed_at").select(
            "ts", side=1, stop="low"
        )

    found = checked(early, some_bars, ("fvg",))
    assert found.first is not None
    assert found.first.column.startswith("detections.")


def sums_ahead(bars: pl.LazyFrame, ahead: pl.Expr) -> pl.LazyFrame:
    """Buys where the close eight bars later is higher, as long as ``ahead``."""
    return bars.filter(ahead & (pl.col("close").shift(-8) > pl.col("close"))).select("ts", side=1, stop="low")


@pytest.mark.no_cover
@pytest.mark.parametrize("where", ["first bars", "before a date", "in the middle", "counted from the end"])
def test_an_expression_that_looks_ahead_on_a_few_bars_only_is_caught(where: str, real_bars: Bars) -> None:
    bars = real_bars.slice(0, 14_000)
    row = pl.int_range(pl.len())
    when = {
        "first bars": row < 800,
        "before a date": pl.col("ts") < pl.lit(int(bars.ts[800])).cast(pl.Datetime("ns", "UTC")),
        "in the middle": row.is_between(3000, 3800),
        "counted from the end": row < pl.len().cast(pl.Int64) - 13_000,
    }
    found = checked(lambda bars, _: sums_ahead(bars, when[where]), bars)
    assert found.first is not None
    assert found.first.bar < 3900


@kernel
def next_closes(closes: Any, rows: Any, ahead: Any) -> None:
    """What a compiled loop finds one behind each of its rows, also behind the last one of the array."""
    for n in range(len(rows)):
        ahead[n] = closes[rows[n] + 1]


def test_a_compiled_step_that_reads_behind_the_end_of_its_bars_is_caught(some_bars: Bars) -> None:
    """Nowhere where later bars are replaced: only that the future is not behind a piece gives it away."""
    params = SmaCrossParams(fast=2, slow=3)
    decided = Decider(SMA_CROSS, params, M1).advance(some_bars)["bar"]
    cuts = np.array(choose_cuts(len(some_bars), decided.tolist()))

    def peek(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
        base = int(states[0]["bar"]) - first
        following, count = SMA_CROSS.run(states, decisions, bars, first)
        at, ahead = decisions["bar"][:count], np.zeros(count, np.int64)
        next_closes(bars[5], at - base, ahead)
        decisions["target"][:count] += np.where(np.isin(at, cuts - 1), 0, ahead)
        return following, count

    found = check(replace(SMA_CROSS, run=peek), params, some_bars)
    assert found.first is not None
    assert found.first.bar + 1 in piece_ends(len(some_bars))


@pytest.mark.no_cover
def test_a_step_that_looks_ahead_on_a_few_bars_only_is_caught(real_bars: Bars) -> None:
    """Eight bars, on 200 of 14,000, where it crosses often."""

    def peek(states: Any, decisions: Any, bars: Any, first: int) -> tuple[int, int]:
        base = int(states[0]["bar"]) - first
        following, count = SMA_CROSS.run(states, decisions, bars, first)
        at = decisions["bar"][:count]
        later = np.minimum(at - base + 8, len(bars[5]) - 1)
        decisions["target"][:count] += np.where((at >= 3000) & (at < 3200), bars[5][later], 0)
        return following, count

    bars = real_bars.slice(0, 14_000)
    found = check(replace(SMA_CROSS, run=peek), SmaCrossParams(fast=2, slow=3), bars)
    assert found.first is not None
    assert 3000 <= found.first.bar < 3200
    assert (found.bars_checked, found.bars) == (14_000, 14_000)


def test_an_expression_that_remembers_the_full_series_is_caught(tmp_path: Path, some_bars: Bars) -> None:
    path = tmp_path / "memo.py"
    path.write_text(
        "import polars as pl\n"
        "DETECTORS = ()\n"
        "SEEN = {}\n"
        "def signals(bars, detections):\n"
        "    bars = bars.collect()\n"
        "    if len(bars) > len(SEEN.get('full', ())):\n"
        "        SEEN['full'] = bars\n"
        "    later = SEEN['full'].select('ts', later=pl.col('close').shift(-8))\n"
        "    both = bars.join(later, on='ts', how='left', maintain_order='left')\n"
        "    return both.filter(pl.col('later') > pl.col('close')).select('ts', side=1, stop='low')\n",
        encoding="utf-8",
    )
    memo = load_file(path)
    assert isinstance(memo, Expression)
    assert check_expression(memo, some_bars, M1, KEY).first is not None


def test_a_memory_outside_the_module_does_not_help_as_the_full_series_comes_last(some_bars: Bars) -> None:
    seen: list[pl.DataFrame] = []

    def remember(bars: pl.LazyFrame, _: pl.LazyFrame) -> pl.LazyFrame:
        frame = bars.collect()
        seen.append(max([frame, *seen[-1:]], key=len))
        later = seen[-1].select("ts", later=pl.col("close").shift(-8))
        both = frame.join(later, on="ts", how="left", maintain_order="left").lazy()
        return both.filter(pl.col("later") > pl.col("close")).select("ts", side=1, stop="low")

    assert checked(remember, some_bars).first is not None


@pytest.mark.parametrize("size", [0, 1, 2, 50, 1000, 50_000, 3_000_000])
def test_moments_and_pieces_lie_over_the_whole_series(size: int) -> None:
    cuts, ends = spread_cuts(size), piece_ends(size)
    assert cuts == sorted(set(cuts))
    assert all(1 <= cut < size for cut in cuts)
    assert ends == sorted(set(ends))
    assert ends[-1:] == [size][: min(size, 1)]
    assert len(ends) < 2 * PIECES
    if size >= 50:
        assert np.diff([0, *cuts, size]).max() <= 2 * size / len(cuts)
        assert np.diff([0, *ends]).max() <= max(32, 2 * size / PIECES + 2)


def test_cuts_lie_at_random_at_the_end_and_behind_decisions() -> None:
    cuts = choose_cuts(1000, [3, 500, 999])
    assert {4, 501, 998, 999} <= set(cuts)
    assert len(cuts) >= 20
    assert cuts == sorted(set(cuts))
    assert all(1 <= cut < 1000 for cut in cuts)
    assert choose_cuts(1, [0]) == []
    assert choose_cuts(0, []) == []


def test_other_futures_are_sound_and_share_the_past() -> None:
    bars = bars_of([(100, 110, 90, 105), (105, 120, 100, 101), (101, 102, 50, 60), (60, 70, 55, 65)])
    changed = set()
    for column, future in step_futures(bars, 0, 2):
        assert (np.minimum(future.open, future.close) >= future.low).all()
        assert (np.maximum(future.open, future.close) <= future.high).all()
        assert (np.diff(future.ts) > 0).all()
        for name in ("ts", "open", "high", "low", "close", "spread"):
            assert getattr(future, name)[:2].tolist() == getattr(bars, name)[:2].tolist()
        changed.add(column)
    assert changed == {"rows", "open", "high", "low", "close", "spread", "ts"}


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_few_bars_are_no_trouble(size: int, some_bars: Bars) -> None:
    assert check(TURTLE_SOUP, TurtleSoupParams(), some_bars.slice(0, size)).first is None
    found = checked(lambda bars, _: bars.select("ts", side=1, stop="low"), some_bars.slice(0, size))
    assert found.first is None
