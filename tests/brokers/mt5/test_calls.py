"""Reads that are tried again, and the breaker that ends it."""

from dataclasses import replace
from typing import Any

import pytest

from ictcli.brokers.mt5.breaker import Breaker, BreakerRule
from ictcli.brokers.mt5.calls import Calls, Retry
from ictcli.clock import NS_PER_SECOND
from ictcli.errors import SourceUnavailable
from tests.brokers.mt5.scripted_terminal import ScriptedTerminal, World, silence


def calls_of(terminal: ScriptedTerminal, world: World, **rule: Any) -> Calls:
    return Calls(terminal, world.surroundings(), Retry(4, 0.1, 0.3), BreakerRule(**rule), Breaker())


def test_a_read_is_tried_again_after_a_pause_drawn_from_a_growing_range() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [-1, -10002, -1]
    assert calls_of(terminal, world).read("orders_get") == ()
    assert len(terminal.named("orders_get")) == 4
    assert len(world.pauses) == 3
    for pause, longest in zip(world.pauses, (0.1, 0.2, 0.3), strict=True):
        assert 0 <= pause <= longest


def test_pauses_come_from_the_generator_that_was_given() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [-1, -1]
    calls_of(terminal, world).read("orders_get")
    same = world.surroundings().rng
    assert world.pauses == [same.uniform(0, 0.1), same.uniform(0, 0.2)]


def test_after_the_last_attempt_it_says_which_error_it_was() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [-1] * 4
    with pytest.raises(SourceUnavailable, match="did not answer orders_get: -1 as told"):
        calls_of(terminal, world).read("orders_get")


@pytest.mark.parametrize("code", [-2, -5, -6, -7])
def test_an_error_that_cannot_change_is_not_asked_again(code: int) -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [code]
    with pytest.raises(SourceUnavailable):
        calls_of(terminal, world).read("orders_get")
    assert len(terminal.named("orders_get")) == 1


def test_not_found_is_an_answer_to_a_look_up_and_none_to_a_read() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["symbol_info"] = [-4] * 8
    calls = calls_of(terminal, world)
    assert calls.look_up("symbol_info", "NONE") is None
    with pytest.raises(SourceUnavailable):
        calls.read("symbol_info", "NONE")
    assert calls.breaker == Breaker()


def test_an_error_that_cannot_even_be_asked_for_counts_as_a_lost_line() -> None:
    class Dead(ScriptedTerminal):
        def last_error(self) -> tuple[int, str]:
            raise silence()

    assert calls_of(Dead(), World()).error()[0] == -10002


def test_an_empty_answer_is_an_answer() -> None:
    terminal, world = ScriptedTerminal(), World()
    assert calls_of(terminal, world).read("positions_get") == ()
    assert len(terminal.named("positions_get")) == 1


def test_a_lost_terminal_is_connected_again_before_the_next_attempt() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [-10004, silence()]
    calls = calls_of(terminal, world)
    revived = []
    calls.revive = lambda: revived.append(world.now)
    assert calls.read("orders_get") == ()
    assert len(revived) == 2


def test_a_terminal_that_restarted_behind_an_open_breaker_is_connected_again_by_the_first_trial() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [-10004] * 9
    calls = calls_of(terminal, world, failures=2, pause=NS_PER_SECOND)
    with pytest.raises(SourceUnavailable):
        calls.read("orders_get")
    calls.revive = terminal.failures["orders_get"].clear
    world.now += 2 * NS_PER_SECOND
    assert calls.read("orders_get") == ()


def test_enough_failures_open_the_breaker_and_nothing_is_asked_until_it_tries_again() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [silence() for _ in range(6)]
    calls = calls_of(terminal, world, failures=4, pause=50 * NS_PER_SECOND)
    with pytest.raises(SourceUnavailable):
        calls.read("orders_get")
    asked = len(terminal.asked)
    with pytest.raises(SourceUnavailable, match="failed 4 times in a row"):
        calls.read("positions_get")
    assert len(terminal.asked) == asked
    assert calls.read("positions_get", forced=True) == ()
    assert calls.breaker == Breaker()


def test_a_clock_that_is_set_back_does_not_keep_a_breaker_open() -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures["orders_get"] = [silence() for _ in range(4)]
    shown = replace(world.surroundings(), now=lambda: world.now - 3600 * NS_PER_SECOND)
    calls = Calls(terminal, world.surroundings(), Retry(), BreakerRule(failures=4), Breaker())
    with pytest.raises(SourceUnavailable):
        calls.read("orders_get")
    calls = Calls(terminal, shown, Retry(), BreakerRule(), calls.breaker)
    world.now += NS_PER_SECOND
    assert calls.read("orders_get") == ()


def test_a_breaker_that_was_left_open_is_still_open_for_the_next_broker() -> None:
    terminal, world = ScriptedTerminal(), World()
    left = Breaker(position="open", failures=5, opened=1, until=world.now + NS_PER_SECOND)
    calls = Calls(terminal, world.surroundings(), Retry(), BreakerRule(), left)
    with pytest.raises(SourceUnavailable):
        calls.read("orders_get")
    world.now += NS_PER_SECOND
    assert calls.read("orders_get") == ()


def test_every_call_is_timed_by_name() -> None:
    terminal, world = ScriptedTerminal(), World()

    def slow() -> tuple[()]:
        world.now += NS_PER_SECOND // 4
        return ()

    terminal.answers["orders_get"] = slow
    calls = calls_of(terminal, world)
    calls.read("orders_get")
    calls.read("positions_get")
    times = calls.timings.read()
    assert (times["orders_get"].calls, times["orders_get"].worst) == (1, 0.25)
    assert times["positions_get"].p99 == 0.0
    assert calls.spent == 0.25
