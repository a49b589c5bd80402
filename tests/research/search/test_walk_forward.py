"""Folds: lengths from texts, spans that follow each other, and what is too short."""

from itertools import pairwise

import numpy as np
import pytest

from ictcli.clock import NS_PER_DAY, iso
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.accounts import Floor
from ictcli.research.search.spans import count_bars, cut, within
from ictcli.research.search.walk_forward import make_folds, parse_walk_forward, traded_span
from ictcli.research.series import Series
from tests.research.conftest import random_walk

H12 = parse_timeframe("H12")


def floor_of(n: int) -> Floor:
    """Bars of twelve hours from 2024-01-08."""
    bars = random_walk(1, n, 110_000, 5, minutes=720)
    key = SeriesKey("walk", "EURUSD", H12)
    return Floor((Series(key, key, "", load_symbols(None).require("EURUSD"), bars),), 1, (None,))


@pytest.mark.parametrize("text", ["train=12M,test=3M", "train=8W,test=10D,anchored", "train=500B,test=50B"])
def test_a_plan_reads_as_it_is_written(text: str) -> None:
    assert str(parse_walk_forward(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "train=12M",
        "train=12,test=3M",
        "train=0M,test=3M",
        "train=12M,test=3M,anchor",
        "train=1M,train=2M,test=1M",
        "train=12M,test=3m",
        "train=100B,test=3M",
        "train=12M,test=3M,anchored,anchored",
        "train=99999M,test=1M",
    ],
)
def test_a_plan_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_walk_forward(text)


def test_months_move_by_the_calendar() -> None:
    folds = make_folds(floor_of(2 * 100), parse_walk_forward("train=1M,test=1M"))
    assert [iso(fold.test[0])[:10] for fold in folds] == ["2024-02-08", "2024-03-08"]
    assert [iso(fold.test[1])[:10] for fold in folds] == ["2024-03-08", "2024-04-08"]
    assert [iso(fold.train[0])[:10] for fold in folds] == ["2024-01-08", "2024-02-08"]


def test_an_anchored_training_span_grows() -> None:
    folds = make_folds(floor_of(2 * 60), parse_walk_forward("train=20D,test=10D,anchored"))
    assert len(folds) == 4
    assert {fold.train[0] for fold in folds} == {folds[0].train[0]}
    assert [(fold.train[1] - fold.train[0]) // NS_PER_DAY for fold in folds] == [20, 30, 40, 50]


@pytest.mark.parametrize("text", ["train=20D,test=10D", "train=30B,test=7B", "train=1W,test=3D,anchored"])
def test_training_ends_where_the_test_begins_and_tests_follow_each_other(text: str) -> None:
    folds = make_folds(floor_of(120), parse_walk_forward(text))
    assert len(folds) > 2
    for fold in folds:
        assert fold.train[0] < fold.train[1] == fold.test[0] < fold.test[1]
    for one, after in pairwise(folds):
        assert one.test[1] == after.test[0]
    assert traded_span(folds) == (folds[0].test[0], folds[-1].test[1])


def test_bars_are_counted_exactly_to_the_last() -> None:
    floor = floor_of(100)
    folds = make_folds(floor, parse_walk_forward("train=60B,test=20B"))
    assert [count_bars(floor, [fold.train]) for fold in folds] == [60, 60]
    assert [count_bars(floor, [fold.test]) for fold in folds] == [20, 20]


def test_the_last_day_counts_whole() -> None:
    floor = floor_of(2 * 30 - 1)
    assert len(make_folds(floor, parse_walk_forward("train=20D,test=10D"))) == 1


@pytest.mark.parametrize("text", ["train=20D,test=11D", "train=12M,test=3M", "train=50B,test=11B"])
def test_too_few_bars_for_one_fold_are_named(text: str) -> None:
    with pytest.raises(DataError, match="too short for one fold"):
        make_folds(floor_of(60), parse_walk_forward(text))


def test_too_many_folds_are_refused() -> None:
    with pytest.raises(UsageError, match="more than 1,000 folds"):
        make_folds(floor_of(1200), parse_walk_forward("train=10B,test=1B"))


def test_nothing_after_the_cut_is_known() -> None:
    floor = floor_of(100)
    end = int(floor.series[0].bars.ts_close[59])
    known = cut(floor, end).series[0].bars
    assert len(known) == 60
    assert np.array_equal(known.close, floor.series[0].bars.close[:60])
    assert within(floor.series[0].bars, (int(floor.series[0].bars.ts[10]), end)) == (10, 60)
