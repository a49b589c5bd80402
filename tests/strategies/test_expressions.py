"""Expressions: frames in, decisions out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import ConfigError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.strategies.decisions import ENTER, LIMIT
from ictcli.strategies.expression import Expression
from ictcli.strategies.expressions import bar_frame, decide_expression, detection_frame
from ictcli.strategies.loading import load_file
from tests.strategies.drawing import bars_of

KEY = SeriesKey("sim", "XAUUSD", TIMEFRAMES["M1"])
M1 = Settings(NS_PER_MINUTE)
ROWS = [(100, 110, 90, 105), (105, 120, 100, 101), (101, 102, 50, 60)]
BARS = bars_of(ROWS, spread=3)

Signals = Callable[[pl.LazyFrame, pl.LazyFrame], Any]


def expression(signals: Signals, detectors: tuple[str, ...] | None = ()) -> Expression:
    return Expression("mine", "mine", Path("mine.py"), signals, detectors)


def decided(signals: Signals, bars: Bars = BARS) -> list[dict[str, Any]]:
    found = decide_expression(expression(signals), bars, M1, KEY)
    return [dict(zip(found.dtype.names or (), row.tolist(), strict=True)) for row in found]


def test_bars_are_floats_and_instants_with_nulls_where_unknown() -> None:
    frame = bar_frame(BARS)
    assert frame.columns == ["ts", "ts_close", "open", "high", "low", "close", "tick_volume", "spread"]
    assert frame.row(0)[2:] == (1.0, 1.1, 0.9, 1.05, None, 3)
    assert frame["ts"].to_physical().to_list() == BARS.ts.tolist()
    assert frame.schema["ts"] == pl.Datetime("ns", "UTC")


def test_a_plain_signal_becomes_a_market_entry() -> None:
    found = decided(lambda bars, _: bars.select("ts", side=1, stop=pl.col("low") - 0.01).slice(1, 1))
    own = found[0]
    assert [own[name] for name in ("kind", "order", "bar", "side", "stop", "target", "reason")] == [
        *(ENTER, 0, 1, 1, 99, 0, 1)
    ]


def test_every_column_arrives_and_prices_are_rounded_to_points() -> None:
    found = decided(
        lambda bars, _: bars.select(
            "ts",
            side=-1,
            stop=pl.lit(1.2349),
            target=pl.lit(0.5),
            order=pl.lit("limit"),
            price=pl.lit(1.1),
            max_wait=7,
            max_bars=9,
        ).slice(0, 1)
    )
    own = found[0]
    names = ("order", "price", "stop", "target", "max_wait", "max_bars", "side")
    assert [own[name] for name in names] == [LIMIT, 110, 123, 50, 7, 9, -1]


def test_signals_are_put_in_order_of_time() -> None:
    found = decided(lambda bars, _: bars.select("ts", side=1, stop="low").sort("ts", descending=True))
    assert [own["bar"] for own in found] == [0, 1, 2]
    assert [own["setup"] for own in found] == [0, 1, 2]


@pytest.mark.parametrize("zone", [None, "America/New_York", "UTC"])
def test_instants_of_any_zone_and_unit_are_understood(zone: str | None) -> None:
    def signals(bars: pl.LazyFrame, _: pl.LazyFrame) -> pl.LazyFrame:
        ts = pl.col("ts").dt.cast_time_unit("ms")
        ts = ts.dt.convert_time_zone(zone) if zone else ts.dt.replace_time_zone(None)
        return bars.select(ts, side=1, stop="low")

    assert [own["bar"] for own in decided(signals)] == [0, 1, 2]


def test_no_signals_and_no_bars_give_no_decisions() -> None:
    def nothing(bars: pl.LazyFrame, _: pl.LazyFrame) -> pl.LazyFrame:
        return bars.select("ts", side=1, stop="low").filter(pl.col("stop") > 1e6)

    assert decided(nothing) == []
    assert decided(nothing, bars_of([])) == []


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        (lambda bars, _: bars.select("ts", side=1), "returns no column 'stop'"),
        (lambda bars, _: bars.select("ts", side=1, stop="low", size=3), "a column 'size' that means nothing"),
        (
            lambda bars, _: bars.select("ts", side=2, stop="low"),
            "side is not 1 or -1 in the signal of 2024-01-03",
        ),
        (lambda bars, _: bars.select("ts", side=1, stop=None), "stop is not a number"),
        (lambda bars, _: bars.select("ts", side=1, stop=pl.lit(float("nan"))), "stop is not a number"),
        (
            lambda bars, _: bars.select("ts", side=1, stop="low", target=float("inf")),
            "target is not a number",
        ),
        (lambda bars, _: bars.select("ts", side=1, stop=pl.lit(1e300)), "stop is beyond all prices"),
        (lambda bars, _: bars.select("ts", side=1, stop="low", order=pl.lit("oco")), "order is not market"),
        (lambda bars, _: bars.select("ts", side=1, stop="low", order=pl.lit("limit")), "price is missing"),
        (lambda bars, _: bars.select("ts", side=1, stop="low", max_bars=-1), "max_bars is negative"),
        (lambda bars, _: bars.select("ts", side=pl.lit("buy"), stop="low"), "mine"),
        (lambda bars, _: bars.select(ts=1, side=1, stop="low"), "ts is Int32, not an instant"),
        (
            lambda bars, _: bars.select(pl.col("ts") + pl.duration(seconds=1), side=1, stop="low"),
            "open of a bar",
        ),
        (lambda bars, _: bars.select("nothing"), "ColumnNotFoundError"),
        (lambda bars, _: 1 / 0, "ZeroDivisionError: division by zero"),
        (
            lambda bars, _: pl.concat([bars, bars]).select("ts", side=1, stop="low"),
            "the same signal twice on the bar of 2024-01-03",
        ),
        (lambda bars, _: 5, "returns int, not a LazyFrame"),
    ],
)
def test_what_are_no_signals_is_refused_in_one_line(signals: Signals, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        decided(signals)
    assert str(refused.value).startswith("mine.py: mine")
    assert "\n" not in refused.value.message


def test_two_different_signals_on_a_bar_are_two() -> None:
    found = decided(
        lambda bars, _: pl.concat(
            [bars.select("ts", side=1, stop="low"), bars.select("ts", side=-1, stop="high")]
        )
    )
    assert len(found) == 2 * len(BARS)


@pytest.mark.parametrize("words", ["ValueError('boom\\nmore')", "SystemExit(0)"])
def test_a_function_that_fails_does_so_before_detectors_run(tmp_path: Path, words: str) -> None:
    """Its detectors do not exist, which would be refused first if they were looked at."""
    path = tmp_path / "mine.py"
    path.write_text(f"def signals(bars, detections):\n    raise {words}\n", encoding="utf-8")
    mine = load_file(path)
    assert isinstance(mine, Expression)
    with pytest.raises(ConfigError) as refused:
        decide_expression(replace(mine, detectors=("nothing",)), BARS, M1, KEY)
    assert refused.value.message.startswith(f"{path}, line 2: mine: {words.split('(', maxsplit=1)[0]}: ")
    assert "\n" not in refused.value.message


def test_every_call_of_a_file_is_the_first_of_its_module(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "CALLS = []\n"
        "def signals(bars, detections):\n"
        "    CALLS.append(1)\n"
        "    return bars.select('ts', side=1, stop='low').head(len(CALLS))\n",
        encoding="utf-8",
    )
    mine = load_file(path)
    assert isinstance(mine, Expression)
    assert [len(decide_expression(mine, BARS, M1, KEY)) for _ in range(3)] == [1, 1, 1]


def test_detections_are_the_log_of_the_named_detectors(real_bars: Bars) -> None:
    bars = real_bars.slice(0, 2000)
    log = detection_frame(expression(lambda bars, _: bars, ("fvg",)), bars, M1, KEY)
    assert set(log["kind"].unique()) == {"fvg"}
    assert {"id", "record", "at", "dir", "bottom", "top", "confirmed_at", "label"} <= set(log.columns)
    assert log.schema["bottom"] == pl.Float64
    assert (np.diff(log["at"].to_physical().to_numpy()) >= 0).all()
    assert bars.low.min() / 100 <= log["bottom"].drop_nulls().to_numpy().min()
    none = detection_frame(expression(lambda bars, _: bars, ()), bars, M1, KEY)
    assert len(none) == 0
    assert none.columns == log.columns
