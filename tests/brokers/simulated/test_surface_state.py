"""Open orders, positions and history: filters, what precedes what, and empty against failed."""

from dataclasses import replace
from typing import Any

import pytest

from ictcli.brokers.simulated.records import ServerDeal, ServerOrder
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.clock import NS_PER_SECOND
from tests.brokers.simulated.plain_server import NOON, SHOWN, PlainServer, deal, quoted, terminal_of

LIMIT: dict[str, Any] = {"action": 5, "type": 2, "price": 1.09, "type_filling": 2}
HOUR = (SHOWN - 3600, SHOWN + 3600)


@pytest.fixture
def server() -> PlainServer:
    return quoted()


@pytest.fixture
def terminal(server: PlainServer) -> SimulatedTerminal:
    made = terminal_of(server)
    made.order_send(deal(volume=0.25, sl=1.09, tp=1.12, comment="first"))
    made.order_send(deal(symbol="XAUUSD", price=0.0, type=1, magic=9))
    made.order_send(deal(**LIMIT, sl=1.08, magic=11))
    return made


def test_empty_is_no_failure(server: PlainServer) -> None:
    terminal = terminal_of(server)
    for answer in (
        terminal.orders_get(),
        terminal.positions_get(),
        terminal.positions_get(ticket=5),
        terminal.history_deals_get(*HOUR),
        terminal.history_orders_get(ticket=5),
    ):
        assert answer == ()
        assert terminal.last_error() == (1, "Success")
    server.line.errors["positions_get"] = [-1]
    assert terminal.positions_get() is None
    assert terminal.last_error() == (-1, "Terminal: Call failed")


def test_a_position_in_floats(terminal: SimulatedTerminal) -> None:
    position = terminal.positions_get(symbol="EURUSD")[0]
    assert (position.ticket, position.identifier, position.type, position.magic) == (1000, 1000, 0, 7)
    assert (position.volume, position.price_open, position.sl, position.tp) == (0.25, 1.10012, 1.09, 1.12)
    assert (position.price_current, position.time, position.comment) == (1.1, SHOWN, "first")
    assert terminal.positions_get(symbol="XAUUSD")[0].price_current == 2000.3


def test_an_order_in_floats(terminal: SimulatedTerminal) -> None:
    (order,) = terminal.orders_get()
    assert (order.type, order.state, order.magic, order.position_id) == (2, 1, 11, 0)
    assert (order.volume_initial, order.volume_current) == (0.1, 0.1)
    assert (order.price_open, order.sl, order.tp, order.price_stoplimit) == (1.09, 1.08, 0.0, 0.0)
    assert (order.time_setup, order.time_done, order.time_expiration) == (SHOWN, 0, 0)
    assert order.price_current == 1.10012


def test_a_deal_in_floats(terminal: SimulatedTerminal) -> None:
    first = terminal.history_deals_get(*HOUR)[0]
    assert (first.ticket, first.order, first.position_id, first.type, first.entry) == (1001, 1000, 1000, 0, 0)
    assert (first.volume, first.price, first.commission, first.fee) == (0.25, 1.10012, -0.07, -0.01)
    assert (first.symbol, first.comment, first.time_msc) == ("EURUSD", "first", SHOWN * 1000)


def test_filters_of_open_orders_and_positions_rule_alone(terminal: SimulatedTerminal) -> None:
    assert terminal.positions_total() == 2
    assert terminal.orders_total() == 1
    tickets = [position.ticket for position in terminal.positions_get()]
    assert len(tickets) == 2
    gold = terminal.positions_get(symbol="XAUUSD")[0].ticket
    assert [one.ticket for one in terminal.positions_get(ticket=gold, symbol="EURUSD")] == [gold]
    assert [one.symbol for one in terminal.positions_get(symbol="EURUSD", group="XAU*")] == ["EURUSD"]
    assert [one.symbol for one in terminal.positions_get(group="*,!EUR*")] == ["XAUUSD"]
    assert terminal.positions_get(symbol="eurusd") == ()
    assert terminal.orders_get(ticket=gold) == ()
    assert len(terminal.orders_get(symbol="EURUSD")) == 1
    assert len(terminal.orders_get(stranger=5)) == 1


def test_history_by_dates_ticket_and_position(terminal: SimulatedTerminal) -> None:
    assert terminal.history_deals_total(*HOUR) == terminal.history_orders_total(*HOUR) == 2
    assert [one.symbol for one in terminal.history_deals_get(*HOUR, group="XAU*")] == ["XAUUSD"]
    assert [one.ticket for one in terminal.history_deals_get(ticket=1001)] == [1001]
    assert terminal.history_deals_get(ticket=1000) == ()
    assert [one.ticket for one in terminal.history_orders_get(ticket=1000)] == [1000]
    assert [one.position_id for one in terminal.history_orders_get(position=1000)] == [1000]
    assert [one.ticket for one in terminal.history_deals_get(ticket=1001, position=5)] == [1001]
    assert [one.ticket for one in terminal.history_deals_get(ticket=1001, position="5")] == [1001]
    assert terminal.history_deals_get(ticket=0, position=1000) == ()


def test_with_two_dates_ticket_and_position_are_ignored(terminal: SimulatedTerminal) -> None:
    assert len(terminal.history_deals_get(*HOUR, ticket=5, position=5)) == 2
    assert len(terminal.history_orders_get(*HOUR, position=5)) == 2


def test_dates_are_bounds_on_the_clock_of_the_server_both_included(terminal: SimulatedTerminal) -> None:
    assert terminal.history_deals_total(SHOWN, SHOWN) == 2
    assert terminal.history_deals_total(SHOWN + 1, SHOWN + 9) == 0
    assert terminal.history_deals_total(86400, SHOWN - 1) == 0
    utc = NOON // NS_PER_SECOND
    assert terminal.history_deals_total(utc - 5, utc + 5) == 0


def test_all_deals_of_a_position_are_found_by_its_identifier(
    terminal: SimulatedTerminal, server: PlainServer
) -> None:
    server.now += 5 * NS_PER_SECOND
    terminal.order_send(deal(type=1, volume=0.25, position=1000))
    found = terminal.history_deals_get(position=1000)
    assert [(one.entry, one.profit) for one in found] == [(0, 0.0), (1, 1.25)]


def test_movements_of_the_balance_have_no_symbol(terminal: SimulatedTerminal, server: PlainServer) -> None:
    server.booked.insert(0, ServerDeal(1, 0, NOON - NS_PER_SECOND, 2, 0, 0, 0, 0, "", 0, 0, profit=1_000_000))
    first = terminal.history_deals_get(*HOUR)[0]
    assert (first.type, first.symbol, first.volume, first.profit) == (2, "", 0.0, 10_000.0)
    assert len(terminal.history_deals_get(*HOUR, group="EUR*")) == 1


def test_history_is_sorted_by_time(terminal: SimulatedTerminal, server: PlainServer) -> None:
    server.done.append(ServerOrder(5, "EURUSD", 0, 2, 1, 1, NOON - 9, done=NOON - NS_PER_SECOND))
    assert next(one.ticket for one in terminal.history_orders_get(*HOUR)) == 5


def test_a_turned_position_keeps_its_identifier(server: PlainServer) -> None:
    terminal = terminal_of(server)
    terminal.order_send(deal())
    server.held = [replace(one, ticket=77, identifier=1000) for one in server.held]
    (position,) = terminal.positions_get()
    assert (position.ticket, position.identifier) == (77, 1000)
    assert terminal.positions_get(ticket=77) == (position,)
