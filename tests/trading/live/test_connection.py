"""A line that fails is told of more and more seldom; a clock that contradicts its rule forbids to open."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from ictcli.brokers.broker import Broker, Health
from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.errors import SourceUnavailable
from ictcli.ledger.bodies import Alerted, ClockSeen, ModeSet
from ictcli.trading.connection import Connection
from ictcli.trading.engagement import Engagement
from ictcli.trading.measures import Measures
from tests.trading.order_model import Desk, desk

SILENT = SourceUnavailable("the terminal did not answer")
START = 1_000 * NS_PER_HOUR


@dataclass
class Terminal:
    """A broker that only tells how it is."""

    offset: int = 0
    confirmed: bool = True
    asked: int = 0

    def health(self) -> Health:
        """How it is."""
        self.asked += 1
        return Health(True, True, self.offset, self.confirmed, 0.0, "" if self.confirmed else "3 hours ahead")


@dataclass
class Session:
    """What a connection needs of a session."""

    desk: Desk
    terminal: Terminal = field(default_factory=Terminal)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book, self.dispatcher = self.desk.book, self.desk.shell
        self.measures = Measures(self.said.append)
        one, broker = cast("Engagement", cast("Any", self)), cast("Broker", cast("Any", self.terminal))
        self.line = Connection(one, broker, self.said.append)

    def recorded(self, kind: type) -> list[Any]:
        """Events of one kind."""
        return [body for body in self.desk.log.bodies() if isinstance(body, kind)]


@pytest.fixture
def session() -> Session:
    """A session with a broker that is well."""
    return Session(desk())


def test_a_person_is_told_after_a_minute_then_ten_and_then_once_an_hour(session: Session) -> None:
    told = []
    for second in range(0, 4 * 3600, 5):
        before = len(session.said)
        session.line.failed(SILENT, START + second * NS_PER_SECOND)
        told += [second] * (len(session.said) - before)
    assert told == [60, 600, 3600, 7200, 10_800]
    assert {one.severity for one in session.recorded(Alerted)} == {"warning"}


def test_the_clock_is_looked_at_after_an_interruption_and_every_hour(session: Session) -> None:
    session.line.well(START)
    for minute in range(1, 60):
        session.line.well(START + minute * NS_PER_MINUTE)
    assert session.terminal.asked == 1
    session.line.failed(SILENT, START + 59 * NS_PER_MINUTE)
    assert session.measures.silent_since == START + 59 * NS_PER_MINUTE
    session.line.well(START + 59 * NS_PER_MINUTE + 1)
    assert session.terminal.asked == 2
    assert (session.measures.silent_since, session.measures.reconnects) == (0, 1)
    session.line.well(START + 120 * NS_PER_MINUTE)
    assert session.terminal.asked == 3
    assert len(session.recorded(ClockSeen)) == 3


def test_a_contradicted_clock_only_lets_exposure_shrink_until_its_rule_holds(session: Session) -> None:
    session.terminal.offset, session.terminal.confirmed = 3 * NS_PER_HOUR, False
    session.line.well(START)
    assert (session.book.mode, session.book.mode_reason) == ("reducing", "clock: 3 hours ahead")
    assert [one.code for one in session.recorded(Alerted)] == ["clock"]
    session.line.well(START + NS_PER_HOUR)
    assert len(session.recorded(Alerted)) == 1
    session.terminal.offset, session.terminal.confirmed = 0, True
    session.line.well(START + 2 * NS_PER_HOUR)
    assert session.book.mode_reason == "clock: its rule holds again"
    assert session.recorded(ModeSet)[-1].mode == "active"


def test_how_long_a_broker_has_been_silent_does_not_change_with_a_clock_that_is_set(session: Session) -> None:
    session.line.failed(SILENT, START)
    session.line.clock_set(24 * NS_PER_HOUR, START + 24 * NS_PER_HOUR)
    session.line.failed(SILENT, START + 24 * NS_PER_HOUR + 30 * NS_PER_SECOND)
    assert session.said == []
    session.line.clock_set(-24 * NS_PER_HOUR, START + 30 * NS_PER_SECOND)
    session.line.failed(SILENT, START + 60 * NS_PER_SECOND)
    assert session.said == ["warning: the broker has not answered for 1 minutes: the terminal did not answer"]


def test_a_clock_that_was_set_is_looked_at_at_once(session: Session) -> None:
    session.line.well(START)
    session.terminal.offset, session.terminal.confirmed = NS_PER_HOUR, False
    session.line.clock_set(-NS_PER_HOUR, START - NS_PER_HOUR)
    session.terminal.offset, session.terminal.confirmed = 0, True
    session.line.clock_set(NS_PER_HOUR, START)
    assert [one.mode for one in session.recorded(ModeSet)][-2:] == ["reducing", "active"]
