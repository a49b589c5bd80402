"""Two runs against each other: refused where nothing is shared, and a difference only where there is one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ictcli.engine.trades import TRADES
from ictcli.errors import UsageError
from ictcli.market.trading_day import roll_day
from ictcli.reports.compare import comparison
from ictcli.reports.compare_facts import differences
from ictcli.reports.compare_sides import Side, within
from ictcli.reports.compare_text import comparison_text
from ictcli.reports.layout import WIDTH
from ictcli.research.metrics.values import Equity, Resampling, Sample
from tests.reports.conftest import trade

HOW = Resampling(400, 1, 0.95)
MONDAY = datetime(2024, 1, 1, 12, tzinfo=UTC)


def side(name: str, nets: list[float], first: int = 0, **more: Any) -> Side:
    """A run with one trade a day, from the given day on."""
    rows = []
    for at, net in enumerate(nets):
        opened = MONDAY + timedelta(days=first + at)
        row = trade(0, f"{net:.2f}")
        rows.append(
            row | {"opened_at": opened, "signal_at": opened, "closed_at": opened + timedelta(hours=1)}
        )
    trades = pa.Table.from_pylist(rows, schema=TRADES)
    days = roll_day(trades.column("closed_at").cast(pa.int64()).to_numpy() * 1000 - 1)
    sample = Sample(trades, days, np.unique(days), 0, 10_000.0)
    made = Side(
        name, f"{name} M15", {"timeframe": "M15"}, ("EURUSD",), f"hash of {name}", "USD", sample, days[:0]
    )
    return replace(made, **more)


def noise(seed: int, shift: float = 0.0, size: int = 120) -> list[float]:
    drawn: list[float] = (np.random.default_rng(seed).normal(shift, 40, size)).tolist()
    return drawn


def test_two_draws_of_one_chance_cannot_be_told_apart() -> None:
    found = comparison(side("a", noise(1)), side("b", noise(2)), HOW)
    assert found["differences"][0]["chance"]
    assert "a and b cannot be told from chance" in found["summary"]
    assert found["span"]["days"] == 120


def test_a_real_difference_is_seen_and_its_side_is_named() -> None:
    good, bad = side("good", noise(1, 60)), side("bad", noise(2))
    assert comparison(bad, good, HOW)["summary"].startswith("good did better than bad:")
    assert comparison(good, bad, HOW)["summary"].startswith("good did better than bad:")


def test_pairing_by_day_sees_what_independent_draws_do_not() -> None:
    common = noise(1)
    better = [net + 5 for net in common]
    found = comparison(side("a", common), side("b", better), HOW)
    day, _, expectancy, _, both = found["differences"]
    assert not day["chance"]
    assert expectancy["chance"]
    assert (both["what"], both["n_a"], both["chance"]) == ("R of trades that both made", 120, False)
    assert both["value"] == pytest.approx(5 / 50, abs=1e-4)


def test_swapped_sides_give_the_negative_difference() -> None:
    a, b = side("a", noise(1)), side("b", noise(2))
    one, other = (comparison(*pair, HOW)["differences"] for pair in ((a, b), (b, a)))
    for first, second in zip(one[:2], other[:2], strict=True):
        assert first["value"] == pytest.approx(-second["value"])
        assert (first["low"], first["high"]) == pytest.approx((-second["high"], -second["low"]), rel=0.05)


def test_only_days_that_both_cover_count_and_what_is_left_out_is_told() -> None:
    found = comparison(side("a", noise(1)), side("b", noise(2), first=30), HOW)
    assert found["span"] == {"first": "2024-01-31", "last": "2024-04-29", "days": 90}
    assert (found["a"]["trades_left_out"], found["b"]["trades_left_out"]) == (30, 30)
    assert {row["metric"]: row["a"]["n"] for row in found["metrics"]}["trades"] == 90


def test_what_came_before_the_span_is_in_the_balance_that_it_begins_with() -> None:
    whole = side("a", [100.0, 50.0, -20.0, 10.0])
    sample, first = whole.sample, int(whole.sample.days[2])
    cut = within(whole, first, first + 1, sample.all_days[2:])
    assert cut.opening == pytest.approx(10_150)
    assert cut.trades.column("net").to_pylist() == sample.trades.column("net").to_pylist()[2:]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "a"}, "a is compared with itself"),
        ({"symbols": ("XAUUSD",)}, "no symbol in common: EURUSD against XAUUSD"),
        ({"currency": "EUR"}, "a counts in USD, b in EUR"),
    ],
)
def test_what_has_nothing_in_common_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        comparison(side("a", noise(1)), replace(side("b", noise(2)), **more), HOW)
    assert refused.value.hint


def test_spans_that_do_not_meet_are_refused_with_both_named() -> None:
    with pytest.raises(UsageError, match="2024-01-01 to 2024-04-29, b covers 2024-07-19 to"):
        comparison(side("a", noise(1)), side("b", noise(2), first=200), HOW)


@pytest.mark.parametrize("nets", [[], [10.0]])
def test_too_few_trades_are_no_verdict(nets: list[float]) -> None:
    other = side("b", noise(2))
    own = side("a", nets)
    own = replace(own, sample=replace(own.sample, all_days=other.sample.all_days))
    found = comparison(own, other, HOW)
    assert [one["low"] for one in found["differences"][2:4]] == [None, None]
    text = comparison_text(found)
    assert ("a made no trade on these days" in text) == (not nets)
    assert "too few" in text or not nets


def test_one_day_has_no_interval() -> None:
    found = comparison(side("a", [10.0]), side("b", [-10.0]), HOW)
    assert "1 day, too few" in found["summary"]


def test_the_same_results_are_no_difference() -> None:
    a = side("a", noise(1))
    found = comparison(a, replace(a, name="b"), HOW)
    assert found["summary"] == "No difference: a and b came to the same on each of 120 days."
    assert found["same_content"]
    assert "one computation" in comparison_text(found)


def test_the_text_says_verdict_first_and_fits() -> None:
    facts = {f"risk.key{at}": "x" * 60 for at in range(20)}
    a, b = side("a" * 40, noise(1), facts=facts), side("b" * 40, noise(2), facts={"risk.other": "1"})
    text = comparison_text(comparison(a, b, HOW))
    assert text.startswith("The difference between")
    assert "and 9 more: --json" in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_facts_that_only_one_side_tells_differ_between_runs_but_not_against_a_ledger() -> None:
    a = {"x": "1", "y": "2", "risk.heat": "1", "GOLD.bars": "3"}
    b = {"x": "3", "risk.loss": "1", "OIL.bars": "3"}
    assert differences(a, b, whole=True) == [
        {"what": "x", "a": "1", "b": "3"},
        {"what": "y", "a": "2", "b": None},
        {"what": "risk.heat", "a": "1", "b": None},
        {"what": "risk.loss", "a": None, "b": "1"},
    ]
    assert [one["what"] for one in differences(a, b, whole=False)] == ["x"]


def test_the_same_trades_measure_the_same_beside_a_side_that_marks_no_open_ones() -> None:
    """A ledger has no marks: were a run's own used, its drawdown and ratio would differ without a reason."""
    closed = side("ledger", noise(1))
    days = closed.sample.days
    ts = np.repeat(days, 2) * 86_400 * 10**9 + np.tile([10**9, 2 * 10**9], len(days))
    nets = np.repeat(np.cumsum(noise(1)), 2)
    dips = np.tile([-500.0, 0.0], len(days))
    marks = Equity(ts, 10_000 + nets, 10_000 + nets + dips)
    run = replace(
        closed, name="run", sample=replace(closed.sample, equity=marks), mark_days=np.repeat(days, 2)
    )
    found = comparison(run, closed, HOW)
    assert {one["metric"]: one["a"] for one in found["metrics"]} == {
        one["metric"]: one["b"] for one in found["metrics"]
    }
    assert found["differences"][0]["value"] == 0.0
    other = replace(run, name="other")
    both = {one["metric"]: one["a"] for one in comparison(run, other, HOW)["metrics"]}
    assert both["max_drawdown"] != {one["metric"]: one["a"] for one in found["metrics"]}["max_drawdown"]
