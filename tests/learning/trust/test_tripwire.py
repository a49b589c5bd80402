"""Leaks stop the run and are named; nulls and signals that can be true do not."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.trust.tripwire import Limits, check_plausible, rank_suspects

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Walk:
    """A random walk, features of its past, and directions of ``horizon`` bars."""

    price: Floats
    moves: Floats
    matrix: Floats
    names: tuple[str, ...]
    y: Int64
    start: Int64
    end: Int64


def walk(seed: int, n: int = 4000, horizon: int = 20) -> Walk:
    generator = np.random.default_rng([seed, 4])
    moves = generator.standard_t(4, n) * 0.01
    price = np.cumsum(moves)
    columns = {f"ret{back}": price - np.roll(price, back) for back in (1, 5, 20)}
    columns["mean14"] = np.convolve(moves, np.ones(14) / 14)[:n]
    columns["size20"] = np.sqrt(np.convolve(moves**2, np.ones(20) / 20)[:n])
    start = np.arange(60, n - horizon - 1)
    y = (price[start + horizon] > price[start]).astype(np.int64)
    return Walk(price, moves, np.column_stack(list(columns.values())), tuple(columns), y, start,
                start + horizon)  # fmt: skip


def with_column(one: Walk, name: str, values: Floats) -> Walk:
    matrix = np.column_stack([one.matrix, values])
    return Walk(one.price, one.moves, matrix, (*one.names, name), one.y, one.start, one.end)


def checked(one: Walk, p: Floats | None = None, *, moves: bool = True) -> None:
    guess = np.full(len(one.y), 0.5) if p is None else p
    check_plausible(
        one.y, guess, one.start, one.end, one.matrix, one.names, moves=one.moves if moves else None
    )


def next_bar(one: Walk) -> Floats:
    return np.roll(one.moves, -1)


def centred(one: Walk) -> Floats:
    return one.price - np.convolve(one.price, np.ones(5) / 5, "same")


def slipped(one: Walk, column: int) -> Floats:
    return np.roll(one.matrix[:, column], -1)


def caught(one: Walk, name: str, values: Floats) -> bool:
    with pytest.raises(DataError, match=f"implausible accuracy: column {name} ") as found:
        checked(with_column(one, name, values))
    return name in found.value.message


def leaks_caught(seeds: range) -> int:
    """Leaks caught of nine per seed: next bar, centred average, five columns that slipped, two horizons."""
    count = 0
    for seed in seeds:
        one = walk(seed)
        count += caught(one, "next", next_bar(one)) + caught(one, "centred", centred(one))
        count += sum(caught(one, "slipped", slipped(one, column)) for column in range(4))
        short = walk(seed, 1500, 3)
        count += caught(short, "next", next_bar(short)) + caught(short, "centred", centred(short))
        count += caught(short, "slipped", slipped(short, 3))
    return count


def false_alarms(seeds: range) -> int:
    """Alarms on walks without a leak, with long and short samples and horizons."""
    count = 0
    for seed in seeds:
        for n, horizon in ((4000, 20), (4000, 1), (300, 20), (150, 1), (90, 5)):
            one = walk(seed, n, horizon)
            p = np.random.default_rng(seed).random(len(one.y))
            try:
                checked(one, p)
            except DataError:
                count += 1
    return count


def signal_alarms(seeds: range, rho: float = 0.2) -> int:
    """Alarms on a column that truly knows the next bar with correlation ``rho``, and on its forecast."""
    count = 0
    for seed in seeds:
        for n, horizon in ((4000, 1), (1000, 1), (4000, 5)):
            generator = np.random.default_rng([seed, 8])
            one = walk(seed, n, horizon)
            signal = generator.normal(size=n)
            moves = 0.01 * (rho * np.roll(signal, 1) + math.sqrt(1 - rho * rho) * generator.normal(size=n))
            price = np.cumsum(moves)
            y = (price[one.end] > price[one.start]).astype(np.int64)
            known = Walk(price, moves, np.column_stack([one.matrix, signal]), (*one.names, "signal"), y,
                         one.start, one.end)  # fmt: skip
            try:
                checked(known, 1 / (1 + np.exp(-0.3 * signal[one.start])))
            except DataError:
                count += 1
    return count


def test_every_planted_leak_is_caught_and_named() -> None:
    assert leaks_caught(range(4)) == 4 * 9


def test_walks_and_believable_signals_do_not_trip_it() -> None:
    assert false_alarms(range(12)) == 0
    assert signal_alarms(range(6)) == 0


def sharpe_alarms(count: int, trades: int, true: float, shape: str = "normal") -> int:
    """Alarms on so many samples of independent trades whose true Sharpe ratio is known."""
    one = walk(9, trades + 62, 1)
    blind, alarms = np.full(len(one.y), 0.5), 0
    for seed in range(count):
        draw = np.random.default_rng([seed, trades, 6])
        if shape == "barriers":
            win = 0.5 + true / (2 * math.sqrt(1 + true * true))
            net = np.where(draw.random(trades) < win, 1.0, -1.0) + draw.normal(0, 0.01, trades)
        else:
            net = draw.normal(true, 1.0, trades)
        try:
            check_plausible(one.y, blind, one.start, one.end, one.matrix[:, :1], one.names[:1], net=net)
        except DataError as found:
            assert "Sharpe" in found.message
            alarms += 1
    return alarms


@pytest.mark.parametrize("shape", ["normal", "barriers"])
@pytest.mark.parametrize("trades", [2, 3, 8, 29, 30, 100])
def test_a_true_sharpe_ratio_does_not_trip_it_however_few_the_trades(trades: int, shape: str) -> None:
    assert sharpe_alarms(60, trades, 0.2, shape) == 0


def test_a_sharpe_ratio_of_one_trips_it_once_there_are_trades_enough() -> None:
    assert sharpe_alarms(20, 29, 9.0) == 0
    assert sharpe_alarms(20, 30, 9.0) == 20
    assert sharpe_alarms(20, 200, 1.0) == 20


def test_trades_that_overlap_are_no_more_than_those_apart_in_time() -> None:
    one = walk(10, 4000, 200)
    net = np.random.default_rng(1).normal(1.0, 0.5, len(one.y))
    blind = np.full(len(one.y), 0.5)
    check_plausible(one.y, blind, one.start, one.end, one.matrix, one.names, net=net)
    short = walk(10, 4000, 20)
    net = np.random.default_rng(1).normal(1.0, 0.5, len(short.y))
    with pytest.raises(DataError, match="Sharpe ratio of"):
        check_plausible(
            short.y,
            blind[:1].repeat(len(short.y)),
            short.start,
            short.end,
            short.matrix,
            short.names,
            net=net,
        )


@pytest.mark.proof
@pytest.mark.parametrize("shape", ["normal", "barriers"])
def test_true_sharpe_ratios_never_trip_it(shape: str, proof_facts: dict[str, object]) -> None:
    alarms = {trades: sharpe_alarms(2_000, trades, 0.2, shape) for trades in (2, 3, 5, 10, 29, 30, 60, 300)}
    proof_facts |= {"samples_of_each": 2_000, "true_sharpe": 0.2, "alarms_by_trades": alarms}
    assert sum(alarms.values()) <= 10


@pytest.mark.proof
def test_leaks_are_caught_every_time_and_nulls_never() -> None:
    assert leaks_caught(range(100, 200)) == 100 * 9
    assert false_alarms(range(100, 300)) <= 2
    assert signal_alarms(range(100, 300)) <= 2


def test_a_leak_is_found_by_the_labels_alone() -> None:
    one = walk(1, 4000, 1)
    with pytest.raises(DataError, match=r"column next ranks the labels with AUC 1\.000, 0\.5"):
        checked(with_column(one, "next", next_bar(one)), moves=False)


def test_a_column_that_keeps_its_power_when_taken_earlier_is_believed() -> None:
    one = walk(2, 4000, 1)
    slow = np.repeat(np.random.default_rng(1).integers(0, 2, 201), 20)[:4000].astype(np.float64)
    labels = slow[one.start].astype(np.int64)
    flip = np.random.default_rng(2).random(len(labels)) < 0.3
    steady = Walk(one.price, one.moves, one.matrix, one.names, np.where(flip, 1 - labels, labels),
                  one.start, one.end)  # fmt: skip
    checked(with_column(steady, "setup", slow))


def test_the_label_itself_is_caught_although_it_lasts_when_the_model_is_too_good() -> None:
    one = walk(3)
    p = np.where(one.y > 0, 0.7, 0.3)
    with pytest.raises(DataError, match=r"AUC 1\.000 on unseen events, above 0\.65; the column that ranks"):
        checked(one, p)


def test_accuracy_and_sharpe_beyond_belief_are_caught() -> None:
    one = walk(4, 4000, 1)
    generator = np.random.default_rng(3)
    p = np.where(generator.random(len(one.y)) < 0.645, one.y, 1 - one.y) * 0.2 + 0.4
    loose = Limits(auc=0.9)
    with pytest.raises(DataError, match="above the more frequent label"):
        check_plausible(one.y, p, one.start, one.end, one.matrix, one.names, limits=loose)
    net = np.abs(generator.normal(0.01, 0.01, len(one.y)))
    blind = np.full(len(one.y), 0.5)
    with pytest.raises(DataError, match="Sharpe ratio of"):
        check_plausible(one.y, blind, one.start, one.end, one.matrix, one.names, net=net)
    check_plausible(one.y, blind, one.start, one.end, one.matrix, one.names, net=net - net.mean())
    check_plausible(one.y, blind, one.start, one.end, one.matrix, one.names, net=np.full(len(net), math.nan))


def test_few_labels_excuse_what_many_would_not() -> None:
    for n, trips in ((90, False), (4000, True)):
        one = walk(5, n, 5)
        p = np.where(np.random.default_rng(1).random(len(one.y)) < 0.7, one.y, 1 - one.y) * 0.2 + 0.4
        if trips:
            with pytest.raises(DataError, match="AUC"):
                checked(one, p)
        else:
            checked(one, p)


def test_a_rare_label_does_not_make_high_accuracy_suspicious() -> None:
    one = walk(6, 4000, 1)
    rare = (np.random.default_rng(1).random(len(one.y)) < 0.05).astype(np.int64)
    check_plausible(rare, np.full(len(rare), 0.05), one.start, one.end, one.matrix, one.names)


def test_columns_of_gaps_and_constants_are_no_suspects() -> None:
    one = with_column(with_column(walk(7), "none", np.full(4000, math.nan)), "flat", np.ones(4000))
    found = rank_suspects(one.y, one.start, one.end, one.matrix, one.names, moves=one.moves)
    assert {one.name: one.labels for one in found if one.name in {"none", "flat"}} == {
        "none": 0.5,
        "flat": 0.5,
    }
    assert not any(one.why for one in found)


def test_without_events_there_is_nothing_to_doubt() -> None:
    one = walk(8)
    check_plausible(one.y[:0], np.zeros(0), one.start[:0], one.end[:0], one.matrix, one.names)
