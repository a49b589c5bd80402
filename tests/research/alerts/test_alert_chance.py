"""Baselines: what chance would have scored."""

from dataclasses import replace

import numpy as np
import pytest

from ictcli.market.bars import Bars, Int64
from ictcli.research.alerts.chance import Draws, hour_matched, pooled, shifted, shuffled_bars
from ictcli.research.alerts.kinds import Alerts, cooled
from ictcli.research.alerts.trades import TARGET, UNRESOLVED
from ictcli.research.alerts.universe import (
    TALLY,
    judge_alerts,
    tally,
    tally_rotations,
)
from tests.research.alerts.alert_worlds import random_alerts, walk, world_of


def counts(row: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    return dict(zip(TALLY, row.tolist(), strict=True))


def test_a_tally_counts_what_the_judgement_shows() -> None:
    world = world_of(walk(3000, seed=1))
    said = cooled(random_alerts(3000, 250, seed=2), 3)
    judged = judge_alerts(world, said)
    found = counts(tally(world, said))
    paired = judged.alert_of >= 0
    early = said.bar[judged.alert_of[paired]] <= world.moves.start[paired]
    resolved = judged.ending != UNRESOLVED
    assert found["moves"] == len(world.moves) > 100
    assert found["captured"] == paired.sum() > 10
    assert found["early"] == early.sum()
    assert found["judged"] == judged.judged.sum()
    assert found["false"] == (judged.judged & (judged.move_of < 0)).sum()
    assert found["resolved"] == resolved.sum()
    assert found["wins"] == (judged.multiple[resolved] > 0).sum()
    assert found["targets"] == (judged.ending == TARGET).sum()
    assert found["multiples"] == pytest.approx(judged.multiple[resolved].sum())
    assert found["false_bars"] == (~world.moving[np.unique(said.bar)]).sum()


@pytest.mark.parametrize("shift", [1, 700, 2999])
def test_a_shift_goes_round_the_end_and_keeps_directions(shift: int) -> None:
    world = world_of(walk(3000, seed=1))
    said = cooled(random_alerts(3000, 250, seed=2), 3)
    bar = (said.bar + shift) % 3000
    order = np.argsort(bar)
    moved = Alerts(bar[order], said.direction[order])
    assert (tally_rotations(world, said, np.array([shift]))[0] == tally(world, moved)).all()


def test_shifts_are_drawn_from_the_seed_and_never_stay_in_place() -> None:
    world = world_of(walk(60, seed=1))
    said = random_alerts(60, 10, seed=2)
    found = shifted(world, said, Draws(shifts=500, seed=4))
    possible = tally_rotations(world, said, np.arange(1, 60))
    assert {tuple(row) for row in found} == {tuple(row) for row in possible}
    assert (found == shifted(world, said, Draws(shifts=500, seed=4))).all()
    assert (found != shifted(world, said, Draws(shifts=500, seed=5))).any()


def test_a_single_bar_cannot_be_shifted() -> None:
    assert shifted(world_of(walk(1, seed=1)), random_alerts(1, 0, seed=1), Draws()).shape == (0, len(TALLY))


def test_shifted_alerts_capture_what_their_rate_explains() -> None:
    # An alert in a window of 6 bars by a rate of r per bar and direction: about 1 - exp(-6 r), less what
    # neighbouring windows take from one another.
    world = world_of(walk(20_000, seed=3))
    said = random_alerts(20_000, 1000, seed=5)
    found = shifted(world, said, Draws(shifts=200))
    capture = (found[:, 0] / found[:, 2]).mean()
    assert capture == pytest.approx(1 - np.exp(-6 * 0.025), abs=0.012)


def test_scattered_alerts_keep_their_hours_and_directions() -> None:
    world = world_of(walk(5000, seed=1))
    nine = np.flatnonzero(world.hour == 9)
    # All bars of the hour alert upward: there is only one way to scatter them.
    full = Alerts(nine, np.ones(len(nine), np.int64))
    assert (hour_matched(world, full, Draws(scattered=3)) == tally(world, full)).all()
    # Half of them: every draw stays within what all of them reach, and draws differ.
    half = Alerts(nine[::2], np.ones(len(nine[::2]), np.int64))
    found = hour_matched(world, half, Draws(scattered=20))
    captured, resolved = TALLY.index("captured"), TALLY.index("resolved")
    assert (found[:, captured] <= tally(world, full)[captured]).all()
    assert len(np.unique(found[:, captured])) > 1
    assert found[:, resolved].tolist() == pytest.approx([len(half)] * 20, abs=3)
    assert (found == hour_matched(world, half, Draws(scattered=20))).all()


def test_more_alerts_than_bars_of_an_hour_share_bars() -> None:
    world = world_of(walk(48, seed=1))
    both = Alerts(np.repeat(np.arange(20, 48), 2), np.tile(np.array([-1, 1]), 28))
    found = hour_matched(world, both, Draws(scattered=2))
    assert found.shape == (2, len(TALLY))


def test_shuffled_bars_are_the_same_bars_in_another_order() -> None:
    plain = walk(500, seed=7)
    bars = replace(plain, spread=np.arange(500, dtype=np.int32))
    mixed = shuffled_bars(bars, (1, 0))
    assert shapes(mixed)[1:].tolist() != shapes(bars)[1:].tolist()
    assert sorted(shapes(mixed).tolist()) == sorted(shapes(bars).tolist())
    assert (mixed.close[0], mixed.close[-1]) == (bars.close[0], bars.close[-1])
    assert (mixed.ts == bars.ts).all()
    assert (mixed.low <= np.minimum(mixed.open, mixed.close)).all()
    assert (mixed.high >= np.maximum(mixed.open, mixed.close)).all()
    again = shuffled_bars(bars, (1, 0))
    assert (again.close == mixed.close).all()
    assert (shuffled_bars(bars, (1, 1)).close != mixed.close).any()
    assert shuffled_bars(bars.slice(0, 1), (1, 0)) is not None


def shapes(bars: Bars) -> Int64:
    before = np.concatenate((bars.open[:1], bars.close[:-1]))
    columns = (bars.open, bars.high, bars.low, bars.close)
    return np.column_stack([column - before for column in columns] + [bars.spread])


def test_baselines_of_several_series_add_up_draw_by_draw() -> None:
    one, two = np.ones((2, len(TALLY))), np.full((2, len(TALLY)), 2.0)
    assert (pooled([{"shifted": one}, {"shifted": two}])["shifted"] == 3).all()
    assert pooled([{"shifted": one}, {}]) == {}
    assert pooled([{"shifted": np.zeros((0, len(TALLY)))}]) == {}
