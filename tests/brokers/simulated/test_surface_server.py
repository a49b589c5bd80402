"""The surface over the real trade server: what a trader sees of fills, exits, reversals and money."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import TerminalOptions
from ictcli.clock import NS_PER_SECOND, parse_instant
from ictcli.market.timeframes import TIMEFRAMES
from tests.brokers.simulated.serving import play, serve
from tests.engine.worlds import Row, World, minutes, rules, series

START = parse_instant("2026-01-14T12:00:00Z", now=0)
SHOWN = START // NS_PER_SECOND + 2 * 3600
FLAT = (1000, 1000, 1000, 1000)
ALWAYS = (86400, SHOWN + 86400)


def terminal_of(server: TradeServer) -> SimulatedTerminal:
    terminal = SimulatedTerminal(server, options=TerminalOptions(warm_up=0, selected=None))
    assert terminal.initialize() is True
    return terminal


def traded(
    rows: Sequence[Row],
    asks: dict[int, Callable[[SimulatedTerminal], Any]],
    **changes: Any,
) -> SimulatedTerminal:
    """A terminal after bars of a minute; ``asks`` are called with it after the bar of their number."""
    world = World([minutes(*rows, spread=2, start=START)], [series()], rules(**changes))
    terminal = terminal_of(serve(world))

    def asking(_: TradeServer, __: int, row: int) -> None:
        if row in asks:
            asks[row](terminal)

    server = terminal.session.server
    assert isinstance(server, TradeServer)
    play(server, world, asking)
    return terminal


def buys(**changes: Any) -> Callable[[SimulatedTerminal], Any]:
    return lambda terminal: done(terminal, request(**changes))


def request(**changes: Any) -> dict[str, Any]:
    return {"action": 1, "symbol": "ONE", "volume": 0.1, "type": 0, "price": 1002.0, "magic": 7} | changes


def done(terminal: SimulatedTerminal, asked: dict[str, Any]) -> Any:
    result = terminal.order_send(asked)
    assert result.retcode in (10008, 10009), result
    return result


def deals(terminal: SimulatedTerminal) -> list[tuple[Any, ...]]:
    """Type, entry, lots, price, reason and profit of every deal but movements of the balance."""
    every = terminal.history_deals_get(*ALWAYS)
    return [
        (one.type, one.entry, one.volume, one.price, one.reason, one.profit) for one in every if one.type < 2
    ]


def test_a_market_order_is_placed_and_becomes_a_position_at_the_next_open() -> None:
    def first(terminal: SimulatedTerminal) -> None:
        result = done(terminal, request(sl=950.0, comment="hello"))
        assert (result.retcode, result.deal, result.bid, result.ask) == (10008, 0, 1000.0, 1002.0)
        (order,) = terminal.orders_get(ticket=result.order)
        assert (order.state, order.volume_current, order.time_setup) == (1, 0.1, SHOWN + 60)
        assert terminal.positions_get() == ()

    terminal = traded([FLAT, (1005, 1010, 1004, 1007)], {0: first})
    (position,) = terminal.positions_get(symbol="ONE")
    assert (position.price_open, position.sl, position.volume, position.magic) == (1007.0, 950.0, 0.1, 7)
    assert (position.comment, position.time, position.price_current) == ("hello", SHOWN + 60, 1007.0)
    (order,) = terminal.history_orders_get(*ALWAYS)
    assert (order.state, order.volume_current, order.position_id) == (4, 0.0, position.identifier)


def test_a_stop_that_is_hit_makes_a_deal_of_reason_four_with_the_magic_of_the_position() -> None:
    terminal = traded([FLAT, (1000, 1001, 999, 1000), (1000, 1000, 940, 945)], {0: buys(sl=950.0, tp=1100.0)})
    assert deals(terminal) == [(0, 0, 0.1, 1002.0, 3, 0.0), (1, 1, 0.1, 950.0, 4, -5.2)]
    opened, closed = [one for one in terminal.history_deals_get(*ALWAYS) if one.type < 2]
    assert opened.magic == closed.magic == 7
    assert opened.position_id == closed.position_id
    assert terminal.positions_get() == ()


def test_a_target_that_is_hit_makes_a_deal_of_reason_five() -> None:
    terminal = traded([FLAT, FLAT, (1000, 1060, 1000, 1055)], {0: buys(sl=950.0, tp=1050.0)})
    assert deals(terminal)[-1] == (1, 1, 0.1, 1050.0, 5, 4.8)


def test_on_a_hedging_account_closing_needs_the_position() -> None:
    terminal = traded([FLAT] * 3, {0: buys(), 1: buys(type=1)})
    assert [(one.type, one.volume) for one in terminal.positions_get()] == [(0, 0.1), (1, 0.1)]

    def closing(terminal: SimulatedTerminal) -> None:
        (held,) = terminal.positions_get()
        done(terminal, request(type=1, position=held.ticket, price=1000.0))

    terminal = traded([FLAT] * 3, {0: buys(), 1: closing})
    assert terminal.positions_get() == ()
    assert [deal[1] for deal in deals(terminal)] == [0, 1]


def test_a_part_of_a_position_can_be_closed() -> None:
    def closing(terminal: SimulatedTerminal) -> None:
        (held,) = terminal.positions_get()
        assert terminal.order_send(request(type=1, volume=0.2, position=held.ticket)).retcode == 10038
        done(terminal, request(type=1, volume=0.04, position=held.ticket))

    terminal = traded([FLAT] * 3, {0: buys(), 1: closing})
    assert [one.volume for one in terminal.positions_get()] == [0.06]
    assert [deal[2] for deal in deals(terminal)] == [0.1, 0.04]


def test_on_a_netting_account_an_opposite_order_turns_the_position_that_keeps_its_identifier() -> None:
    terminal = traded([FLAT] * 3, {0: buys(), 1: buys(type=1, volume=0.3)}, netting=1)
    assert terminal.account_info().margin_mode == 0
    (position,) = terminal.positions_get()
    opened, turned = [one for one in terminal.history_deals_get(*ALWAYS) if one.type < 2]
    assert (position.type, position.volume) == (1, 0.2)
    assert (opened.entry, turned.entry, turned.volume) == (0, 2, 0.3)
    assert position.identifier == opened.position_id == turned.position_id
    assert len(terminal.history_deals_get(position=position.identifier)) == 2


def test_positions_against_each_other_close_by_each_other() -> None:
    def closing(terminal: SimulatedTerminal) -> None:
        one, other = terminal.positions_get()
        done(terminal, {"action": 10, "position": one.ticket, "position_by": other.ticket})

    terminal = traded([FLAT] * 4, {0: buys(), 1: buys(type=1), 2: closing})
    assert terminal.positions_get() == ()
    assert [deal[1] for deal in deals(terminal)] == [0, 0, 3, 3]


def test_protection_left_out_is_removed_and_no_change_is_told() -> None:
    seen: list[int] = []

    def change(terminal: SimulatedTerminal) -> None:
        (held,) = terminal.positions_get()
        asked = {"action": 6, "symbol": "ONE", "position": held.ticket, "sl": 940.0}
        seen.extend(terminal.order_send(asked).retcode for _ in range(2))
        seen.append(terminal.order_send({**asked, "position": 5}).retcode)
        seen.append(terminal.order_send({**asked, "sl": 1001.0}).retcode)

    terminal = traded([FLAT] * 3, {0: buys(sl=950.0, tp=1100.0), 1: change})
    assert seen == [10009, 10025, 10036, 10016]
    assert [(one.sl, one.tp) for one in terminal.positions_get()] == [(940.0, 0.0)]


def test_a_resting_order_is_shown_changed_and_withdrawn() -> None:
    def change(terminal: SimulatedTerminal) -> None:
        (order,) = terminal.orders_get()
        assert (order.type, order.price_open, order.time_expiration) == (2, 980.0, SHOWN + 3600)
        done(terminal, {"action": 7, "order": order.ticket, "price": 970.0, "sl": 960.0})

    def withdraw(terminal: SimulatedTerminal) -> None:
        (order,) = terminal.orders_get()
        assert (order.price_open, order.sl, order.time_expiration) == (970.0, 960.0, 0)
        done(terminal, {"action": 8, "order": order.ticket})

    pending = {"action": 5, "type": 2, "price": 980.0, "type_filling": 2}
    dated = {"type_time": 2, "expiration": SHOWN + 3600}
    terminal = traded([FLAT] * 4, {0: buys(**pending, **dated), 1: change, 2: withdraw})
    assert terminal.orders_get() == ()
    assert [one.state for one in terminal.history_orders_get(*ALWAYS)] == [2]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"volume": 0.105}, 10014),
        ({"volume": 0.0}, 10014),
        ({"sl": 1000.5}, 10016),
        ({"sl": 1100.0}, 10016),
        ({"action": 5, "type": 2, "price": 1100.0, "type_filling": 2}, 10015),
        ({"type": 2}, 10013),
        ({"action": 2}, 10013),
        ({"action": 8, "order": 5}, 10013),
        ({"action": 6, "position": 5}, 10036),
        ({"type_filling": 2}, 10030),
    ],
)
def test_refusals_reach_the_trader_and_a_check_says_the_same(changes: dict[str, Any], code: int) -> None:
    def asking(terminal: SimulatedTerminal) -> None:
        assert terminal.order_check(request(**changes)).retcode == code
        assert terminal.order_send(request(**changes)).retcode == code

    terminal = traded([FLAT, FLAT], {0: asking})
    assert (terminal.positions_total(), terminal.orders_total()) == (0, 0)


def test_a_check_executes_nothing() -> None:
    def asking(terminal: SimulatedTerminal) -> None:
        checked = terminal.order_check(request())
        assert (checked.retcode, checked.comment) == (0, "Done")

    terminal = traded([FLAT, FLAT], {0: asking})
    assert len(terminal.history_deals_get(*ALWAYS)) == 1


def test_flows_of_cash_add_up_to_the_balance() -> None:
    def closing(terminal: SimulatedTerminal) -> None:
        (held,) = terminal.positions_get()
        done(terminal, request(type=1, position=held.ticket))

    terminal = traded([FLAT, (1000, 1020, 990, 1010), (1013, 1013, 1000, 1001)], {0: buys(), 1: closing})
    every = terminal.history_deals_get(*ALWAYS)
    assert (every[0].type, every[0].position_id, every[0].profit) == (2, 0, 10_000.0)
    flows = sum(round(100 * (one.profit + one.commission + one.swap + one.fee)) for one in every)
    assert flows == round(100 * terminal.account_info().balance) == 1_000_110
    (out,) = [one for one in every if one.entry == 1]
    assert out.profit == 1.1


def test_the_forming_bar_grows_and_longer_bars_are_made_of_shorter_ones() -> None:
    rows = [(1000 + k, 1002 + k, 999 + k, 1001 + k) for k in range(7)]
    terminal = traded(rows, {})
    server = terminal.session.server
    assert len(server.bars("ONE", TIMEFRAMES["M5"])) == 2
    five = terminal.copy_rates_from_pos("ONE", 5, 0, 9)
    assert five["time"].tolist() == [SHOWN, SHOWN + 300]
    assert (five["open"].tolist(), five["high"].tolist()) == ([1000.0, 1005.0], [1006.0, 1008.0])
    assert terminal.copy_rates_from_pos("ONE", 1, 0, 1)["close"].tolist() == [1007.0]
