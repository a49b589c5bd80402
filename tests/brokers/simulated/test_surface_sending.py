"""Checklist 4, 8 and 10: what a request may hold, what is refused where, and what the answers say."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.simulated.records import ServerRequest, ServerResult, ServerTick
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import Listener, Permissions, TerminalOptions
from ictcli.terminals.symbol_constants import SymbolExpiration, SymbolFilling, SymbolOrder
from tests.brokers.simulated.plain_server import NOON, SHOWN, PlainServer, deal, quoted, spec_of, terminal_of

FOK, IOC, RETURN, BOC = range(4)
REQUEST, INSTANT, MARKET, EXCHANGE = range(4)


class Heard(Listener):
    """Keeps what arrived."""

    def __init__(self) -> None:
        self.requests: list[ServerRequest] = []
        self.results: list[ServerResult | None] = []

    def arrived(self, request: ServerRequest) -> None:
        self.requests.append(request)

    def answered(self, result: ServerResult | None) -> None:
        self.results.append(result)


@pytest.fixture
def server() -> PlainServer:
    return quoted()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def terminal(server: PlainServer, heard: Heard) -> SimulatedTerminal:
    made = SimulatedTerminal(server, options=TerminalOptions(warm_up=0, selected=None), listener=heard)
    made.initialize()
    return made


class Small(int):
    """An int of its own."""


class Real(float):
    """A float of its own."""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("volume", 1),
        ("volume", Decimal("0.1")),
        ("volume", np.float32(0.5)),
        ("volume", "0.1"),
        ("price", 1),
        ("sl", 1),
        ("tp", None),
        ("stoplimit", 1),
        ("type", np.int64(0)),
        ("action", 1.0),
        ("type_filling", "1"),
        ("type_time", None),
        ("magic", np.int64(7)),
        ("magic", 7.0),
        ("order", "1"),
        ("position", None),
        ("deviation", 10.0),
        ("expiration", 1.5),
        ("symbol", b"EURUSD"),
        ("symbol", "X" * 30),
        ("comment", "x" * 30),
        ("comment", None),
    ],
)
@pytest.mark.parametrize("function", ["order_send", "order_check"])
def test_values_of_another_type_are_refused_before_anything_is_sent(
    terminal: SimulatedTerminal, heard: Heard, function: str, field: str, value: object
) -> None:
    assert getattr(terminal, function)(deal(**{field: value})) is None
    assert terminal.last_error() == (-2, f'Invalid "{field}" argument')
    assert heard.requests == []


@pytest.mark.parametrize(
    "field", ["action", "type", "type_filling", "magic", "order", "deviation", "position"]
)
def test_negative_numbers_in_unsigned_fields_raise_system_error(
    terminal: SimulatedTerminal, field: str
) -> None:
    with pytest.raises(SystemError, match="order_send"):
        terminal.order_send(deal(**{field: -1}))
    assert terminal.last_error()[0] == -2


def test_numbers_too_large_for_their_field_raise_system_error(terminal: SimulatedTerminal) -> None:
    for field, value in (("type", 2**32), ("magic", 2**64), ("expiration", 2**63)):
        with pytest.raises(SystemError):
            terminal.order_send(deal(**{field: value}))


def test_subclasses_of_the_types_are_taken(terminal: SimulatedTerminal, heard: Heard) -> None:
    request = deal(volume=np.float64(0.1), price=Real(1.10012), type=Small(0), magic=True, comment="c" * 29)
    assert terminal.order_send(request).retcode == 10009
    assert (heard.requests[0].volume, heard.requests[0].magic, heard.requests[0].comment) == (10, 1, "c" * 29)


def test_unknown_keys_are_ignored_and_missing_ones_are_zero(
    terminal: SimulatedTerminal, heard: Heard
) -> None:
    result = terminal.order_send({**deal(stoploss=1.09), 5: 6})
    assert result.retcode == 10009
    assert (heard.requests[0].stop, heard.requests[0].target) == (0, 0)
    request = result.request
    assert (request.type_filling, request.type_time, request.sl, request.comment) == (0, 0, 0.0, "")
    assert type(request.sl) is float


def test_a_request_is_one_dictionary_or_named_values(terminal: SimulatedTerminal, heard: Heard) -> None:
    assert terminal.order_send(**deal()).retcode == 10009
    for args, named in (((), {}), ((deal(),), {"volume": 0.1}), ((deal(), deal()), {})):
        assert terminal.order_send(*args, **named) is None
        assert terminal.last_error() == (-2, "Invalid arguments")
    assert terminal.order_send([1]) is None
    assert terminal.last_error() == (-2, "Invalid 1st unnamed argument")
    assert len(heard.requests) == 1


def test_a_request_reaches_the_server_in_exact_units(terminal: SimulatedTerminal, heard: Heard) -> None:
    terminal.order_send(
        deal(
            action=5, type=6, volume=1.37, price=1.1234, stoplimit=1.12345, sl=1.11, tp=1.2, deviation=15,
            type_filling=RETURN, type_time=2, expiration=SHOWN + 60, magic=2**48 + 5, comment="c",
        )
    )  # fmt: skip
    assert heard.requests == [
        ServerRequest(
            5, "EURUSD", 6, 137, 112_340, 112_345, 111_000, 120_000, 15, RETURN, 2, NOON + 60_000_000_000,
            2**48 + 5, 0, 0, 0, "c",
        )
    ]  # fmt: skip


@given(st.integers(1, 10_000), st.integers(1, 10**7))
def test_every_volume_and_price_on_the_grid_arrives_exactly(steps: int, points: int) -> None:
    heard = Heard()
    terminal = SimulatedTerminal(quoted(), options=TerminalOptions(selected=None), listener=heard)
    terminal.initialize()
    result = terminal.order_send(deal(volume=round(steps * 0.01, 2), price=round(points * 1e-5, 5)))
    asked = heard.requests[0]
    assert (asked.volume, asked.price, asked.volume_exact, asked.prices_exact) == (steps, points, True, True)
    assert result.volume == steps / 100


def test_volumes_and_prices_off_the_grid_are_refused_by_their_codes(terminal: SimulatedTerminal) -> None:
    assert terminal.order_send(deal(volume=0.105)).retcode == 10014
    assert terminal.order_send(deal(volume=math.nan)).retcode == 10014
    assert terminal.order_send(deal(sl=1.090001)).retcode == 10015
    assert terminal.order_send(deal(symbol="XAUUSD", sl=1990.03)).retcode == 10015
    assert terminal.order_check(deal(volume=0.105)).retcode == 10014


def test_an_executed_deal_is_answered_in_floats(terminal: SimulatedTerminal) -> None:
    first, second = terminal.order_send(deal()), terminal.order_send(deal())
    assert (first.retcode, first.order, first.deal) == (10009, 1000, 1001)
    assert (first.volume, first.price, first.bid, first.ask) == (0.1, 1.10012, 1.1, 1.10012)
    assert (first.comment, first.retcode_external) == ("Request executed", 0)
    assert (first.request_id, second.request_id) == (1, 2)
    assert first.request.symbol == "EURUSD"
    assert first.request == terminal.TradeRequest(
        (1, 7, 0, "EURUSD", 0.1, 1.10012, 0.0, 0.0, 0.0, 0, 0, 0, 0, 0, "", 0, 0)
    )


def test_a_part_of_a_deal_is_answered_10010(terminal: SimulatedTerminal, server: PlainServer) -> None:
    server.parts = [4]
    result = terminal.order_send(deal(type_filling=IOC))
    assert (result.retcode, result.volume) == (10010, 0.04)


@pytest.mark.parametrize(
    ("execution", "mask", "allowed"),
    [
        (REQUEST, 0, {FOK, IOC, RETURN}),
        (INSTANT, 0, {FOK, IOC, RETURN}),
        (MARKET, 0, set()),
        (MARKET, SymbolFilling.FOK, {FOK}),
        (MARKET, SymbolFilling.IOC, {IOC}),
        (MARKET, SymbolFilling.FOK | SymbolFilling.IOC, {FOK, IOC}),
        (MARKET, SymbolFilling.BOC, set()),
        (EXCHANGE, 0, {RETURN}),
        (EXCHANGE, SymbolFilling.FOK, {FOK, RETURN}),
        (EXCHANGE, SymbolFilling.IOC | SymbolFilling.BOC, {IOC, RETURN}),
    ],
)
def test_fillings_of_market_orders_follow_execution_and_mask(
    execution: int, mask: int, allowed: set[int]
) -> None:
    permitted = Permissions(execution=execution, filling=mask)
    terminal = terminal_of(quoted(), permissions={"EURUSD": permitted})
    codes = {filling: terminal.order_check(deal(type_filling=filling)).retcode for filling in (0, 1, 2, 3, 9)}
    assert codes == {filling: 0 if filling in allowed else 10030 for filling in (0, 1, 2, 3, 9)}
    assert terminal.order_send(deal(type_filling=9)).comment == "Unsupported filling mode"


def test_resting_orders_wait_and_only_limits_can_be_book_or_cancel() -> None:
    permitted = Permissions(filling=SymbolFilling.BOC)
    terminal = terminal_of(quoted(), permissions={"EURUSD": permitted})
    pending = {"action": 5, "price": 1.09}
    assert terminal.order_send(deal(**pending, type=2, type_filling=RETURN)).retcode == 10009
    assert terminal.order_send(deal(**pending, type=2, type_filling=BOC)).retcode == 10009
    assert terminal.order_send(deal(**pending, type=4, type_filling=BOC)).retcode == 10030
    assert terminal.order_send(deal(**pending, type=2, type_filling=FOK)).retcode == 10030


@pytest.mark.parametrize(
    ("permissions", "changes", "code"),
    [
        (Permissions(trading=0), {}, 10017),
        (Permissions(trading=1), {"type": 1}, 10042),
        (Permissions(trading=1), {"type": 0}, 10009),
        (Permissions(trading=2), {"type": 0}, 10043),
        (Permissions(trading=3), {"type": 0}, 10044),
        (Permissions(orders=SymbolOrder.LIMIT), {}, 10035),
        (Permissions(orders=SymbolOrder.MARKET), {"sl": 1.09}, 10035),
        (Permissions(orders=SymbolOrder.MARKET | SymbolOrder.SL), {"sl": 1.09}, 10009),
        (Permissions(orders=SymbolOrder.MARKET), {"action": 5, "type": 4, "type_filling": 2}, 10035),
        (
            Permissions(expiration=SymbolExpiration.GTC),
            {"action": 5, "type": 2, "type_filling": 2, "type_time": 2, "expiration": SHOWN + 60},
            10022,
        ),
    ],
)
def test_what_the_broker_does_not_permit_is_refused(
    permissions: Permissions, changes: dict[str, Any], code: int
) -> None:
    server = quoted()
    terminal = terminal_of(server, permissions={"EURUSD": permissions})
    assert terminal.order_send(deal(**changes)).retcode == code
    assert server.executed == (code == 10009)


def test_changes_are_refused_where_the_broker_does_not_permit_them() -> None:
    server = quoted()
    terminal_of(server).order_send(deal())
    change = {"action": 6, "symbol": "EURUSD", "position": 1000, "tp": 1.2}
    by = {"action": 10, "symbol": "EURUSD", "position": 1000, "position_by": 1}
    for permissions, request, code in (
        (Permissions(trading=0), change, 10017),
        (Permissions(orders=SymbolOrder.MARKET | SymbolOrder.SL), change, 10035),
        (Permissions(orders=SymbolOrder.MARKET), by, 10035),
        (Permissions(), change, 10009),
    ):
        terminal = terminal_of(server, permissions={"EURUSD": permissions})
        assert terminal.order_send(request).retcode == code


@pytest.mark.parametrize("hedging", [True, False])
def test_a_symbol_that_may_only_be_closed_lets_positions_go(hedging: bool) -> None:
    server = quoted(hedging=hedging)
    terminal_of(server).order_send(deal())
    terminal = terminal_of(server, permissions={"EURUSD": Permissions(trading=3)})
    assert terminal.order_send(deal(type=1, position=1000)).retcode == 10009


def test_symbols_that_have_no_prices_here_are_refused() -> None:
    server = quoted()
    terminal = terminal_of(server, selected=())
    assert terminal.order_send(deal()).retcode == 10021
    assert terminal.order_send(deal(symbol="NOTHING")).retcode == 10013
    terminal.symbol_select("EURUSD")
    assert terminal.order_send(deal()).retcode == 10009


@pytest.mark.parametrize("expiration", [-1, 2**32, 2**62])
def test_instants_that_no_server_knows_are_invalid_expirations(
    terminal: SimulatedTerminal, expiration: int
) -> None:
    assert terminal.order_send(deal(expiration=expiration)).retcode == 10022


def test_numbers_beyond_those_of_the_server_are_an_invalid_request(terminal: SimulatedTerminal) -> None:
    assert terminal.order_send(deal(magic=2**63)).retcode == 10013
    assert terminal.order_send(deal(magic=2**63 - 1)).retcode == 10009


def test_protection_is_changed_by_position_and_what_is_left_out_is_removed(
    terminal: SimulatedTerminal, server: PlainServer
) -> None:
    terminal.order_send(deal(sl=1.09, tp=1.12))
    change = {"action": 6, "position": 1000, "sl": 1.095}
    assert terminal.order_send(change).retcode == 10009
    (position,) = terminal.positions_get()
    assert (position.sl, position.tp) == (1.095, 0.0)
    assert terminal.order_send(change).retcode == 10025
    assert terminal.order_send({**change, "position": 5}).retcode == 10036
    assert server.executed == 2


def test_a_resting_order_is_withdrawn_by_its_ticket_alone(terminal: SimulatedTerminal, heard: Heard) -> None:
    placed = terminal.order_send(deal(action=5, type=2, price=1.09, type_filling=RETURN))
    assert terminal.order_send({"action": 8, "order": placed.order}).retcode == 10009
    assert heard.requests[-1].symbol == "EURUSD"
    assert terminal.orders_get() == ()


@pytest.mark.parametrize(("fate", "executed"), [("executed", 1), ("dropped", 0)])
def test_a_lost_answer_is_none_with_a_failed_receive(
    terminal: SimulatedTerminal, server: PlainServer, heard: Heard, fate: str, executed: int
) -> None:
    server.lost = [fate]
    assert terminal.order_send(deal()) is None
    assert terminal.last_error() == (-10002, "IPC recv failed")
    assert server.executed == terminal.positions_total() == executed
    assert (len(heard.requests), heard.results) == (1, [None])


def test_the_server_names_the_error_of_the_answer_that_it_loses(heard: Heard) -> None:
    class Losing(PlainServer):
        def execute(self, request: ServerRequest) -> ServerResult | None:
            super().execute(request)
            self.line.errors["order_send"] = [-10000]
            return None

    server = Losing(quotes=quoted().quotes)
    terminal = terminal_of(server)
    assert terminal.order_send(deal()) is None
    assert terminal.last_error() == (-10000, "IPC call failed")
    assert (server.executed, server.line.errors["order_send"]) == (1, [])


def test_an_error_planned_for_sending_keeps_the_request_from_the_server(
    terminal: SimulatedTerminal, server: PlainServer, heard: Heard
) -> None:
    server.line.errors["order_send"] = [-10001]
    assert terminal.order_send(deal()) is None
    assert terminal.last_error() == (-10001, "IPC send failed")
    assert (server.executed, heard.requests) == (0, [])


def test_the_same_request_is_executed_twice(terminal: SimulatedTerminal, server: PlainServer) -> None:
    terminal.order_send(deal())
    terminal.order_send(deal())
    assert server.executed == 2


def test_a_good_check_is_zero_and_shows_the_account_afterwards(
    terminal: SimulatedTerminal, server: PlainServer, heard: Heard
) -> None:
    checked = terminal.order_check(deal(volume=1.0))
    assert (checked.retcode, checked.comment) == (0, "Done")
    assert (checked.balance, checked.equity, checked.profit) == (10_000.0, 10_002.5, 2.5)
    assert checked.margin == 500.0 + 5_500.6
    assert checked.margin_free == round(10_002.5 - checked.margin, 2)
    assert checked.request.volume == 1.0
    assert (server.executed, heard.requests) == (0, [])


def test_a_resting_order_and_a_close_bind_no_margin_yet(terminal: SimulatedTerminal) -> None:
    assert terminal.order_check(deal(action=5, type=2, price=1.09, type_filling=RETURN)).margin == 500.0
    terminal.order_send(deal())
    assert terminal.order_check(deal(type=1, position=1000)).margin == 500.0


@pytest.mark.parametrize(
    ("symbol", "volume", "price", "margin"),
    [("EURUSD", 0.1, 1.1, 550.0), ("USDJPY", 1, 150, 5_000.0), ("XAUUSD", 0.01, 2000.1, 100.01)],
)
def test_margin_is_a_share_of_what_is_held_rounded_up(
    terminal: SimulatedTerminal, symbol: str, volume: float, price: float, margin: float
) -> None:
    assert terminal.order_calc_margin(0, symbol, volume, price) == margin


@pytest.mark.parametrize(
    ("action", "symbol", "volume", "opened", "closed", "profit"),
    [
        (0, "EURUSD", 0.1, 1.1, 1.2, 1_000.0),
        (1, "EURUSD", 0.1, 1.1, 1.2, -1_000.0),
        (0, "USDJPY", 1.0, 150.0, 151.0, 662.25),
        (1, "XAUUSD", 1, 2000, 1999, 100.0),
    ],
)
def test_profit_is_counted_in_the_currency_of_the_account(
    terminal: SimulatedTerminal,
    action: int,
    symbol: str,
    volume: float,
    opened: float,
    closed: float,
    profit: float,
) -> None:
    assert terminal.order_calc_profit(action, symbol, volume, opened, closed) == profit


def test_profit_is_converted_at_another_symbol(terminal: SimulatedTerminal, server: PlainServer) -> None:
    server.specs = (*server.specs, spec_of("EURJPY", digits=3, tick_size=Decimal("0.001")), spec_of("AUDEUR"))
    server.quotes["AUDEUR"] = ServerTick(NOON, 60_000, 60_010)
    assert terminal.order_calc_profit(0, "EURJPY", 1.0, 160.0, 161.5) == 1_000.0
    assert terminal.order_calc_profit(0, "AUDEUR", 1.0, 0.6, 0.61) == 1_100.0


def test_what_nothing_converts_cannot_be_calculated(terminal: SimulatedTerminal, server: PlainServer) -> None:
    server.quotes.clear()
    assert terminal.order_calc_profit(0, "USDJPY", 1.0, 150.0, 0.0) is None
    assert terminal.last_error()[0] == -1
    assert terminal.order_calc_profit(2, "EURUSD", 1.0, 1.0, 1.0) is None
    assert terminal.last_error()[0] == -2
    assert terminal.order_calc_margin(0, "NOTHING", 1.0, 1.0) is None
    assert terminal.last_error()[0] == -4
    assert terminal.order_calc_margin(0, "X" * 30, 1.0, 1.0) is None
    assert terminal.last_error() == (-2, "Invalid arguments")
    server.specs = (*server.specs, spec_of("ABCXYZ"))
    assert terminal.order_calc_margin(0, "ABCXYZ", 1.0, 1.0) is None
    assert terminal.last_error()[0] == -1


def test_currencies_can_count_as_one_another() -> None:
    terminal = terminal_of(quoted(), same_as={"JPY": "USD"})
    assert terminal.order_calc_profit(0, "USDJPY", 0.01, 150.0, 151.0) == 1_000.0


def test_buy_sell_and_close(terminal: SimulatedTerminal, server: PlainServer, heard: Heard) -> None:
    assert terminal.Close("EURUSD") is False
    assert terminal.Buy("EURUSD", 0.1, comment="mine").retcode == 10009
    assert terminal.Sell("EURUSD", 0.2, 1.1).retcode == 10009
    assert [(one.type, one.price, one.deviation, one.magic) for one in heard.requests] == [
        (0, 110_012, 10, 0),
        (1, 110_000, 10, 0),
    ]
    assert terminal.Close("EURUSD", ticket=1000) is True
    assert terminal.Close("EURUSD") is True
    assert terminal.positions_get() == ()


def test_close_is_partial_where_a_position_stays(terminal: SimulatedTerminal, server: PlainServer) -> None:
    terminal.Buy("EURUSD", 0.1)
    terminal.Buy("EURUSD", 0.1)
    server.parts = [10, 4]
    assert terminal.Close("EURUSD") == "Partially"


def test_close_is_false_where_nothing_was_closed(terminal: SimulatedTerminal, server: PlainServer) -> None:
    terminal.Buy("EURUSD", 0.1)
    terminal.controls.trade_allowed = False
    assert terminal.Close("EURUSD") is False
    assert terminal.positions_total() == 1


def test_the_helpers_give_up_where_the_module_does(terminal: SimulatedTerminal, server: PlainServer) -> None:
    assert terminal.Buy("NOTHING", 0.1) is None
    terminal.Buy("EURUSD", 0.1)
    server.lost = ["dropped"]
    assert terminal.Close("EURUSD") is None
    server.line.errors["positions_get"] = [-1]
    with pytest.raises(TypeError):
        terminal.Close("EURUSD")


def test_a_moved_price_is_asked_for_again_at_most_ten_times(heard: Heard) -> None:
    class Moving(PlainServer):
        def execute(self, request: ServerRequest) -> ServerResult | None:
            return ServerResult(10004)

    terminal = SimulatedTerminal(
        Moving(quotes=quoted().quotes), options=TerminalOptions(selected=None), listener=heard
    )
    terminal.initialize()
    assert terminal.Buy("EURUSD", 0.1).retcode == 10004
    assert len(heard.requests) == 10
