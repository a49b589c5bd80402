"""The trading loop while somebody sets this machine's clock: nothing twice, no wait for hours, all told."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from random import Random
from typing import cast

import pytest

from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.simulated.served import ServedOptions
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.config.records import Config
from ictcli.ledger.bodies import Alerted, BarTaken, Intent, Sent
from ictcli.ledger.opening import copied
from ictcli.ledger.stored import entry_of
from ictcli.stress.simulated_session import RULE, Desk, Scene, SimulatedTime, outside_of
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock
from ictcli.trading.control import control_folder
from ictcli.trading.pulse import last_beat, pulse_file
from ictcli.trading.request import Outside
from ictcli.trading.set_clock import SetClock

START = parse_instant("2026-03-04T12:00Z", now=0)
SET_AT = START + 3 * NS_PER_MINUTE + 20 * NS_PER_SECOND
END = START + 8 * NS_PER_MINUTE
HOUR, DAY = 3600 * NS_PER_SECOND, 86_400 * NS_PER_SECOND


class Settable(SimulatedTime):
    """A machine's clock that is set at instants of the true one."""

    def __init__(self, true: SimulatedTime, settings: list[tuple[int, int]]) -> None:
        self.true, self.settings = true, settings

    def now(self) -> int:
        """What the machine shows."""
        true = self.true.now()
        return true + sum(by for at, by in self.settings if true >= at)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.true.sleep(seconds)

    def monotonic(self) -> float:
        """Seconds that nobody sets."""
        return self.true.monotonic()


class SetDesk(Desk):
    """The market goes by the true clock, the trader by its machine's."""

    settings: list[tuple[int, int]]

    def _outside(self, ending: Callable[[], str]) -> Outside:
        clock = Settable(cast("SimulatedTime", self.clock), self.settings)
        around = Surroundings(clock.now, clock.sleep, clock.monotonic, Random(1))
        broker = self.make(
            cast("Terminal", self.terminal), self.own.brokers["stress"], around, ServerClock(RULE)
        )
        return outside_of(clock, broker, ending, self._alive, self.said.append)


Trade = Callable[..., SetDesk]


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Trade:
    """Eight minutes of one order a bar while the clock is set so; each such session is played once."""

    @cache
    def played(*settings: tuple[int, int]) -> SetDesk:
        desk = SetDesk(
            tmp_path_factory.mktemp("desk"), Config(), Scene(ServedOptions()), SimulatedTime(START)
        )
        desk.settings = list(settings)
        desk.trade(lambda: "over" if desk.clock.now() >= END else "")
        return desk

    return played


def events(desk: Desk, kind: type) -> list[object]:
    """Events of one kind, in their order."""
    with copied(desk.place) as stored:
        return [body for body in (entry_of(one).body for one in stored.events()) if isinstance(body, kind)]


@pytest.fixture(scope="module")
def undisturbed(trade: Trade) -> list[BarTaken]:
    """The bars of a session whose clock nobody set."""
    return cast("list[BarTaken]", events(trade(), BarTaken))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param([(SET_AT, -HOUR)], id="an hour back"),
        pytest.param([(SET_AT, DAY)], id="a day ahead"),
        pytest.param(
            [(SET_AT, HOUR), (SET_AT + 2 * NS_PER_MINUTE, -HOUR)], id="an hour ahead and right again"
        ),
    ],
)
def test_a_clock_that_is_set_spoils_no_bar_and_doubles_nothing(
    trade: Trade, undisturbed: list[BarTaken], settings: list[tuple[int, int]]
) -> None:
    desk = trade(*settings)
    taken = cast("list[BarTaken]", events(desk, BarTaken))
    assert len({one.ts for one in taken}) == len(taken), "a bar was taken twice"
    full = {one.ts: (one.open, one.high, one.low, one.close) for one in undisturbed}
    assert [(one.open, one.high, one.low, one.close) for one in taken] == [full[one.ts] for one in taken]
    assert len(taken) >= 3
    sent = [one.id for one in cast("list[Sent]", events(desk, Sent)) if one.attempt == 1]
    assert len(set(sent)) == len(sent)
    names = [one.id for one in cast("list[Intent]", events(desk, Intent))]
    assert len(set(names)) == len(names)
    alerts = [one for one in cast("list[Alerted]", events(desk, Alerted)) if one.code == "clock_set"]
    assert len(alerts) == len(settings)
    assert sum("this machine's clock was set" in line for line in desk.said) == len(settings)
    with closing(sqlite3.connect(desk.place.lock.with_name("ledger.db"))) as ledger:
        assert ledger.execute("SELECT count(*) FROM alerts WHERE code = 'clock_set'").fetchone() == (
            len(settings),
        )


def test_a_session_goes_on_within_seconds_once_a_clock_is_right_again(
    trade: Trade, undisturbed: list[BarTaken]
) -> None:
    desk = trade((SET_AT, HOUR), (SET_AT + 2 * NS_PER_MINUTE, -HOUR))
    taken = cast("list[BarTaken]", events(desk, BarTaken))
    assert [one.ts for one in taken] == [one.ts for one in undisturbed]
    back = SET_AT + 2 * NS_PER_MINUTE
    placed = [one for one in cast("list[Intent]", events(desk, Intent)) if one.action == "place"]
    assert sum(one.bar > back for one in placed) >= 2


def test_deals_are_booked_and_the_heart_beats_behind_a_clock_that_was_set_back(trade: Trade) -> None:
    desk = trade((SET_AT, -HOUR))
    pulse = last_beat(pulse_file(control_folder(desk.folder / "state"), 7_001))
    assert abs(END - HOUR - pulse) < 5 * NS_PER_SECOND
    with closing(sqlite3.connect(desk.place.lock.with_name("ledger.db"))) as ledger:
        booked = ledger.execute("SELECT count(*) FROM positions WHERE closed IS NULL").fetchone()[0]
    assert booked == len(desk.server.positions())


def test_a_price_confirms_a_clock_only_when_it_is_younger_than_half_of_the_difference() -> None:
    elapsed = 0.0
    clock = SetClock(lambda: elapsed)
    assert clock.turn(START) == 0
    elapsed = 1.0
    assert clock.turn(START + HOUR + NS_PER_SECOND) == HOUR
    now = START + HOUR + NS_PER_SECOND
    assert not clock.confirm(now, START)
    assert not clock.confirm(now, now - HOUR // 2)
    assert clock.confirm(now, now - HOUR // 2 + 1)
    elapsed = 2.0
    assert clock.turn(now + NS_PER_SECOND) == 0
    assert clock.unproven == 0


def test_a_clock_that_is_adjusted_gradually_was_not_set() -> None:
    elapsed, now = 0.0, START
    clock = SetClock(lambda: elapsed)
    for _ in range(100):
        assert clock.turn(now) == 0
        elapsed, now = elapsed + 0.2, now + 210_000_000
