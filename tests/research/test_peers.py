"""The same crosses in vectorbt, backtesting.py and NautilusTrader: a rule proves every difference."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peer_backtest.agreement import (
    EXIT_RULES,
    UNEXPLAINED,
    Both,
    Facts,
    Lone,
    Trade,
    compare,
    facts_of,
    lone_rule,
    pairs_of,
    rule,
    trades_of,
)
from benchmarks.peer_backtest.answer import Asked
from benchmarks.peer_backtest.harness import ABSENT, OURSELVES, PEERS, PLAIN, ask, interpreter, write_market
from benchmarks.peer_backtest.market import bootstrapped, source

BARS = 6000
ASKED = {
    "plain": PLAIN,
    "tight": replace(PLAIN, stop_percent=0.05, target_percent=0.1),
}
"""``tight`` lies so near that most trades end at their stop or target."""


@pytest.fixture(scope="module", params=sorted(ASKED))
def asked(request: pytest.FixtureRequest) -> Asked:
    return ASKED[request.param]


@pytest.fixture(scope="module")
def market(asked: Asked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("market") / "bars.npz"
    write_market(bootstrapped(source()[0], BARS, 3), asked, path)
    return path


@pytest.fixture(scope="module")
def facts(market: Path, asked: Asked) -> Facts:
    with np.load(market) as stored:
        return facts_of(dict(stored), asked)


@pytest.fixture(scope="module")
def ours(market: Path, asked: Asked) -> list[Trade]:
    return trades_of(ask(OURSELVES, market, asked))


def test_our_trades_enter_at_the_open_after_a_cross_of_the_exact_averages(
    facts: Facts, ours: list[Trade]
) -> None:
    assert len(ours) > BARS // 200
    for trade in ours:
        assert facts.lead[trade.opened - 1] > 0 >= facts.lead[trade.opened - 2]
        assert trade.entry == pytest.approx(facts.open[trade.opened], abs=1e-9)


@pytest.mark.parametrize("program", PEERS)
def test_every_difference_to_another_program_is_explained_by_a_rule(
    program: str, market: Path, asked: Asked, facts: Facts, ours: list[Trade]
) -> None:
    if interpreter(program) is None:
        pytest.skip(ABSENT.format(program))
    theirs = trades_of(ask(program, market, asked))
    found = compare(facts, ours, theirs)
    assert len(theirs) >= len(ours) * 0.98
    assert not [name for name in found if UNEXPLAINED in name], found


def test_a_difference_that_no_rule_proves_stays_unexplained(facts: Facts, ours: list[Trade]) -> None:
    moved = [replace(ours[0], exit=ours[0].exit + 3e-5), *ours[2:]]
    assert compare(facts, ours, moved) == {
        "same": len(ours) - 2,
        f"exit: {UNEXPLAINED}": 1,
        f"trade: {UNEXPLAINED}": 1,
    }


def test_a_later_exit_is_explained_only_by_what_its_bars_show(facts: Facts, ours: list[Trade]) -> None:
    both, _ = pairs_of(facts, ours, ours)
    late = [Both(one.signal, one.ours, replace(one.theirs, closed=one.theirs.closed + 9)) for one in both]
    wrong = [one for one in late if not one.ours.ended and rule(EXIT_RULES, facts, one) == "close"]
    assert not wrong
    assert lone_rule(facts, Lone(ours[3].opened - 1, is_ours=True, holding=False)) == UNEXPLAINED
