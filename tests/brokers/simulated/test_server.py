"""What a trade server makes of requests and bars: deals, orders, positions and money by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.simulated.records import ServerRequest
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_history import FIRST_DEAL, FIRST_ORDER
from ictcli.brokers.simulated.turns import turn_of
from ictcli.engine.portfolio import Stream, ask
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.terminals.constants import OrderTime, OrderType, TradeAction
from tests.brokers.simulated.serving import (
    NAMES,
    cash,
    close,
    market,
    play,
    rest,
    sent,
    serve,
    states,
    told,
    trades,
)
from tests.brokers.simulated.test_server_parity import KIND, Trader, broker_side
from tests.engine.random_worlds import random_world
from tests.engine.worlds import MINUTE, Row, World, minutes, rules, series

FLAT = (1000, 1000, 1000, 1000)
BUY, SELL = int(OrderType.BUY), int(OrderType.SELL)


def played(
    rows: Sequence[Row],
    asks: dict[int, Any],
    *,
    spread: int = 0,
    terms: Any = None,
    how: Any = None,
    **changes: Any,
) -> TradeServer:
    """A server after bars of a minute; ``asks`` are called with it after the bar of their number."""
    world = World([minutes(*rows, spread=spread)], [series() if terms is None else terms], rules(**changes))
    server = serve(world, **(how or {}))

    def asking(asked: TradeServer, _: int, row: int) -> None:
        if row in asks:
            asks[row](asked)

    play(server, world, asking)
    return server


def do(*requests: ServerRequest) -> Any:
    """Send requests that are taken."""
    return lambda server: [sent(server, request) for request in requests]


def test_a_market_order_is_placed_and_filled_at_the_next_open() -> None:
    def asking(server: TradeServer) -> None:
        result = server.execute(market(1, 10, stop=950, comment="hello"))
        assert (result.retcode, result.order, result.deal, result.bid) == (10008, FIRST_ORDER, 0, 1000)
        (order,) = server.open_orders()
        assert (order.ticket, order.state, order.placed, order.remaining) == (FIRST_ORDER, 1, MINUTE, 10)
        assert server.positions() == []

    server = played([FLAT, (1005, 1010, 1000, 1007)], {0: asking}, spread=2)
    (deal,) = trades(server)
    assert (deal.ticket, deal.order, deal.position) == (FIRST_DEAL + 1, FIRST_ORDER, FIRST_ORDER)
    assert (deal.ts, deal.price, deal.volume, deal.magic, deal.comment) == (MINUTE, 1007, 10, 7, "hello")
    (position,) = server.positions()
    assert (position.ticket, position.identifier, position.price) == (FIRST_ORDER, FIRST_ORDER, 1007.0)
    assert (position.stop, position.profit, position.opened) == (950, 0, MINUTE)
    assert states(server) == [(FIRST_ORDER, 4, 0)]


def test_the_deposit_is_a_deal_of_its_own() -> None:
    server = played([FLAT], {})
    (deposit,) = server.deals(0, MINUTE)
    assert (deposit.type, deposit.profit, deposit.order, deposit.symbol) == (2, 1_000_000, 0, "")


def test_a_stop_and_a_target_leave_with_the_magic_of_the_position_and_a_comment_of_their_own() -> None:
    asks = {
        0: do(market(1, 10, stop=990, magic=5, comment="mine")),
        2: do(market(-1, 10, target=980, magic=6)),
    }
    server = played([FLAT, FLAT, (1000, 1000, 985, 990), (990, 990, 970, 975)], asks)
    assert told(server) == ["1 buy 10 at 1000 in", "2 sell 10 at 990 out sl", "3 sell 10 at 990 in",
                            "3 buy 10 at 980 out tp"]  # fmt: skip
    stopped, target = trades(server)[1], trades(server)[3]
    assert (stopped.magic, stopped.comment, stopped.position) == (5, "[sl 990]", FIRST_ORDER)
    assert (target.magic, target.comment) == (6, "[tp 980]")
    assert (stopped.profit, target.profit) == (-100, 100)
    orders = server.done_orders(0, 9 * MINUTE)
    assert [(one.type, one.reason, one.position) for one in orders][1] == (SELL, 4, FIRST_ORDER)


def test_a_close_leaves_at_the_next_open_and_its_deal_carries_its_own_magic() -> None:
    asks = {0: do(market(1, 10)), 1: do(close(FIRST_ORDER, 1, 10, magic=8))}
    server = played([FLAT, FLAT, (1010, 1020, 1010, 1020)], asks)
    assert told(server) == ["1 buy 10 at 1000 in", "2 sell 10 at 1010 out"]
    assert (trades(server)[1].magic, trades(server)[1].profit) == (8, 100)
    assert states(server) == [(FIRST_ORDER, 4, 0), (FIRST_ORDER + 1, 4, 0)]
    assert server.positions() == []


def test_a_part_is_closed_and_the_rest_stays_the_same_position() -> None:
    asks = {0: do(market(-1, 10)), 1: do(close(FIRST_ORDER, -1, 4))}
    server = played([FLAT, FLAT, (990, 990, 990, 990)], asks, terms=series(slippage=1))
    assert told(server) == ["1 sell 10 at 999 in", "2 buy 4 at 991 out"]
    assert trades(server)[1].profit == 32
    (position,) = server.positions()
    assert (position.volume, position.identifier, position.updated) == (6, FIRST_ORDER, 2 * MINUTE)


def test_a_close_that_comes_too_late_is_rejected() -> None:
    world = World([minutes(FLAT, FLAT, (1000, 1000, 980, 985), FLAT)], [series()], rules())
    server = serve(world)

    def asking(asked: TradeServer, _: int, row: int) -> None:
        if row == 0:
            sent(asked, market(1, 10, stop=990))

    play(server, World([world.bars[0].slice(0, 2)], [series()]), asking)
    bars = world.bars[0]
    turn = turn_of(bars, 2, 2, 0)
    server.pass_time(turn.ends)
    server.open_phase(0, turn.quote)
    late = sent(server, close(FIRST_ORDER, 1, 10))
    server.inside_phase(0, turn.quote, turn.ends)
    assert told(server)[-1] == "2 sell 10 at 990 out sl"
    assert (late.order, 5, 10) in states(server)
    assert server.open_orders() == []


def test_what_is_asked_for_at_an_announced_open_is_done_at_it() -> None:
    world = World([minutes(FLAT, FLAT, (1010, 1010, 1010, 1010))], [series()], rules())
    server = serve(world)

    def asking(asked: TradeServer, _: int, row: int) -> None:
        if row == 0:
            sent(asked, market(1, 10))
            sent(asked, rest(OrderType.SELL_LIMIT, 1005))

    play(server, World([world.bars[0].slice(0, 2)], [series()]), asking)
    turn = turn_of(world.bars[0], 2, 2, 0)
    server.pass_time(turn.ends)
    server.announce(0, turn.quote)
    assert server.tick(NAMES[0]).bid == 1010
    sent(server, close(FIRST_ORDER, 1, 10))
    sent(server, ServerRequest(int(TradeAction.REMOVE), order=FIRST_ORDER + 1))
    server.open_phase(0, turn.quote)
    assert told(server) == ["1 buy 10 at 1000 in", "2 sell 10 at 1010 out"]
    assert len(server.ticks(NAMES[0], 2 * MINUTE, 2 * MINUTE)) == 1


def test_resting_orders_fill_lapse_and_are_removed() -> None:
    asks = {
        0: do(
            rest(OrderType.BUY_LIMIT, 990),
            rest(OrderType.SELL_LIMIT, 1050, expires=2 * MINUTE, time_type=int(OrderTime.SPECIFIED)),
            rest(OrderType.SELL_STOP, 900),
            ServerRequest(int(TradeAction.REMOVE), order=FIRST_ORDER + 2),
        )
    }
    server = played([FLAT, (1000, 1000, 985, 990), FLAT], asks)
    assert told(server) == ["1 buy 10 at 990 in"]
    assert states(server) == [(FIRST_ORDER + 2, 2, 10), (FIRST_ORDER, 4, 0), (FIRST_ORDER + 1, 6, 10)]


def test_a_changed_order_fills_at_its_new_price_with_its_new_protection() -> None:
    change = ServerRequest(int(TradeAction.MODIFY), order=FIRST_ORDER, price=980, stop=970, target=985)
    asks = {0: do(rest(OrderType.BUY_LIMIT, 990, stop=960), change)}
    server = played([FLAT, (1000, 1000, 980, 985), (985, 990, 985, 990)], asks)
    assert told(server) == ["1 buy 10 at 980 in", "2 sell 10 at 985 out tp"]


def test_moved_protection_works_at_once() -> None:
    protect = ServerRequest(int(TradeAction.SLTP), position=FIRST_ORDER, stop=995, target=0)
    asks = {0: do(market(1, stop=950, target=1100)), 1: do(protect)}
    server = played([FLAT, FLAT, (1000, 1000, 994, 1000), FLAT], asks)
    assert told(server) == ["1 buy 10 at 1000 in", "2 sell 10 at 995 out sl"]
    assert trades(server)[1].comment == "[sl 995]"


def test_a_market_order_that_opens_beyond_its_stop_is_rejected_and_seen_so() -> None:
    server = played([FLAT, (940, 940, 940, 940)], {0: do(market(1, stop=950))})
    assert trades(server) == []
    assert states(server) == [(FIRST_ORDER, 5, 10)]


def test_netting_adds_reduces_and_turns_one_position() -> None:
    asks = {
        0: do(market(1, 10, stop=900)),
        1: do(market(1, 10, stop=910)),
        2: do(market(-1, 5)),
        3: do(market(-1, 25, magic=9)),
    }
    rows = [FLAT, FLAT, (1010, 1010, 1010, 1010), FLAT, (1020, 1020, 1020, 1020)]
    server = played(rows, asks, netting=1, terms=series(commission=1))
    assert told(server) == ["1 buy 10 at 1000 in", "2 buy 10 at 1010 in", "3 sell 5 at 1000 out",
                            "4 sell 25 at 1020 inout"]  # fmt: skip
    turned = trades(server)[3]
    assert (turned.position, turned.profit, turned.commission) == (FIRST_ORDER, 225, -25)
    (position,) = server.positions()
    assert (position.type, position.volume, position.price, position.stop) == (SELL, 10, 1020.0, 0)
    assert (position.ticket, position.identifier, position.magic) == (FIRST_ORDER + 3, FIRST_ORDER, 9)


def test_netting_protection_is_the_last_orders() -> None:
    server = played([FLAT] * 4, {0: do(market(1, stop=900)), 1: do(market(1, 5, stop=910))}, netting=1)
    assert [(one.volume, one.stop) for one in server.positions()] == [(15, 910)]


def test_opposite_positions_close_each_other() -> None:
    by = ServerRequest(int(TradeAction.CLOSE_BY), position=FIRST_ORDER, position_by=FIRST_ORDER + 1)
    asks = {0: do(market(1, 10)), 1: do(market(-1, 6)), 2: do(by)}
    server = played([FLAT, FLAT, (1008, 1008, 1008, 1008)], asks)
    assert told(server)[2:] == ["3 sell 6 at 1008 out_by", "3 buy 6 at 1008 out_by"]
    assert [deal.profit for deal in trades(server)[2:]] == [48, 0]
    assert [(one.identifier, one.volume) for one in server.positions()] == [(FIRST_ORDER, 4)]
    assert states(server)[-1] == (FIRST_ORDER + 2, 4, 0)


def test_swap_is_profit_until_the_position_is_closed() -> None:
    rolls = np.array([[2 * MINUTE, 2]], np.int64)
    terms = series(swap_long=-2000, commission=3, fee=1)
    world = World([minutes(FLAT, FLAT, FLAT, FLAT, FLAT)], [terms], rules(), rolls=rolls)
    server = serve(world)
    seen = []

    def asking(asked: TradeServer, _: int, row: int) -> None:
        if row == 0:
            sent(asked, market(1, 10))
        if row == 3:
            sent(asked, close(FIRST_ORDER, 1, 10))
        account = asked.account()
        seen.append((account.balance, account.profit, account.equity))

    play(server, world, asking)
    paid = 1_000_000 - 40
    swapped = (paid, -60, paid - 60)
    assert seen == [(1_000_000, 0, 1_000_000), (paid, 0, paid), swapped, swapped, (paid - 100, 0, paid - 100)]
    entry, leaving = trades(server)
    assert (entry.commission, entry.fee, entry.swap) == (-30, -10, 0)
    assert (leaving.commission, leaving.fee, leaving.swap) == (-30, -10, -60)


def test_a_stop_out_is_told_by_its_reason() -> None:
    terms = series(margin=1_000_000)
    rows = [FLAT, FLAT, (390, 390, 390, 390)]
    server = played(rows, {0: do(market(1, 10))}, terms=terms, opening=11_000, stop_out=500_000)
    assert told(server) == ["1 buy 10 at 1000 in", "2 sell 10 at 390 out so"]
    assert trades(server)[1].comment == "[so 390]"
    assert server.account().stop_out_percent == 50.0


def test_an_immediate_order_is_done_at_the_quote_of_the_moment() -> None:
    def asking(server: TradeServer) -> None:
        result = server.execute(market(1, 10))
        assert (result.retcode, result.deal, result.volume, result.price) == (10009, FIRST_DEAL + 1, 10, 1003)
        left = server.execute(close(result.order, 1, 4))
        assert (left.retcode, left.volume, left.price) == (10009, 4, 999)

    how = {"execution": "immediate", "latency": 5}
    server = played([FLAT, FLAT], {0: asking}, spread=2, terms=series(slippage=1), how=how)
    assert told(server) == ["1 buy 10 at 1003 in", "1 sell 4 at 999 out"]
    assert [deal.ts for deal in trades(server)] == [MINUTE + 5] * 2
    assert [one.volume for one in server.positions()] == [6]


def test_partly_filled_orders_go_on_or_end_by_their_filling() -> None:
    def volume(filling: int) -> TradeServer:
        bars = minutes(FLAT, FLAT, FLAT, ticks=8)
        world = World([bars], [series()], rules(fill_share=500_000))
        server = serve(world)

        def asking(asked: TradeServer, _: int, row: int) -> None:
            if row == 0:
                sent(asked, market(1, 6, filling=filling))

        play(server, world, asking)
        return server

    assert told(volume(2)) == ["1 buy 4 at 1000 in", "2 buy 2 at 1000 in"]
    assert told(volume(1)) == ["1 buy 4 at 1000 in"]
    assert states(volume(1)) == [(FIRST_ORDER, 2, 2)]
    assert states(volume(0)) == [(FIRST_ORDER, 5, 6)]


def test_a_second_order_of_the_same_name_is_executed_unless_the_server_deduplicates() -> None:
    asks = {0: do(market(1, comment="a"), market(1, comment="a"), market(1, comment="b"))}
    assert len(trades(played([FLAT, FLAT], asks))) == 3
    assert len(trades(played([FLAT, FLAT], asks, how={"deduplicates": True}))) == 2


def test_bars_and_ticks_show_only_what_has_happened() -> None:
    world = World([minutes((10, 14, 9, 12), (12, 13, 11, 11), spread=1, ticks=4)])
    server = serve(world)
    turn = turn_of(world.bars[0], 0, 0, 0)
    server.open_phase(0, turn.quote)
    forming = server.bars(NAMES[0], TIMEFRAMES["M1"])
    assert [forming.open[0], forming.high[0], forming.low[0], forming.close[0]] == [10, 10, 10, 10]
    assert (server.tick(NAMES[0]).bid, server.tick(NAMES[0]).ask) == (10, 11)
    server.inside_phase(0, turn.quote, turn.ends)
    forming = server.bars(NAMES[0], TIMEFRAMES["M1"])
    assert [forming.high[0], forming.low[0], forming.close[0], forming.tick_volume[0]] == [14, 9, 12, 4]
    server.close_bar(0, turn.quote, turn.ends)
    server.learn(turn.ends)
    assert len(server.bars(NAMES[0], TIMEFRAMES["M1"])) == 1
    assert [tick.bid for tick in server.ticks(NAMES[0], 0, MINUTE)] == [10, 9, 14, 12]
    assert server.now == MINUTE


def replayed(seed: int, cut: int) -> tuple[list[str], bytes]:
    """A random world through a server that is saved and loaded after some bars; 0 for never."""
    world, asks = random_world(seed, KIND, most_bars=15)
    asks = broker_side(world, asks)
    done = world.run(asks)
    trader = Trader(ask([Stream(one.on, one.by, one.decision) for one in asks], len(world.bars)), done)
    server, count = serve(world), [0]

    def asking(asked: TradeServer, s: int, row: int) -> None:
        trader.act(asked, s, row)
        count[0] += 1
        if count[0] == cut:
            fresh = serve(world)
            fresh.load(asked.save())
            assert fresh.save() == asked.save()
            asked.scene, asked.line = fresh.scene, fresh.line

    play(server, world, asking)
    return told(server), server.save()


@given(st.integers(0, 2**31), st.integers(1, 30))
def test_a_server_goes_on_from_its_bytes_as_if_nothing_had_happened(seed: int, cut: int) -> None:
    assert replayed(seed, cut) == replayed(seed, 0)


def test_bytes_of_another_account_are_no_checkpoint() -> None:
    one, two = World([minutes(FLAT)]), World([minutes(FLAT), minutes(FLAT)])
    with pytest.raises(ValueError, match="not a checkpoint"):
        serve(two).load(serve(one).save())


def test_symbols_must_be_those_of_the_account() -> None:
    server = serve(World([minutes(FLAT)]))
    scene = server.scene
    with pytest.raises(ValueError, match="cannot be served"):
        TradeServer(scene.world, [*scene.symbols, *scene.symbols], scene.options, 0)


def test_cash_flows_of_deals_are_the_balance() -> None:
    asks: dict[int, Any] = {
        0: do(market(1, 10), market(-1, 7)),
        1: do(close(FIRST_ORDER, 1, 3)),
        2: do(rest(OrderType.BUY_STOP, 1020, stop=1000)),
    }
    rows = [FLAT, (1003, 1010, 995, 1001), (1005, 1009, 1001, 1002), (1010, 1030, 1005, 1011)]
    server = played(rows, asks, terms=series(commission=2, fee=1, denominator=3), spread=3)
    assert cash(server) == server.account().balance
    assert len(trades(server)) == 4
