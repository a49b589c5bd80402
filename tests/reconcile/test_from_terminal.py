"""A terminal's side: its raw records read on another way than the trader's, and only when they are whole."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from ictcli import reconcile
from ictcli.brokers.reports import Evidence
from ictcli.brokers.requests import Cancel, Close, Protect
from ictcli.clock import NS_PER_DAY, NS_PER_SECOND, parse_instant
from ictcli.errors import SourceUnavailable
from ictcli.reconcile.exact import UNIT, units
from ictcli.reconcile.from_terminal import terminal_story
from ictcli.reconcile.story import CASH, FILLS, INSTRUMENTS, ORDERS, POSITIONS, Story
from ictcli.terminals.terminal import TerminalSilent
from ictcli.terminals.times import ServerClock
from tests.brokers.stage import set_stage
from tests.reconcile.listed_terminal import (
    AHEAD,
    CLOCK,
    NOON,
    NOW,
    ListedTerminal,
    account,
    deal,
    hours,
    order,
    position,
)

LAG = 60 * NS_PER_SECOND
DAY_S = 86_400
OURS = {"EURUSD": "EURUSD.r"}


@dataclass
class Pull:
    """Reads a listed terminal; sleeping lets the clock go on."""

    terminal: Any
    now: int = NOW
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += int(seconds * NS_PER_SECOND)

    def story(self, since: int = NOW - hours(12), revive: Callable[[], None] = lambda: None) -> Story:
        return terminal_story(
            self.terminal, CLOCK, since, lambda: self.now, LAG, OURS, self.sleep, revive=revive
        )


def seen(terminal: ListedTerminal) -> Story:
    return Pull(terminal).story()


def amounts(evidence: Evidence) -> dict[str, list[Any]]:
    """A pass of the trader's own adapter in the columns of a story."""
    return {
        "fills": [
            (
                one.ticket, one.order, one.position, one.magic, one.symbol, one.side, one.entry,
                units(one.volume), units(one.price), units(one.profit), units(one.commission),
                units(one.swap), units(one.fee), one.reason, one.ts,
            )
            for one in evidence.deals
        ],
        "orders": [
            (
                one.ticket, one.magic, one.side, one.kind, one.status, units(one.volume),
                units(one.volume - one.remaining), one.price and units(one.price),
                one.stop and units(one.stop), one.target and units(one.target), one.position or 0, one.placed,
            )
            for one in (*evidence.done_orders, *evidence.open_orders)
        ],
        "positions": [
            (
                one.identifier, one.ticket, one.side * units(one.volume), units(one.price),
                one.stop and units(one.stop), one.target and units(one.target), units(one.swap),
                units(one.profit), one.opened,
            )
            for one in evidence.positions
        ],
        "cash": [(one.ticket, one.kind, units(one.amount), one.ts) for one in evidence.cash],
    }  # fmt: skip


def columns(told: Story) -> dict[str, list[Any]]:
    """The same of a story."""
    fills = (
        "deal", "order", "position", "magic", "symbol", "side", "entry", "volume", "price", "profit",
        "commission", "swap", "fee", "reason", "ts",
    )  # fmt: skip
    orders = (
        "order", "magic", "side", "kind", "status", "volume", "filled", "price", "stop", "target",
        "position", "placed",
    )  # fmt: skip
    positions = ("position", "ticket", "volume", "price", "stop", "target", "swap", "profit", "opened")
    return {
        "fills": told.fills.select(fills).rows(),
        "orders": told.orders.select(orders).rows(),
        "positions": told.positions.select(positions).rows(),
        "cash": told.cash.select("deal", "kind", "amount", "ts").rows(),
    }


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_both_ways_of_reading_a_terminal_agree_on_real_traffic(mode: Literal["hedging", "netting"]) -> None:
    bench, terminal, broker = set_stage(mode)
    market = bench.market
    first = broker.send(bench.at_market(1, Decimal("0.30")))
    market.go_on()
    resting, left = broker.send(bench.resting()), broker.send(bench.resting())
    assert first.order is not None
    assert resting.order is not None
    broker.send(Protect("EURUSD", first.order, Decimal("1.05"), Decimal("1.2")))
    market.go_on()
    broker.send(Close("EURUSD", first.order, -1, Decimal("0.10"), bench.magic()))
    broker.send(bench.at_market(-1, Decimal("0.05")))
    broker.send(Cancel("EURUSD", resting.order))
    for _ in range(100):
        market.go_on()
    story = terminal_story(
        terminal, ServerClock("ny+7"), bench.begun - NS_PER_DAY, lambda: market.now, LAG, {}, lambda _s: None
    )
    assert (story.window.complete, story.window.until) == (True, market.now - LAG)
    expected = amounts(broker.evidence(bench.begun - NS_PER_DAY))
    told = columns(story)
    assert told.keys() == expected.keys()
    assert len(expected["fills"]) == 3
    assert {one[0] for one in expected["orders"]} > {left.order, resting.order}
    for name, rows in told.items():
        assert sorted(rows, key=str) == sorted(expected[name], key=str), name
    report = broker.account()
    assert story.facts.balance == units(report.balance)
    assert story.facts.equity == units(report.equity)
    assert (story.facts.netting, story.facts.account) == (mode == "netting", "ictcli-Simulated/5001")
    assert story.instruments.rows() == [("EURUSD", 5, 1000, UNIT // 100, 100_000 * UNIT)]


def test_the_tables_are_those_of_a_story_also_when_nothing_happened() -> None:
    told = seen(ListedTerminal([], [], []))
    for frame, schema in (
        (told.fills, FILLS), (told.orders, ORDERS), (told.positions, POSITIONS), (told.cash, CASH),
        (told.instruments, INSTRUMENTS),
    ):  # fmt: skip
        assert dict(frame.schema) == dict(schema)
    assert told.window.complete
    assert told.facts.account == "Demo/7"


def test_our_names_exact_numbers_and_the_servers_clock() -> None:
    noisy = deal(1, 30, price=1.1 + 2.2e-16, volume=0.1 + 0.2 - 0.2, commission=-0.35000000000000003)
    told = seen(ListedTerminal([noisy]))
    row = told.fills.row(0, named=True)
    assert (row["symbol"], row["price"], row["volume"], row["commission"]) == (
        "EURUSD", 110_000_000, UNIT // 10, -35_000_000,
    )  # fmt: skip
    assert row["ts"] == (NOON + 30) * NS_PER_SECOND
    assert told.positions.item(0, "symbol") == told.orders.item(0, "symbol") == "EURUSD"


def test_a_number_that_is_none_of_its_stated_digits_is_kept_as_it_is() -> None:
    told = seen(ListedTerminal([deal(1, price=1.1000049, profit=3.141592)]))
    assert told.fills.item(0, "price") == 110_000_490
    assert told.fills.item(0, "profit") == 314_159_200


def test_deals_that_were_taken_back_are_voided_and_all_other_kinds_are_cash() -> None:
    gone = deal(1, type=13)
    sold = deal(2, type=14, order=0)
    tax = deal(3, type=17, order=0, position_id=0, volume=0.0, price=0.0, symbol="", profit=-7.5)
    credit = deal(4, type=3, order=0, position_id=0, volume=0.0, price=0.0, symbol="", profit=500.0)
    later = deal(5, type=99, order=0, position_id=0, volume=0.0, price=0.0, symbol="", fee=-1.0, comment="x")
    told = seen(ListedTerminal([gone, sold, tax, credit, later], held=[]))
    assert told.fills.select("deal", "side", "voided").rows() == [(1, 1, True), (2, -1, True)]
    assert told.cash.select("deal", "key", "kind", "amount", "operator").rows() == [
        (3, "cash.3", "tax", units(Decimal("-7.5")), False),
        (4, "cash.4", "credit", 0, False),
        (5, "cash.5", "type_99", -UNIT, False),
    ]
    assert told.window.complete


@pytest.mark.parametrize(
    ("number", "word"),
    [(0, "client"), (1, "client"), (2, "client"), (3, "expert"), (4, "stop"), (5, "target"),
     (6, "stop_out"), (7, "rollover"), (8, "other"), (9, "corporate"), (77, "other")],
)  # fmt: skip
def test_why_a_deal_was_made(number: int, word: str) -> None:
    assert seen(ListedTerminal([deal(1, reason=number)])).fills.item(0, "reason") == word


def test_an_order_of_the_history_is_over_whatever_its_state_says() -> None:
    done = [order(101), order(102, state=1, volume_current=0.1), order(103, state=3, volume_current=0.04)]
    terminal = ListedTerminal([deal(1)], done)
    terminal.waiting = [order(104, type=6, state=1, volume_current=0.1, price_open=1.2, price_stoplimit=1.21)]
    told = seen(terminal)
    columns = ("order", "kind", "status", "filled", "price", "limit")
    assert told.orders.sort("order").select(columns).rows() == [
        (101, "market", "filled", UNIT // 10, None, None),
        (102, "market", "cancelled", 0, None, None),
        (103, "market", "cancelled", 6 * UNIT // 100, None, None),
        (104, "stop_limit", "open", 0, 120_000_000, 121_000_000),
    ]


def test_what_is_older_than_the_window_is_left_out_but_for_what_waits() -> None:
    terminal = ListedTerminal([deal(1, -7200), deal(2, 0)], [order(101, -7200), order(102)])
    terminal.waiting = [order(300, -7200, state=1, type=2, price_open=1.0)]
    told = Pull(terminal).story(since=(NOON - 60) * NS_PER_SECOND)
    assert told.fills.get_column("deal").to_list() == [2]
    assert sorted(told.orders.get_column("order")) == [102, 300]
    assert told.positions.height == 2


def test_a_position_from_before_the_window_is_traced_to_the_deal_that_opened_it() -> None:
    opened, closed = deal(1, -90_000, order=0), deal(2, 0, type=1, entry=1, position_id=101)
    terminal = ListedTerminal([opened, closed], held=[])
    assert Pull(terminal).story(since=(NOON - 60) * NS_PER_SECOND).window.complete
    terminal.deals = [closed]
    told = Pull(terminal).story(since=(NOON - 60) * NS_PER_SECOND)
    assert "position 101 holds 0, the deals that are told make -0.1" in told.window.why


def test_the_hour_that_a_clock_shows_twice_is_read_in_the_order_of_its_deals() -> None:
    end = parse_instant("2026-11-01T06:00Z", now=0)
    late = ServerClock("ny+7")
    stamps = [end - hours(0.4), end - hours(0.2), end + hours(0.1), end + hours(0.8), end + hours(1.2)]
    deals = [
        deal(n + 1, time=late.shown(at) // NS_PER_SECOND, time_msc=late.shown(at) // 1_000_000)
        for n, at in enumerate(stamps)
    ]
    pull = Pull(ListedTerminal(deals), now=end + hours(5))
    told = pull.story(since=end - hours(5))
    assert told.fills.get_column("ts").to_list() == stamps


def test_a_look_at_records_that_move_is_made_again_after_longer_and_longer_pauses() -> None:
    terminal = ListedTerminal([deal(1)])
    fresh = iter(range(2, 5))

    def trade(name: str) -> None:
        if name == "positions_get" and (ticket := next(fresh, 0)):
            made = deal(ticket, ticket)
            terminal.deals.append(made)
            terminal.done.append(order(made.order))
            terminal.held.append(position(made.position_id))

    terminal.before = trade
    pull = Pull(terminal)
    told = pull.story()
    assert told.window.complete
    assert told.fills.height == told.positions.height == 4
    assert pull.slept[:3] == [0.5, 1.0, 2.0]


def test_a_history_that_never_settles_is_told_as_incomplete_with_what_there_is() -> None:
    terminal = ListedTerminal([deal(1)])
    terminal.before = lambda name: (
        terminal.deals.append(deal(len(terminal.deals) + 1)) if name == "positions_get" else None
    )
    told = seen(terminal)
    assert (told.window.complete, told.window.why) == (False, "deals were made while the history was read")
    assert told.fills.height > 1


def cut_off(terminal: ListedTerminal) -> None:
    terminal.hidden = {1}


def lose_line(terminal: ListedTerminal) -> None:
    terminal.before = lambda name: setattr(terminal, "connected", name != "orders_get" and terminal.connected)


def switch(terminal: ListedTerminal) -> None:
    terminal.before = lambda name: (
        setattr(terminal, "account", account(login=8)) if name == "positions_get" else None
    )


def lose_order(terminal: ListedTerminal) -> None:
    terminal.done = []


def hide_position(terminal: ListedTerminal) -> None:
    terminal.held = []


def shorten(terminal: ListedTerminal) -> None:
    """Ranges that begin late lack a deal."""

    def forget(name: str) -> None:
        if name == "history_deals_total":
            terminal.hidden = {2}
        elif name == "terminal_info":
            terminal.hidden = set()

    terminal.before = forget


def answer_nothing(terminal: ListedTerminal) -> None:
    terminal.missing = {"history_deals_total": -1}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut_off, "the history has 2 deals, and 1 were given"),
        (lose_line, "not connected"),
        (switch, "logged in to Demo/8 and was to Demo/7"),
        (lose_order, "order 101 is not in the history, and its deals are"),
        (hide_position, "position 101 holds 0, the deals that are told make 0.1"),
        (shorten, "parts of the history lack deal 2"),
        (answer_nothing, "did not answer history_deals_total: Terminal: Call failed (-1)"),
    ],
)
def test_a_history_that_is_not_whole_is_never_told_as_whole(
    spoil: Callable[[ListedTerminal], None], why: str
) -> None:
    terminal = ListedTerminal([deal(1), deal(2)])
    assert seen(terminal).window.complete
    spoil(terminal)
    pull = Pull(terminal)
    told = pull.story()
    assert not told.window.complete
    assert why in told.window.why
    assert sum(pull.slept) >= 15


def test_a_failed_read_is_no_empty_answer_and_is_asked_again() -> None:
    terminal = ListedTerminal([deal(1)])
    terminal.missing = {"positions_get": 2, "history_deals_get": 1}
    told = seen(terminal)
    assert told.window.complete
    assert (told.fills.height, told.positions.height) == (1, 1)


def test_a_terminal_that_says_nothing_is_unavailable_and_was_connected_to_again() -> None:
    terminal = ListedTerminal()

    def silent(name: str) -> None:
        raise TerminalSilent(f"no answer to {name}", hint="wait")

    terminal.before = silent
    revived: list[int] = []
    with pytest.raises(SourceUnavailable, match="no answer to terminal_info"):
        Pull(terminal).story(revive=lambda: revived.append(1))
    assert len(revived) == 5


def test_a_page_that_is_repeated_counts_once() -> None:
    terminal = ListedTerminal([deal(1), deal(2)])
    terminal.deals += terminal.deals
    told = seen(terminal)
    assert told.fills.height == 2


def test_a_deal_within_the_last_second_of_a_part_is_not_missed() -> None:
    first, last = -2 * DAY_S, -DAY_S - 1
    late = (NOON + AHEAD + last) * 1000 + 500
    told = Pull(ListedTerminal([deal(1, first), deal(2, last, time_msc=late)])).story(NOW - hours(72))
    assert told.window.complete
    assert told.fills.height == 2


def test_numbers_that_are_none_make_the_window_incomplete() -> None:
    told = seen(ListedTerminal([deal(1), deal(2, price=float("nan"))]))
    assert not told.window.complete
    assert "1 records hold numbers that are none" in told.window.why
    assert told.fills.get_column("deal").to_list() == [1]


def test_large_magic_numbers_are_kept_bit_by_bit() -> None:
    told = seen(ListedTerminal([deal(1, magic=2**53 - 1), deal(2, magic=2**64 - 1)]))
    assert told.fills.get_column("magic").to_list() == [2**53 - 1, -1]


def test_equity_is_told_without_credit_and_only_where_it_stood_still() -> None:
    terminal = ListedTerminal()
    terminal.account = account(equity=1512.34, credit=500.0, profit=12.34)
    assert seen(terminal).facts.equity == units(Decimal("1012.34"))
    values = iter(range(10**6))
    terminal.before = lambda name: setattr(
        terminal, "account", account(equity=1000.0 + next(values) / 100, credit=0.0)
    )
    assert seen(terminal).facts.equity is None


def quote(seconds: float) -> int:
    """Server's stamp of a quote so many seconds after noon plus an hour, which is now."""
    return round((NOON + 3600 + AHEAD + seconds) * 1000)


@pytest.mark.parametrize(
    ("ticks", "offset"),
    [
        ([quote(0.0), quote(0.15)], 0.0),
        ([quote(-7.0), quote(-6.9)], -6.9),
        ([quote(7.0), quote(7.0)], 7.0),
        ([quote(-7.0)], None),
        ([quote(-400_000)], None),
        ([0], None),
    ],
    ids=["right", "behind", "ahead", "old quote", "closed market", "no quote"],
)
def test_the_brokers_clock_is_measured_by_quotes_that_come_in(ticks: list[int], offset: float | None) -> None:
    terminal = ListedTerminal()
    terminal.ticks = ticks
    found = seen(terminal).facts.clock_offset
    if offset is None:
        assert found is None
    else:
        assert found is not None
        assert abs(found - offset * NS_PER_SECOND) <= 0.21 * NS_PER_SECOND


def test_no_line_of_it_is_the_traders() -> None:
    folder = Path(reconcile.__file__).parent
    for file in ("from_terminal.py", "terminal_pull.py", "terminal_records.py", "terminal_clock.py"):
        named = [
            node.module or ""
            for node in ast.walk(ast.parse((folder / file).read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        assert named
        assert not [name for name in named if name.startswith(("ictcli.brokers", "ictcli.trading"))]
