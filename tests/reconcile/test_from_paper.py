"""The built-in terminal's file is read as any terminal, beside the trader that writes it."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from benchmarks.market.played import floor_of, unbound
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.requests import Close, Place
from ictcli.brokers.simulated.turns import turn_of
from ictcli.clock import NS_PER_MINUTE
from ictcli.config.loading import load
from ictcli.errors import DataError
from ictcli.ledger.address import TERMINAL_FILE, paper_place
from ictcli.reconcile.exact import units
from ictcli.reconcile.from_ledger import ledger_faults, ledger_story
from ictcli.reconcile.from_paper import paper_story
from ictcli.reconcile.matching import reconcile
from ictcli.reconcile.rereading import without_news
from ictcli.reconcile.story import Story, Window
from ictcli.reconcile.tolerances import Tolerances
from ictcli.trading.paper_terminal import PaperTerminal
from ictcli.workspace import create
from tests.trading.paper.launcher import trade
from tests.trading.paper.test_paper_killed import CONFIG, stored

FLOOR, SETTINGS = floor_of(200), unbound()


class Market:
    """A paper terminal whose bars go by at a test's word."""

    def __init__(self, folder: Path) -> None:
        self.terminal = PaperTerminal(folder, FLOOR, SETTINGS, lambda: self.terminal.server.now, 0)
        self.row = 0
        self.open()

    @property
    def broker(self) -> Mt5Broker:
        return self.terminal.world.broker

    def open(self) -> None:
        bars, server = FLOOR.series[0].bars, self.terminal.server
        self.turn = turn_of(bars, self.row, self.row, 10)
        server.pass_time(self.turn.ends)
        server.announce(0, self.turn.quote)
        server.open_phase(0, self.turn.quote)

    def go_on(self, bars: int = 1) -> None:
        server = self.terminal.server
        for _ in range(bars):
            server.inside_phase(0, self.turn.quote, self.turn.ends)
            server.close_bar(0, self.turn.quote, self.turn.ends)
            server.learn(self.turn.ends)
            self.row += 1
            self.open()


def traded(folder: Path, trades: int = 12) -> Market:
    """A terminal at which positions were opened, every other one closed again."""
    market = Market(folder)
    market.broker.connect()
    for number in range(trades):
        opened = market.broker.send(Place("EURUSD", 1, "market", Decimal("0.10"), (1 << 32) + number))
        market.go_on(3)
        if number % 2:
            held = market.broker.evidence(0).positions[-1].ticket
            market.broker.send(Close("EURUSD", held, -1, Decimal("0.10"), (1 << 33) + number))
            market.go_on(2)
        assert opened.order is not None
    market.terminal.keep()
    return market


def seen(folder: Path, lag: int = 0) -> Story:
    return paper_story(folder, SETTINGS, lambda _now: 0, lag, lambda _seconds: None)


def test_the_file_tells_what_the_terminal_itself_tells(tmp_path: Path) -> None:
    market = traded(tmp_path)
    told, evidence = seen(tmp_path), market.broker.evidence(0)
    assert told.window.complete, told.window.why
    assert told.window.until == market.terminal.server.now
    assert [(one.ticket, units(one.price), one.ts) for one in evidence.deals] == (
        told.fills.select("deal", "price", "ts").rows()
    )
    assert len(evidence.deals) == 18
    assert [(one.identifier, units(one.price)) for one in evidence.positions] == (
        told.positions.select("position", "price").rows()
    )
    assert told.positions.height == 6
    assert told.facts.balance == units(market.broker.account().balance)
    assert (told.facts.account, told.facts.clock_offset) == ("simulated/1", None)
    assert told.instruments.get_column("symbol").to_list() == ["EURUSD"]


def test_what_the_trader_has_not_written_down_is_not_told(tmp_path: Path) -> None:
    market = traded(tmp_path)
    before = seen(tmp_path)
    market.broker.send(Place("EURUSD", 1, "market", Decimal("0.10"), 77))
    market.go_on(3)
    market.terminal.keep()
    assert seen(tmp_path).fills.height == before.fills.height + 1


def test_the_window_begins_by_the_terminals_own_clock(tmp_path: Path) -> None:
    traded(tmp_path)
    asked: list[int] = []

    def recently(now: int) -> int:
        asked.append(now)
        return now - 20 * NS_PER_MINUTE

    told = paper_story(tmp_path, SETTINGS, recently, NS_PER_MINUTE)
    assert told.window == Window(asked[0] - 20 * NS_PER_MINUTE, asked[0] - NS_PER_MINUTE)
    whole = seen(tmp_path)
    assert 0 < told.fills.height < whole.fills.height
    assert told.fills.equals(whole.fills.filter(pl.col("ts") >= told.window.since))


def test_a_terminal_that_is_not_there_or_is_garbled_is_said_to_be(tmp_path: Path) -> None:
    pauses: list[float] = []
    with pytest.raises(DataError, match="cannot read"):
        paper_story(tmp_path, SETTINGS, lambda _now: 0, 0, pauses.append)
    (tmp_path / TERMINAL_FILE).write_bytes(b"nothing")
    with pytest.raises(DataError, match=f"{tmp_path / TERMINAL_FILE} is no state of this terminal") as caught:
        paper_story(tmp_path, SETTINGS, lambda _now: 0, 0, pauses.append)
    assert "Restore it from a backup" in caught.value.hint
    assert len(pauses) == 8


def test_both_files_are_read_again_when_a_trader_has_gone_on_in_between(tmp_path: Path) -> None:
    market = Market(tmp_path)
    for number in range(200):
        market.terminal.server.scene.book.cash(market.terminal.server.now + number, 100, "a bonus")
    market.terminal.keep()
    (history,) = tmp_path.glob("terminal-*.history")
    whole = history.read_bytes()
    history.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="not the history"):
        seen(tmp_path)

    def written(_seconds: float) -> None:
        history.write_bytes(whole)

    told = paper_story(tmp_path, SETTINGS, lambda _now: 0, 0, written)
    assert told.cash.filter(pl.col("comment") == "a bonus").height == 200


@pytest.mark.proof
def test_ledger_and_terminal_agree_however_far_a_paper_trader_has_gone(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    desk = tmp_path / "desk"
    create(desk)
    (desk / "config" / "ictcli.toml").write_text(CONFIG)
    place = paper_place(desk / "state")
    config = load(desk, files=[desk / "config" / "ictcli.toml"], environ={}).config

    def local() -> Story:
        faults = ledger_faults(place)
        return ledger_story(place, "simulated/1", Window(0, 2**62), faults=faults)

    compared = held = 0
    for bars in (300, 340, 400, 480, 600):
        stored(desk, bars)
        trade(desk, [])
        for lag in (0, 30 * NS_PER_MINUTE, 300 * NS_PER_MINUTE):
            before = local()
            theirs = paper_story(desk / "state" / "paper", config, lambda _now: 0, lag)
            ours = without_news(before, local(), theirs)
            verdict = reconcile(ours, theirs, Tolerances())
            assert (verdict.result, verdict.findings) == ("clean", ())
            compared += 1
        held += theirs.positions.height
    assert held > 0
    proof_facts["reconciliations"] = compared
    proof_facts["deals"] = theirs.fills.height
    assert theirs.fills.height > 50
