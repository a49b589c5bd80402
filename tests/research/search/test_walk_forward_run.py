"""Walk-forwards end to end: chosen on the past only, traded on one account, judged on test spans only."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.backtest import Workshop, load_floor
from ictcli.research.choices import choose_strategies
from ictcli.research.playing import decide_all
from ictcli.research.search.spans import asked_within, play_span, within
from ictcli.research.studies.request import Studies
from ictcli.store.store import Store
from ictcli.strategies.decisions import CLOSE, DECISION, ENTER, NOTE
from ictcli.telemetry import silent
from tests.research.conftest import MONDAY, keep, random_walk
from tests.research.searching import PARAMS, run_walk, search, table
from tests.research.test_backtest import request

PLAN = "train=3D,test=2D"
DAY_4 = MONDAY + 3 * NS_PER_DAY


def test_only_test_spans_are_traded_and_measured(shop: Workshop) -> None:
    run = run_walk(shop, search(), PLAN)
    walk = run.document["walk_forward"]
    assert len(walk["folds"]) == 4
    signals = run.trades.column("signal_at").cast("int64").to_numpy() * 1000
    assert signals.min() > DAY_4
    assert signals.max() <= DAY_4 + 8 * NS_PER_DAY
    assert run.document["metrics"]["trades"]["value"] == len(run.trades) > 30
    assert run.document["metrics"]["sharpe_daily"]["n"] == 6  # of eight days two are a weekend
    assert sum(fold["out_of_sample"]["trades"] for fold in walk["folds"]) == len(run.trades)


def test_every_trade_is_of_the_fold_that_chose_it(shop: Workshop) -> None:
    run = run_walk(shop, search(), PLAN)
    folds = run.document["walk_forward"]["folds"]
    signals = run.trades.column("signal_at").cast("int64").to_numpy() * 1000
    for name, at in zip(run.trades.column("strategy").to_pylist(), signals.tolist(), strict=True):
        fold = int(name.partition("#")[2])
        start = DAY_4 + (fold - 1) * 2 * NS_PER_DAY
        assert start < at <= start + 2 * NS_PER_DAY
        assert folds[fold - 1]["fold"] == fold


def test_each_fold_takes_its_best_trial_in_sample(shop: Workshop) -> None:
    run = run_walk(shop, search(), PLAN)
    rows = table(shop, run.run, "trials").to_pylist()
    for fold in run.document["walk_forward"]["folds"]:
        own = [row for row in rows if row["fold"] == fold["fold"]]
        assert len(own) == 6
        best = max(own, key=lambda row: row["sharpe_daily"])
        assert fold["trial"] == best["trial"]
        assert fold["in_sample"]["sharpe_daily"] == best["sharpe_daily"]


def other_end(shop: Workshop, first: int) -> Workshop:
    """A workshop with the same bars up to ``first`` and others from there on."""
    store = Store(shop.folder / "other" / "data", shop.folder / "other" / "state", 0)
    bars, new = random_walk(0, 3_000, 110_000, 5), random_walk(77, 3_000, 110_000, 5)
    at = int(np.searchsorted(bars.ts, first))
    shift = int(bars.close[at - 1]) - int(new.open[at])

    def spliced(name: str) -> Any:
        own = getattr(new, name)[at:] + (shift if name in ("open", "high", "low", "close") else 0)
        return np.concatenate([getattr(bars, name)[:at], own]).astype(getattr(bars, name).dtype)

    names = ("open", "high", "low", "close")
    changed: Bars = replace(bars, **{name: spliced(name) for name in names})
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), changed)
    return replace(shop, store=store)


def test_what_a_fold_chooses_does_not_depend_on_its_test_span_or_later(shop: Workshop) -> None:
    mine = run_walk(shop, search(), PLAN)
    changed = other_end(shop, DAY_4 + 2 * NS_PER_DAY)
    theirs = run_walk(changed, search(), PLAN)
    first, other = mine.document["walk_forward"]["folds"], theirs.document["walk_forward"]["folds"]
    assert first[0]["trial"] == other[0]["trial"]
    assert first[0]["in_sample"] == other[0]["in_sample"]
    both = [
        [row for row in table(one, run.run, "trials").to_pylist() if row["fold"] == 1]
        for one, run in ((shop, mine), (changed, theirs))
    ]
    drop = {"run", "key"}
    assert [{k: v for k, v in row.items() if k not in drop} for row in both[0]] == [
        {k: v for k, v in row.items() if k not in drop} for row in both[1]
    ]
    assert first[-1]["in_sample"] != other[-1]["in_sample"]


def test_no_trade_of_a_training_span_lives_into_the_test_span(shop: Workshop) -> None:
    choices = choose_strategies(["fvg_retest"], {}, {**PARAMS, "max_bars": "0", "reward_risk": "20"})
    floor, _ = load_floor(request("EURUSD"), shop, silent)
    lines = decide_all(floor, choices, shop.config)
    cut_off = 0
    for hours in range(30, 80, 5):
        span = (MONDAY + 6 * NS_PER_HOUR, MONDAY + hours * NS_PER_HOUR)
        sample = play_span(floor, choices, shop.config, lines, span)
        closed = sample.trades.column("closed_at").cast("int64").to_numpy() * 1000
        opened = sample.trades.column("opened_at").cast("int64").to_numpy() * 1000
        assert (closed <= span[1]).all()
        assert (opened > span[0]).all()
        assert "end" not in sample.trades.column("exit_reason").to_pylist()
        longer = play_span(floor, choices, shop.config, lines, (span[0], span[1] + 200 * NS_PER_HOUR))
        also = longer.trades.column("opened_at").cast("int64").to_numpy() * 1000
        cut_off += int((also < span[1]).sum()) - len(sample.trades)
    assert cut_off > 0


def test_a_setup_of_a_span_may_be_left_after_it() -> None:
    bars = random_walk(1, 40, 110_000, 5)
    made = np.zeros(6, DECISION)
    made["bar"] = [5, 12, 25, 26, 27, 39]
    made["kind"] = [ENTER, ENTER, CLOSE, CLOSE, ENTER, NOTE]
    made["setup"] = [1, 2, 2, 1, 3, 2]
    span = (int(bars.ts[10]), int(bars.ts[20]))
    assert within(bars, span) == (10, 20)
    assert asked_within(made, bars, span)["bar"].tolist() == [12]
    until = int(bars.ts_close[-1])
    assert asked_within(made, bars, span, until=until)["bar"].tolist() == [12, 25]
    soon = int(bars.ts_close[24])
    assert asked_within(made, bars, span, until=soon)["bar"].tolist() == [12]


def test_one_fold_without_a_search_is_the_plain_strategy_on_its_test_span(shop: Workshop) -> None:
    run = run_walk(shop, replace(search(), axes=()), "train=4D,test=6D")
    walk = run.document["walk_forward"]
    assert (walk["trials"], len(walk["folds"])) == (1, 1)
    choices = choose_strategies(["fvg_retest"], {}, PARAMS)
    floor, _ = load_floor(request("EURUSD"), shop, silent)
    span = (MONDAY + 4 * NS_PER_DAY, MONDAY + 10 * NS_PER_DAY)
    alone = play_span(floor, choices, shop.config, decide_all(floor, choices, shop.config), span).trades
    ended = [reason != "end" for reason in run.trades.column("exit_reason").to_pylist()]
    assert run.trades.filter(ended).equals(alone)


def test_two_processes_walk_alike(shop: Workshop) -> None:
    one = run_walk(shop, search(), PLAN)
    two = run_walk(shop, search(), PLAN, Studies(jobs=2))
    assert one.document["walk_forward"] == two.document["walk_forward"]
    assert one.trades.equals(two.trades)
    assert one.run == two.run


def test_a_span_too_short_for_a_fold_is_a_named_error(shop: Workshop) -> None:
    with pytest.raises(DataError, match="too short for one fold"):
        run_walk(shop, search(), "train=12M,test=3M")


def test_the_account_is_not_chosen_per_fold(shop: Workshop) -> None:
    with pytest.raises(UsageError, match="all folds trade one account"):
        run_walk(shop, search("risk.heat=0.01,0.02"), PLAN)


def test_random_entries_of_a_walk_stay_in_the_test_spans(shop: Workshop) -> None:
    run = run_walk(shop, search("max_bars=12,24"), PLAN, Studies(null=10))
    assert run.document["null"]["runs"] == 10
    assert run.document["null"]["random_trades"] < 2 * run.document["trades"]
