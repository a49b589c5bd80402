"""Scores: planted alerts are found, random ones score like chance, and intervals mean what they say."""

from pathlib import Path

import numpy as np
import pytest

from ictcli.research.alerts.chance import Draws, hour_matched, shifted, shuffled_bars
from ictcli.research.alerts.gate import judge_score, load_alert_gate
from ictcli.research.alerts.kinds import Alerts, cooled
from ictcli.research.alerts.moves import Moves
from ictcli.research.alerts.score import ALERT_METRICS, Scored, ScoreReport, Share, alert_metric_table, score
from ictcli.research.alerts.trades import AMBIGUOUS, STOP, TARGET, TIME, Costs, Trades
from ictcli.research.alerts.universe import Rules, Universe, judge_alerts
from ictcli.research.gates import Verdict
from ictcli.research.metrics.values import Resampling
from ictcli.stats.bootstrap import bootstrap_mean
from ictcli.stats.intervals import wilson
from tests.research.alerts.alert_worlds import random_alerts, walk, world_of

ROOT = Path(__file__).parents[3]
HOW = Resampling(500, 1, 0.95)
DRAWS = Draws(shifts=200, scattered=20, shuffles=0)


def scored(world: Universe, alerts: Alerts, dropped: int = 0) -> Scored:
    chance = {"shifted": shifted(world, alerts, DRAWS), "hour_matched": hour_matched(world, alerts, DRAWS)}
    return Scored(world, judge_alerts(world, alerts, dropped), chance)  # type: ignore[arg-type]


def report(world: Universe, alerts: Alerts) -> ScoreReport:
    return score([scored(world, alerts)], HOW)


def small_world() -> Universe:
    """30 bars in 3 days; moves up at 10 and 20, down at 15; trades of known results."""
    multiple = np.full((2, 30), np.nan)
    ending = np.zeros((2, 30), np.int64)
    multiple[:, 5:18] = [[0.5], [-1.0]]
    ending[0, 5:18], ending[1, 5:18] = TARGET, STOP
    multiple[0, 17], ending[0, 17] = 0.0, 3  # ended by time at exactly nothing: not a win
    moving = np.zeros(30, np.bool_)
    for start in (10, 15, 20):
        moving[start - 3 : start + 3] = True
    return Universe(
        rules=Rules(),
        moves=Moves(np.array([10, 15, 20]), np.array([12, 17, 22]), np.array([1, -1, 1])),
        trades=Trades(multiple, ending),
        day=np.arange(30) // 10,
        hour=np.zeros(30, np.int64),
        closed=np.arange(30),
        moving=moving,
        first=5,
        last=25,
    )


def small_report() -> ScoreReport:
    """One alert before the first judged bar, one early, one late, three false, one after the last."""
    said = Alerts(np.array([2, 7, 13, 16, 17, 24, 28]), np.array([1, 1, -1, 0, 1, 1, 1]))
    # 7 serves move 10 (3 early); 13 the fall at 15; 16 finds it served; 17 the rise at 20; 24 none.
    return score([Scored(small_world(), judge_alerts(small_world(), said, 4), {})], HOW)


@pytest.mark.jit_off
def test_a_hand_made_score() -> None:
    found = small_report()
    assert found.shares["capture"] == Share(3, 3, 3.0)
    assert found.shares["early_capture"].hits == 3
    assert (found.shares["false_alert_share"].hits, found.shares["false_alert_share"].n) == (2, 5)
    assert found.counts == {
        "moves": 3, "alerts": 11, "cooled": 4, "unjudged": 2, "undirected": 1, "trades": 3, "unresolved": 3,
        "timed_out": 1, "ambiguous": 0, "symbol_days": 3,
    }  # fmt: skip
    # Trades: 7 long +0.5, 13 short -1, 17 long 0.
    assert (found.shares["win_rate"].hits, found.shares["win_rate"].n) == (1, 3)
    assert (found.shares["barrier_win_rate"].hits, found.shares["barrier_win_rate"].n) == (1, 2)
    assert found.metrics["expectancy_r"].value == pytest.approx(-1 / 6)
    assert found.metrics["profit_factor"].value == pytest.approx(0.5)
    assert found.metrics["alerts_per_day"].value == pytest.approx(7 / 3)
    assert found.metrics["false_alerts_per_day"].value == pytest.approx(2 / 3)
    # Still bars: 30 less 3 x 6, but 12 is in two windows and 17 too: 16 moving, 14 still; 2, 24, 28 alert.
    assert (found.shares["false_positive_rate"].hits, found.shares["false_positive_rate"].n) == (3, 14)
    assert found.lead == {"p10": 2.0, "p50": 3.0, "p90": 3.0}


def traded(multiples: list[float], endings: list[int], days: list[int], closed: list[int]) -> Scored:
    """Longs on every bar of a world without moves, with the results given."""
    n = len(multiples)
    nowhere = np.empty(0, np.int64)
    world = Universe(
        Rules(), Moves(nowhere, nowhere, nowhere), Trades(np.array([multiples] * 2), np.array([endings] * 2)),
        np.array(days), np.zeros(n, np.int64), np.array(closed), np.zeros(n, np.bool_), 0, n,
    )  # fmt: skip
    return Scored(world, judge_alerts(world, Alerts(np.arange(n), np.ones(n, np.int64))), {})


def test_a_bar_that_reached_both_barriers_counts_as_a_loss_at_a_barrier() -> None:
    found = score(
        [traded([1.0, -1.0, -1.0, 0.5], [TARGET, STOP, AMBIGUOUS, TIME], [0] * 4, [1, 2, 3, 4])], HOW
    )
    assert (found.shares["barrier_win_rate"].hits, found.shares["barrier_win_rate"].n) == (1, 3)
    assert (found.counts["ambiguous"], found.counts["timed_out"]) == (1, 1)


def test_intervals_use_what_clustered_trades_are_worth() -> None:
    # Ten days, each all wins or all losses: 50 trades are worth 10.
    days = np.repeat(np.arange(10), 5)
    gains = np.where(days % 2 == 0, 1.0, -1.0)
    endings = np.where(gains > 0, TARGET, STOP)
    found = score([traded(gains.tolist(), endings.tolist(), days.tolist(), list(range(50)))], HOW)
    assert found.shares["win_rate"].effective == pytest.approx(10)
    expected = wilson(5, 10, 0.95)
    assert found.metrics["win_rate"].low == pytest.approx(expected.low)
    assert found.metrics["win_rate"].high == pytest.approx(expected.high)


def test_a_proof_needs_one_side_only_and_results_of_all_series_run_in_order_of_time() -> None:
    rng = np.random.default_rng(5)
    gains = rng.normal(0.2, 1.0, 60)
    endings = [TIME] * 60
    whole = traded(gains.tolist(), endings, [0] * 60, list(range(60)))
    found = score([whole], HOW)
    draws = bootstrap_mean(gains, HOW.resamples, HOW.seed)
    ranked = np.sort(draws)
    assert found.proven["expectancy_r"] in ranked[24:26]
    assert found.metrics["expectancy_r"].low in ranked[12:14]
    even = traded(gains[::2].tolist(), endings[::2], [0] * 30, list(range(0, 60, 2)))
    odd = traded(gains[1::2].tolist(), endings[1::2], [0] * 30, list(range(1, 60, 2)))
    assert score([odd, even], HOW).metrics["expectancy_r"] == found.metrics["expectancy_r"]


def test_no_alerts_and_no_moves_are_undefined_not_zero() -> None:
    nobody = Alerts(np.empty(0, np.int64), np.empty(0, np.int64))
    silent = report(world_of(walk(500, seed=1)), nobody)
    assert silent.metrics["capture"].value == 0.0
    assert silent.metrics["false_alert_share"].value is None
    assert silent.metrics["win_rate"].value is None
    assert silent.metrics["expectancy_r"].value is None
    assert silent.lead == {"p10": None, "p50": None, "p90": None}
    early = report(world_of(walk(10, seed=1)), nobody)
    assert early.metrics["capture"].value is None
    assert early.shares["capture"] == Share(0, 0, 0.0)


def planted(world: Universe) -> Alerts:
    """An alert on the bar on which each move starts, in its direction."""
    return Alerts(world.moves.start, world.moves.direction)


def test_perfect_alerts_capture_everything_and_pass() -> None:
    rules = Rules(target=1.0, stop=3.0)
    world = world_of(walk(6000, seed=2), rules)
    found = report(world, planted(world))
    assert found.metrics["capture"].value == 1.0
    assert found.metrics["early_capture"].value == 1.0
    assert found.metrics["false_alert_share"].value == 0.0
    assert found.lead == {"p10": 0.0, "p50": 0.0, "p90": 0.0}
    checks = load_alert_gate(ROOT / "config" / "gates.toml")
    gate = judge_score("g", checks, found)
    assert [check.verdict for check in gate.checks] == [Verdict.PASS] * 3
    assert gate.verdict is Verdict.PASS


def test_alerts_against_the_moves_capture_nothing_by_skill() -> None:
    world = world_of(walk(6000, seed=2))
    opposite = Alerts(world.moves.start, -world.moves.direction)
    found = report(world, opposite)
    assert (found.metrics["capture_lift"].high or 0) < 0
    checks = load_alert_gate(ROOT / "config" / "gates.toml")
    assert judge_score("g", checks, found).verdict is Verdict.FAIL


def chance_worlds(worlds: int) -> tuple[float, float, float]:
    """Random alerts on random walks: how often the interval of the lift holds 0, and the mean differences.

    Returns:
        Share of worlds, mean lift, mean difference of the win rate from that of shifted alerts.
    """
    held, lifts, wins = 0, [], []
    for seed in range(worlds):
        world = world_of(walk(8000, seed=100 + seed))
        found = report(world, cooled(random_alerts(8000, 600, seed=2000 + seed), 3))
        lift, win = found.metrics["capture_lift"], found.metrics["win_rate"]
        held += (lift.low or 0) <= 0 <= (lift.high or 0)
        lifts.append(lift.value or 0)
        wins.append((win.value or 0) - (found.chance["shifted"]["win_rate"].value or 0))
    return held / worlds, float(np.mean(lifts)), float(np.mean(wins))


def test_random_alerts_score_what_chance_does() -> None:
    held, lift, win = chance_worlds(40)
    assert held >= 0.85
    assert lift == pytest.approx(0, abs=4 * 0.012 / 40**0.5)
    assert win == pytest.approx(0, abs=4 * 0.021 / 40**0.5)


@pytest.mark.proof
def test_random_alerts_score_what_chance_does_at_full_count(proof_facts: dict[str, object]) -> None:
    held, lift, win = chance_worlds(2000)
    proof_facts |= {"worlds": 2000, "held": held, "mean_lift": lift, "mean_win_difference": win}
    assert 0.93 <= held <= 0.995
    assert lift == pytest.approx(0, abs=4 * 0.012 / 2000**0.5)
    assert win == pytest.approx(0, abs=4 * 0.021 / 2000**0.5)


def won_at_barriers(world: Universe, alerts: Alerts) -> tuple[int, int]:
    """Targets among trades that reached one barrier, as if the market were free."""
    ending = judge_alerts(world, alerts).ending
    wins = int(np.count_nonzero(ending == TARGET))
    assert np.count_nonzero(ending == AMBIGUOUS) < 0.02 * len(alerts)
    return wins, wins + int(np.count_nonzero(ending == STOP))


def test_on_shuffled_bars_half_of_free_trades_win() -> None:
    # P16: symmetric barriers, no costs; barriers of 2 ATR keep bars that reach both out of the way.
    bars = shuffled_bars(walk(40_000, seed=8), (1, 0))
    world = world_of(bars, Rules(target=2.0, stop=2.0, horizon=24))
    breakouts = Alerts(
        np.arange(20, 40_000, 25),
        np.sign(bars.close[20::25] - bars.close[15:-5:25][: len(bars.close[20::25])]),
    )
    wins, n = won_at_barriers(world, breakouts)
    assert n > 1000
    assert wins / n == pytest.approx(0.5, abs=4 * 0.5 / n**0.5)


def test_a_planted_look_ahead_wins_and_would_not_pass_for_chance() -> None:
    bars = walk(10_000, seed=9)
    world = world_of(bars)
    at = np.arange(20, 9900, 25)
    peeking = Alerts(at, np.sign(bars.close[at + 5] - bars.close[at]))
    found = report(world, peeking)
    assert (found.metrics["win_rate"].low or 0) > 0.7


def test_pooling_counts_every_series_and_days_once() -> None:
    one, two = (world_of(walk(3000, seed=seed)) for seed in (1, 2))
    said = [random_alerts(3000, 200, seed=seed) for seed in (3, 4)]
    alone = [report(world, alerts) for world, alerts in zip((one, two), said, strict=True)]
    both = score([scored(one, said[0]), scored(two, said[1])], HOW)
    for name in ("moves", "alerts", "trades", "symbol_days"):
        assert both.counts[name] == sum(part.counts[name] for part in alone)
    assert both.shares["capture"].hits == sum(part.shares["capture"].hits for part in alone)
    assert both.shares["capture"].effective <= both.shares["capture"].n


def test_the_same_twice_is_worth_as_much_as_once() -> None:
    world = world_of(walk(6000, seed=5))
    part = scored(world, random_alerts(6000, 400, seed=3))
    once, twice = score([part], HOW), score([part, part], HOW)
    assert twice.metrics["capture"].value == once.metrics["capture"].value
    assert twice.shares["capture"].n == 2 * once.shares["capture"].n
    assert twice.shares["win_rate"].effective < 1.5 * once.shares["win_rate"].effective


def test_prices_twice_as_fine_change_no_score() -> None:
    bars = walk(3000, seed=1)
    finer = world_of(bars.rescaled(bars.digits + 1))
    coarse = world_of(bars)
    said = random_alerts(3000, 200, seed=2)
    assert report(finer, said).shares == report(coarse, said).shares


def test_dropping_an_alert_that_served_nothing_only_lowers_false_alerts() -> None:
    world = world_of(walk(3000, seed=1))
    said = random_alerts(3000, 200, seed=2)
    judged = judge_alerts(world, said)
    useless = int(np.flatnonzero(judged.judged & (judged.move_of < 0))[10])
    keep = np.arange(len(said)) != useless
    before, after = report(world, said), report(world, Alerts(said.bar[keep], said.direction[keep]))
    assert after.shares["capture"].hits == before.shares["capture"].hits
    assert after.shares["false_alert_share"].hits == before.shares["false_alert_share"].hits - 1


def test_costs_lower_every_result() -> None:
    bars = walk(3000, seed=1)
    said = random_alerts(3000, 200, seed=2)
    free, paid = report(world_of(bars), said), report(world_of(bars, None, Costs(commission=10.0)), said)
    assert free.shares["capture"] == paid.shares["capture"]
    assert (paid.metrics["expectancy_r"].value or 0) < (free.metrics["expectancy_r"].value or 0)


def coverage(worlds: int) -> float:
    """How often the interval of the expectancy holds the truth, here 0: coin flips of one unit."""
    held = 0
    rng = np.random.default_rng(17)
    world = small_world()
    quiet = Moves(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))
    size = 400
    for _ in range(worlds):
        gains = rng.choice(np.array([-1.0, 1.0]), (2, size))
        flips = Universe(
            world.rules, quiet, Trades(gains, np.where(gains > 0, TARGET, STOP)), np.arange(size) // 20,
            np.zeros(size, np.int64), np.arange(size), np.zeros(size, np.bool_), 0, size,
        )  # fmt: skip
        alerts = Alerts(np.arange(size), np.ones(size, np.int64))
        found = score([Scored(flips, judge_alerts(flips, alerts), {})], Resampling(300, 1, 0.95))
        expectancy = found.metrics["expectancy_r"]
        held += (expectancy.low or 0) <= 0 <= (expectancy.high or 0)
    return held / worlds


def test_the_interval_of_the_expectancy_holds_the_truth() -> None:
    assert 0.88 <= coverage(200) <= 0.99


@pytest.mark.proof
def test_coverage_of_the_expectancy_at_full_count(proof_facts: dict[str, object]) -> None:
    found = coverage(5_000)
    proof_facts |= {"worlds": 5_000, "coverage": found}
    assert 0.92 <= found <= 0.97


def test_every_metric_is_documented() -> None:
    page = (ROOT / "docs" / "detect-score.md").read_text(encoding="utf-8")
    assert alert_metric_table() in page
    assert list(small_report().metrics) == list(ALERT_METRICS)
