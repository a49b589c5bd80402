"""A day of outages: a good trader comes through it, and one that is lossy, slow or forgetful is caught."""

from dataclasses import replace as changed
from pathlib import Path
from typing import Any, cast

import pytest

from ictcli.brokers.broker import Broker, never
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.breaker import BreakerRule
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.reports import Evidence, Outcome
from ictcli.brokers.requests import Place, Request
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.config.trading import BrokerConfig
from ictcli.stress.outages import KINDS, Outage
from ictcli.stress.scenario import Claim, Verdict
from ictcli.stress.scenarios import connectivity
from ictcli.stress.scenarios.connectivity import SCENARIO, Day, claims_of, live_through
from ictcli.stress.simulated_session import MakeBroker, make_broker
from ictcli.telemetry import silent
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock
from tests.stress.settings import setting_of

LENGTH, SHORT = 7 * NS_PER_MINUTE, 3 * NS_PER_MINUTE


@pytest.fixture(autouse=True)
def short_outages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One outage of each kind within a few minutes, around the close of a bar; none in a short day."""

    def drawn(_random: object, start: int, end: int, _every: int) -> tuple[Outage, ...]:
        first = start + NS_PER_MINUTE - NS_PER_SECOND
        return tuple(
            Outage(kind, first + n * 60 * NS_PER_SECOND, first + (n * 60 + 30) * NS_PER_SECOND)
            for n, kind in enumerate(KINDS)
            if end - start > SHORT
        )

    monkeypatch.setattr(connectivity, "draw_outages", drawn)
    monkeypatch.setattr(connectivity, "_SYMBOLS", {"quick": ("EURUSD",)})


def a_day(folder: Path, make: MakeBroker = make_broker, length: int = LENGTH) -> tuple[Day, dict[str, Claim]]:
    """Some minutes with an adapter, and what is claimed of them by the beginning of the name."""
    setting = setting_of(folder)
    day = live_through(setting, 3, length, silent, make)
    return day, {claim.name.split()[0]: claim for claim in claims_of([day], setting, 3)}


class Lossy(Mt5Broker):
    """Drops every third answer: what it says was done is told as refused."""

    count = 0

    def send(self, request: Request, hold: Any = never) -> Outcome:
        """Ask, and now and then forget what came of it."""
        outcome = super().send(request, hold)
        self.count += 1
        lost = isinstance(request, Place) and self.count % 3 == 0
        return changed(outcome, kind="rejected", order=None, deal=None) if lost else outcome

    def evidence(self, since: int) -> Evidence:
        """Read the records, without the deals that would tell."""
        found = super().evidence(since)
        return changed(found, deals=found.deals[::2])


class Forgetful(Mt5Broker):
    """Opens positions without their stop."""

    def send(self, request: Request, hold: Any = never) -> Outcome:
        """Send without the stop."""
        bare = changed(request, stop=None) if isinstance(request, Place) else request
        return super().send(bare, hold)


def planted(kind: type[Mt5Broker], rule: BreakerRule | None = None) -> MakeBroker:
    """Makes a bad adapter."""

    def made(terminal: Terminal, table: BrokerConfig, around: Surroundings, clock: ServerClock) -> Broker:
        return cast("Broker", kind(terminal, table, around, clock, rule=rule))

    return made


def test_a_good_trader_comes_through_outages_of_every_kind_the_same_way_each_time(tmp_path: Path) -> None:
    day, claims = a_day(tmp_path / "first")
    assert day.outages == {"gone": 1, "silent": 1, "cut": 1}
    assert day.verdict == "clean"
    assert day.books.wrong == ()
    assert day.books.fills > 5
    assert claims["orders"].verdict is Verdict.PASS
    assert claims["time"].verdict is not Verdict.PASS, "seven minutes say nothing of 99.9 %"
    again, _ = a_day(tmp_path / "again")
    assert (again.books.attempts, again.books.fills, again.uptime) == (
        day.books.attempts, day.books.fills, day.uptime
    )  # fmt: skip


def test_a_trader_that_drops_answers_is_caught_by_books_and_by_reconcile(tmp_path: Path) -> None:
    day, claims = a_day(tmp_path, planted(Lossy), SHORT)
    assert claims["orders"].verdict is Verdict.FAIL
    assert claims["reconciliations"].verdict is Verdict.FAIL
    assert any(line.startswith("lost: deal") for line in day.books.wrong)


def test_a_trader_that_forgets_stops_is_caught(tmp_path: Path) -> None:
    day, claims = a_day(tmp_path, planted(Forgetful), SHORT)
    assert claims["orders"].verdict is Verdict.FAIL
    assert any("went without its stop" in line for line in day.books.wrong)


def test_a_trader_that_comes_back_late_is_caught_by_its_availability(tmp_path: Path) -> None:
    slow = BreakerRule(failures=3, pause=50 * NS_PER_SECOND)
    day, claims = a_day(tmp_path, planted(Mt5Broker, slow))
    assert claims["time"].verdict is Verdict.FAIL
    assert sum(day.uptime.lost) > 20 * NS_PER_SECOND


def test_the_scenario_is_called_what_its_module_is() -> None:
    assert SCENARIO.name == "connectivity"
