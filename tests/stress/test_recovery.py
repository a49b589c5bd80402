"""Killed traders come back, and one that takes too long, or never comes back, is caught."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import cast

import pytest

from ictcli.brokers.broker import Broker
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.breaker import BreakerRule
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.clock import NS_PER_MINUTE
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ExitCode
from ictcli.stress.outages import draw_outages
from ictcli.stress.recovery_arena import Arena, ways_to_end
from ictcli.stress.recovery_outages import returns_of
from ictcli.stress.scenario import Verdict
from ictcli.stress.scenarios import recovery
from ictcli.stress.scenarios.recovery import after_kills, run
from ictcli.telemetry import silent
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock
from ictcli.trading.crashpoints import POINTS
from tests.stress.settings import setting_of

SLOW = Path(__file__).with_name("slow_trader.py")


def test_every_crash_point_comes_in_turn_with_random_moments_between() -> None:
    ways = ways_to_end(Random(1), 60)
    assert {way.partition(":")[0] for way in ways if isinstance(way, str)} == set(POINTS)
    assert sum(isinstance(way, float) for way in ways) == 30


def test_outages_follow_each_other_and_every_kind_comes_as_often() -> None:
    found = draw_outages(Random(4), 0, 600 * NS_PER_MINUTE, 5 * NS_PER_MINUTE)
    kinds = [one.kind for one in found]
    assert kinds[:4] == ["cut", "gone", "silent", "cut"]
    ends = [0, *(one.end for one in found)]
    assert all(before < one.start < one.end for before, one in zip(ends, found, strict=False))
    assert found == draw_outages(Random(4), 0, 600 * NS_PER_MINUTE, 5 * NS_PER_MINUTE)


def test_a_trader_that_is_killed_comes_back_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "_KILLS", {"quick": 1})
    monkeypatch.setattr(recovery, "_SETTLING", 3.0)
    monkeypatch.setattr(recovery, "_AHEAD", {"quick": "40m"})
    came, lost = after_kills(setting_of(tmp_path), 1, silent)
    assert came.n >= 1
    assert came.verdict is Verdict.INCONCLUSIVE, "one recovery bounds nothing"
    assert lost.verdict is Verdict.PASS, lost.note


def test_a_trader_does_not_outlive_the_stress_that_started_it(tmp_path: Path) -> None:
    arena = Arena(tmp_path / "kills", setting_of(tmp_path).config, 1, 20.0, "40m")
    trader = arena._started("")
    try:
        assert arena._ready(trader)
        arena._leash.let_go()  # what the system does when the parent is killed
        assert trader.wait(20) == ExitCode.INTERRUPTED
    finally:
        arena.close()
        trader.communicate()


def given_up(terminal: Terminal, table: BrokerConfig, around: Surroundings, clock: ServerClock) -> Broker:
    """An adapter that asks a terminal again after ten minutes."""
    rule = BreakerRule(failures=3, pause=10 * NS_PER_MINUTE, longest=10 * NS_PER_MINUTE)
    return cast("Broker", Mt5Broker(terminal, table, around, clock, rule=rule))


def test_the_return_of_a_terminal_is_noticed_soon_and_an_adapter_that_gives_it_up_is_caught(
    tmp_path: Path,
) -> None:
    setting = setting_of(tmp_path / "good")
    good, kinds = returns_of(setting, 2, 3, silent)
    assert kinds == {"cut": 1, "gone": 1, "silent": 1}
    assert max(one.seconds for one in good) < 10
    bad, _ = returns_of(replace(setting, folder=tmp_path / "bad"), 2, 3, silent, given_up)
    assert any(not one.back or one.seconds > 30 for one in bad)


@pytest.mark.proof
def test_a_trader_that_recovers_slowly_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_KILLS", {"quick": 1})
    came, _ = after_kills(setting_of(tmp_path), 1, silent, sys.executable, str(SLOW))
    assert came.verdict is Verdict.FAIL
    assert came.value is not None
    assert came.value > 40


@pytest.mark.proof
def test_proof_seventy_kills_and_sixty_six_outages(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    claims = run(setting_of(tmp_path, profile="full"), 1, silent)
    for claim in claims:
        record_property(claim.name, (claim.value, claim.n, claim.bound.high))
    assert [claim.verdict for claim in claims] == [Verdict.PASS] * 3, claims
