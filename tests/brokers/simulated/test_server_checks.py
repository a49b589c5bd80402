"""What a trade server refuses, with which return code, and what it just allows."""

from dataclasses import replace
from typing import Any

import pytest

from ictcli.brokers.simulated.records import ServerRequest
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_history import FIRST_ORDER
from ictcli.brokers.simulated.server_records import ServedSymbol, ServerOptions
from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.terminals.constants import OrderType, Retcode, TradeAction
from tests.brokers.simulated.serving import (
    NAMES,
    close,
    market,
    play,
    rest,
    sent,
    serve,
    spec_of,
    states,
    trades,
)
from tests.engine.worlds import MINUTE, World, minutes, rules, series

FLAT = (1000, 1000, 1000, 1000)
LIMIT, SELL_LIMIT, STOP, SELL_STOP = (OrderType(number) for number in (2, 3, 4, 5))
STOP_LIMIT = OrderType.BUY_STOP_LIMIT
DEAL, SLTP, MODIFY, REMOVE = (
    int(action) for action in (TradeAction.DEAL, TradeAction.SLTP, TradeAction.MODIFY, TradeAction.REMOVE)
)


def quoted(*requests: ServerRequest, terms: Any = None, options: Any = None, **changes: Any) -> TradeServer:
    """A server with bid 1000 and ask 1002 whose first bars have passed with requests at the first close."""
    world = World([minutes(FLAT, FLAT, spread=2)], [series() if terms is None else terms], rules(**changes))
    server = serve(world, **(options or {}))

    def asking(asked: TradeServer, _: int, row: int) -> None:
        if row == 0:
            for request in requests:
                sent(asked, request)

    play(server, world, asking)
    return server


def code_of(server: TradeServer, request: ServerRequest) -> int:
    """What checking and executing both say."""
    checked, executed = server.check(request).retcode, server.execute(request).retcode
    if checked == 0:
        assert executed in (10008, 10009)
        return 0
    assert checked == executed
    return executed


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (market(1, 0), Retcode.INVALID_VOLUME),
        (market(1, 2), 0),
        (market(1, 1), Retcode.INVALID_VOLUME),
        (market(1, 1_000_001), Retcode.INVALID_VOLUME),
        (market(1, 10, volume_exact=False), Retcode.INVALID_VOLUME),
        (rest(OrderType.BUY, 990), Retcode.INVALID),
        (ServerRequest(DEAL, NAMES[0], 2, 10), Retcode.INVALID),
        (ServerRequest(99, NAMES[0]), Retcode.INVALID),
        (ServerRequest(DEAL, "NONE", 0, 10), Retcode.INVALID),
        (market(1, 10, stop=1000), Retcode.INVALID_STOPS),
        (market(1, 10, stop=996), Retcode.INVALID_STOPS),
        (market(1, 10, stop=995, target=1005), 0),
        (market(1, 10, target=1004), Retcode.INVALID_STOPS),
        (market(-1, 10, stop=1006), Retcode.INVALID_STOPS),
        (market(-1, 10, stop=1007, target=997), 0),
        (market(-1, 10, stop=1007, prices_exact=False), Retcode.INVALID_STOPS),
        (rest(LIMIT, 998), Retcode.INVALID_PRICE),
        (rest(LIMIT, 997, stop=992, target=1002), 0),
        (rest(LIMIT, 997, stop=993), Retcode.INVALID_STOPS),
        (rest(LIMIT, 1003), Retcode.INVALID_PRICE),
        (rest(SELL_LIMIT, 1004), Retcode.INVALID_PRICE),
        (rest(SELL_LIMIT, 1005), 0),
        (rest(STOP, 1006), Retcode.INVALID_PRICE),
        (rest(STOP, 1007), 0),
        (rest(SELL_STOP, 996), Retcode.INVALID_PRICE),
        (rest(SELL_STOP, 995), 0),
        (rest(STOP_LIMIT, 1010), Retcode.INVALID_PRICE),
        (rest(STOP_LIMIT, 1010, limit=1005, stop=1001), Retcode.INVALID_STOPS),
        (rest(STOP_LIMIT, 1010, limit=1005, stop=1000), 0),
        (rest(LIMIT, 990, prices_exact=False), Retcode.INVALID_PRICE),
        (rest(LIMIT, 990, expires=2 * MINUTE, time_type=2), Retcode.INVALID_EXPIRATION),
        (rest(LIMIT, 990, expires=3 * MINUTE, time_type=2), 0),
        (rest(LIMIT, 990, time_type=4), Retcode.INVALID_EXPIRATION),
        (ServerRequest(REMOVE, order=5), Retcode.INVALID),
        (ServerRequest(MODIFY, order=5, price=990), Retcode.INVALID),
        (ServerRequest(SLTP, position=5, stop=990), Retcode.POSITION_CLOSED),
        (close(5, 1, 10), Retcode.POSITION_CLOSED),
        (ServerRequest(int(TradeAction.CLOSE_BY), position=5, position_by=6), Retcode.POSITION_CLOSED),
    ],
)
def test_a_request_is_judged_by_its_own_numbers(request_: ServerRequest, code: int) -> None:
    assert code_of(quoted(terms=series(min_steps=2, stops_level=5)), request_) == code


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (rest(LIMIT, 990), 0),
        (rest(LIMIT, 991), Retcode.INVALID_PRICE),
        (market(1, stop=985), 0),
        (market(1, stop=986), Retcode.INVALID_STOPS),
    ],
)
def test_prices_lie_on_the_grid_of_ticks(request_: ServerRequest, code: int) -> None:
    assert code_of(quoted(terms=series(tick=5)), request_) == code


HELD = FIRST_ORDER


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (close(HELD, 1, 10), 0),
        (close(HELD, 1, 11), Retcode.INVALID_CLOSE_VOLUME),
        (close(HELD, 1, 0), Retcode.INVALID_VOLUME),
        (close(HELD, -1, 10), Retcode.INVALID),
        (ServerRequest(SLTP, position=HELD, stop=950, target=1100), Retcode.NO_CHANGES),
        (ServerRequest(SLTP, position=HELD, stop=1000), Retcode.INVALID_STOPS),
        (ServerRequest(SLTP, position=HELD, stop=999), 0),
        (ServerRequest(SLTP, position=HELD), 0),
        (ServerRequest(SLTP, position=HELD, stop=999, prices_exact=False), Retcode.INVALID_STOPS),
        (ServerRequest(SLTP, NAMES[0], stop=999), Retcode.POSITION_CLOSED),
        (ServerRequest(int(TradeAction.CLOSE_BY), position=HELD, position_by=HELD), Retcode.INVALID),
    ],
)
def test_a_position_is_changed_and_closed_by_its_ticket(request_: ServerRequest, code: int) -> None:
    assert code_of(quoted(market(1, 10, stop=950, target=1100)), request_) == code


def test_a_position_is_closed_once() -> None:
    server = quoted(market(1, 10))
    sent(server, close(HELD, 1, 4))
    assert code_of(server, close(HELD, 1, 6)) == Retcode.CLOSE_ORDER_EXIST


def test_a_close_that_is_withdrawn_leaves_the_position() -> None:
    server = quoted(market(1, 10))
    whole = sent(server, close(HELD, 1, 10))
    sent(server, ServerRequest(REMOVE, order=whole.order))
    part = sent(server, close(HELD, 1, 4))
    sent(server, ServerRequest(REMOVE, order=part.order))
    assert states(server)[-2:] == [(whole.order, 2, 10), (part.order, 2, 4)]
    assert code_of(server, close(HELD, 1, 10)) == 0


ORDER = FIRST_ORDER
CHANGE = ServerRequest(MODIFY, order=ORDER, price=990, stop=980)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (CHANGE, Retcode.NO_CHANGES),
        (replace(CHANGE, stop=985), 0),
        (replace(CHANGE, stop=990), Retcode.INVALID_STOPS),
        (replace(CHANGE, price=1002), Retcode.INVALID_PRICE),
        (replace(CHANGE, price=1001), 0),
        (replace(CHANGE, time_type=2, expires=MINUTE), Retcode.INVALID_EXPIRATION),
        (ServerRequest(REMOVE, order=ORDER), 0),
    ],
)
def test_a_resting_order_is_changed_like_a_new_one(request_: ServerRequest, code: int) -> None:
    assert code_of(quoted(rest(LIMIT, 990, stop=980)), request_) == code


def test_near_the_market_nothing_is_changed_or_removed() -> None:
    terms = series(freeze_level=12)
    server = quoted(rest(LIMIT, 990, stop=900), market(1, 10, stop=988), market(1, 10, stop=987), terms=terms)
    assert code_of(server, ServerRequest(REMOVE, order=ORDER)) == Retcode.FROZEN
    assert code_of(server, ServerRequest(MODIFY, order=ORDER, price=980)) == Retcode.FROZEN
    assert code_of(server, ServerRequest(SLTP, position=ORDER + 1, stop=980)) == Retcode.FROZEN
    assert code_of(server, ServerRequest(SLTP, position=ORDER + 2, stop=980)) == 0
    assert code_of(server, close(ORDER + 1, 1, 10)) == 0


def test_the_free_margin_decides_to_the_unit() -> None:
    terms = series(margin=500_000, slippage=1)
    needed = 10 * 1003 // 2
    for opening, code in ((needed, 0), (needed - 1, Retcode.NO_MONEY)):
        server = quoted(terms=terms, opening=opening, stop_out=500_000)
        assert code_of(server, market(1, 10)) == code
    assert code_of(quoted(terms=terms, opening=1), market(1, 10)) == 0


def test_a_netting_account_needs_margin_only_for_what_it_opens() -> None:
    changes = {"opening": 13_000, "stop_out": 500_000, "netting": 1}
    server = quoted(market(1, 10), terms=series(margin=1_000_000), **changes)
    assert code_of(server, market(-1, 10)) == 0
    assert code_of(server, market(-1, 14)) == Retcode.NO_MONEY


def test_a_ruined_account_opens_nothing() -> None:
    server = quoted(market(1, 10))
    server.scene.world.account["balance"] = 0
    assert code_of(server, market(1, 10)) == Retcode.NO_MONEY
    assert code_of(server, close(HELD, 1, 10)) == 0


def test_an_account_that_closes_first_in_first_out_closes_the_oldest() -> None:
    server = quoted(market(1, 10), market(1, 10), market(-1, 10), options={"fifo": True})
    assert code_of(server, close(HELD + 1, 1, 10)) == Retcode.FIFO_CLOSE
    assert code_of(server, close(HELD + 2, -1, 10)) == 0
    assert code_of(server, close(HELD, 1, 10)) == 0


def test_a_one_sided_account_holds_nothing_against_a_position() -> None:
    server = quoted(market(1, 10), options={"one_sided": True})
    assert code_of(server, market(-1, 10)) == Retcode.HEDGE_PROHIBITED
    assert code_of(server, market(1, 10)) == 0


def test_as_many_orders_and_positions_as_the_engine_keeps() -> None:
    server = quoted(*[market(1, 1)] * 32, most_per_strategy=99)
    assert len(server.positions()) == 32
    assert code_of(server, market(1, 1)) == Retcode.LIMIT_POSITIONS
    server = quoted(*[rest(LIMIT, 900, 1)] * 32)
    assert code_of(server, rest(LIMIT, 900, 1)) == Retcode.LIMIT_ORDERS


@pytest.mark.parametrize(
    ("mode", "side", "code"),
    [
        (0, 1, Retcode.TRADE_DISABLED),
        (1, 1, 0),
        (1, -1, Retcode.LONG_ONLY),
        (2, 1, Retcode.SHORT_ONLY),
        (2, -1, 0),
        (3, 1, Retcode.CLOSE_ONLY),
        (3, -1, Retcode.CLOSE_ONLY),
        (4, -1, 0),
    ],
)
def test_a_symbol_allows_what_its_mode_says(mode: int, side: int, code: int) -> None:
    world = World([minutes(FLAT)])
    symbol = ServedSymbol(spec_of(NAMES[0]), 0, TIMEFRAMES["M1"], trade_mode=mode)
    server = TradeServer(world.desk().world, [symbol], ServerOptions(), 0)
    play(server, world)
    assert code_of(server, market(side)) == code
    assert code_of(server, rest(LIMIT if side > 0 else SELL_LIMIT, 1000 - 5 * side)) == code


def test_a_close_only_symbol_lets_a_netting_position_be_reduced() -> None:
    server = quoted(market(1, 10), netting=1)
    scene = server.scene
    scene.symbols = (replace(scene.symbols[0], trade_mode=3),)
    assert code_of(server, market(-1, 11)) == Retcode.CLOSE_ONLY
    assert code_of(server, market(-1, 10)) == 0


def test_nothing_is_traded_before_the_first_quote_nor_in_what_only_converts() -> None:
    world = World([minutes(FLAT), minutes(FLAT)], [series(), series(tradable=0)])
    server = serve(world)
    assert code_of(server, market(1)) == Retcode.PRICE_OFF
    play(server, world)
    assert code_of(server, market(1, on=1)) == Retcode.TRADE_DISABLED


def test_nothing_is_opened_before_its_profit_can_be_converted() -> None:
    terms = [series(conversion=2, conversion_series=1, conversion_scale=1000, margin=1), series(tradable=0)]
    late = minutes(FLAT, start=2 * MINUTE)
    world = World([minutes(FLAT), late], terms)
    server = serve(world)
    codes = []

    def asking(asked: TradeServer, s: int, _: int) -> None:
        codes.append((s, asked.check(market(1)).retcode))

    play(server, world, asking)
    assert codes == [(0, Retcode.PRICE_OFF), (1, 0)]


def friday(calendar: str, hour: int) -> int:
    """Whether a market takes an order a second after a bar ended at an hour UTC of Friday, 2024-01-05."""
    start = 19_727 * NS_PER_DAY + hour * NS_PER_HOUR - MINUTE
    world = World([minutes(FLAT, start=start)])
    symbol = ServedSymbol(spec_of(NAMES[0], calendar=calendar), 0, TIMEFRAMES["M1"])
    server = TradeServer(world.desk().world, [symbol], ServerOptions(), start)
    play(server, world)
    at_close = server.check(market(1)).retcode
    assert at_close == 0, "prices came just now"
    server.learn(server.now + 1_000_000_000)
    return server.check(market(1)).retcode


@pytest.mark.parametrize(
    ("calendar", "hour", "code"),
    [
        ("fx", 21, 0),
        ("fx", 22, Retcode.MARKET_CLOSED),
        ("crypto", 22, 0),
        ("metal", 22, Retcode.MARKET_CLOSED),
    ],
)
def test_a_market_is_closed_by_its_calendar_and_open_while_prices_come(
    calendar: str, hour: int, code: int
) -> None:
    assert friday(calendar, hour) == code


@pytest.mark.parametrize("time_type", [1, 3])
def test_an_order_for_a_day_lapses_at_the_roll(time_type: int) -> None:
    server = quoted()
    result = sent(server, rest(LIMIT, 990, time_type=time_type, expires=3 * MINUTE if time_type == 3 else 0))
    assert server.scene.book.orders[result.order].expires == 22 * NS_PER_HOUR


@pytest.mark.parametrize(
    ("request_", "deals"),
    [
        (close(HELD, 1, 4), [(0, 10), (1, 4)]),
        (close(HELD, 1, 14), [(0, 10), (2, 14)]),
        (market(1, 5, position=HELD), [(0, 10), (0, 5)]),
        (close(HELD, 1, 4, stop=1200), [(0, 10), (1, 4)]),
    ],
)
def test_netting_deals_that_name_their_position_close_add_or_turn(
    request_: ServerRequest, deals: list[tuple[int, int]]
) -> None:
    world = World([minutes(FLAT, FLAT, FLAT)], [series()], rules(netting=1))
    server = serve(world)

    def asking(asked: TradeServer, _: int, row: int) -> None:
        if row < 2:
            sent(asked, (market(1, 10), request_)[row])

    play(server, world, asking)
    assert [(deal.entry, deal.volume) for deal in trades(server)] == deals
