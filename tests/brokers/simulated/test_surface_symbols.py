"""Symbols, groups, MarketWatch and the depth of market."""

import pytest

from ictcli.brokers.simulated.records import ServerTick
from ictcli.brokers.simulated.surface_groups import fits_mask, group_filter
from ictcli.brokers.simulated.surface_session import Permissions
from ictcli.terminals.symbol_constants import SymbolFilling
from tests.brokers.simulated.plain_server import (
    EURUSD,
    GOLD,
    NOON,
    SHOWN,
    PlainServer,
    deal,
    quoted,
    spec_of,
    terminal_of,
)

NAMES = ("EURUSD", "EURJPY", "GBPUSD", "XAUUSD", "EURUSD.r", "US500")


@pytest.mark.parametrize(
    ("group", "chosen"),
    [
        ("*", set(NAMES)),
        ("*,!*USD*", {"EURJPY", "US500"}),
        ("!*USD*,*", set(NAMES)),
        ("!*USD*", set()),
        ("EUR*, US500", {"EURUSD", "EURJPY", "EURUSD.r", "US500"}),
        ("*USD", {"EURUSD", "GBPUSD", "XAUUSD"}),
        ("E*U*D", {"EURUSD"}),
        ("EURUSD", {"EURUSD"}),
        ("*,!EUR*,EURJPY", {"EURJPY", "GBPUSD", "XAUUSD", "US500"}),
        ("", set()),
    ],
)
def test_masks_of_a_group_are_read_from_left_to_right(group: str, chosen: set[str]) -> None:
    assert {name for name in NAMES if group_filter(group)(name)} == chosen


def test_pieces_of_a_mask_do_not_overlap() -> None:
    assert not fits_mask("ABA", "AB*BA")
    assert fits_mask("ABBA", "AB*BA")
    assert fits_mask("", "*")


def test_symbols_of_a_group() -> None:
    terminal = terminal_of(quoted())
    assert terminal.symbols_total() == 3
    assert [info.name for info in terminal.symbols_get()] == ["EURUSD", "USDJPY", "XAUUSD"]
    assert [info.name for info in terminal.symbols_get("*,!*JPY")] == ["EURUSD", "XAUUSD"]
    assert [info.name for info in terminal.symbols_get(group="XAU*")] == ["XAUUSD"]
    assert terminal.symbols_get(group="GBP*") == ()


def test_a_bad_group_is_answered_false() -> None:
    terminal = terminal_of(quoted())
    assert terminal.symbols_get(5) is False
    assert terminal.last_error()[0] == -2


def test_a_symbol_is_its_specification_in_floats() -> None:
    info = terminal_of(quoted()).symbol_info("EURUSD")
    assert (info.digits, info.point, info.trade_tick_size, info.trade_contract_size) == (5, 1e-05, 1e-05, 1e5)
    assert (info.volume_min, info.volume_max, info.volume_step) == (0.01, 100.0, 0.01)
    assert (info.bid, info.ask, info.spread, info.time) == (1.1, 1.10012, 12, SHOWN)
    assert (info.trade_stops_level, info.swap_long, info.swap_rollover3days) == (10, -7.2, 3)
    assert (info.currency_base, info.currency_profit, info.path) == ("EUR", "USD", "fx\\EURUSD")
    assert (info.trade_mode, info.trade_exemode, info.filling_mode) == (4, 2, 3)


def test_a_tick_is_worth_account_currency() -> None:
    terminal = terminal_of(quoted())
    assert terminal.symbol_info("EURUSD").trade_tick_value == 1.0
    assert terminal.symbol_info("USDJPY").trade_tick_value == 0.67
    assert terminal.symbol_info("XAUUSD").trade_tick_value == 5.0
    assert terminal.symbol_info("XAUUSD").trade_tick_size == 0.05


def test_permissions_are_shown() -> None:
    forbidden = Permissions(execution=3, filling=SymbolFilling.BOC, trading=1)
    info = terminal_of(quoted(), permissions={"EURUSD": forbidden}).symbol_info("EURUSD")
    assert (info.trade_exemode, info.filling_mode, info.trade_mode) == (3, 4, 1)


def test_prices_with_more_digits_than_the_specification_are_shown_with_them() -> None:
    class Finer(PlainServer):
        def digits(self, symbol: str) -> int:
            return 6

    server = Finer(quotes={"EURUSD": ServerTick(NOON, 1_100_001, 1_100_012)}, specs=(EURUSD,))
    info = terminal_of(server).symbol_info("EURUSD")
    assert (info.bid, info.point, info.trade_tick_size) == (1.100001, 1e-06, 1e-05)
    assert (info.trade_stops_level, info.swap_long) == (100, -72.0)


def test_symbols_outside_marketwatch_have_no_ticks() -> None:
    terminal = terminal_of(quoted(), selected=())
    info = terminal.symbol_info("EURUSD")
    assert (info.select, info.visible, info.bid) == (False, False, 0.0)
    assert terminal.symbol_info_tick("EURUSD") is None
    assert terminal.last_error() == (-4, "Terminal: Not found")
    assert terminal.symbol_select("EURUSD") is True
    assert terminal.symbol_info_tick("EURUSD").ask == 1.10012
    assert terminal.symbol_info("EURUSD").visible is True


def test_unknown_symbols_are_not_found() -> None:
    terminal = terminal_of(quoted())
    for call in (terminal.symbol_info, terminal.symbol_info_tick, terminal.market_book_get):
        assert call("EURUSD.r") is None
        assert terminal.last_error() == (-4, "Terminal: Not found")
    assert terminal.symbol_select("EURUSD.r", True) is False
    assert terminal.last_error() == (-4, "Terminal: Not found")


def test_a_symbol_in_use_stays_in_marketwatch() -> None:
    terminal = terminal_of(quoted())
    terminal.order_send(deal())
    assert terminal.symbol_select("EURUSD", False) is False
    assert terminal.symbol_select("USDJPY", 0) is True
    assert terminal.symbol_info("USDJPY").select is False


def test_a_position_selects_its_symbol_without_making_it_visible() -> None:
    server = quoted()
    terminal_of(server).order_send(deal())
    info = terminal_of(server, selected=()).symbol_info("EURUSD")
    assert (info.select, info.visible) == (True, False)


def test_before_the_first_quote_a_tick_is_all_zero() -> None:
    terminal = terminal_of(PlainServer())
    assert terminal.symbol_info_tick("EURUSD") == (0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0)
    assert terminal.symbol_info("EURUSD").bid == 0.0
    terminal.market_book_add("EURUSD")
    assert terminal.market_book_get("EURUSD") == ()


def test_the_depth_of_market_is_the_best_bid_and_ask_once_subscribed() -> None:
    terminal = terminal_of(quoted())
    assert terminal.market_book_get("EURUSD") is None
    assert terminal.last_error()[0] == -1
    assert terminal.market_book_add("EURUSD") is True
    assert terminal.market_book_get("EURUSD") == ((1, 1.10012, 3, 3.0), (2, 1.1, 3, 3.0))
    assert terminal.market_book_release("EURUSD") is True
    assert terminal.market_book_get("EURUSD") is None


def test_the_depth_of_market_fails_without_an_error() -> None:
    server = quoted()
    terminal = terminal_of(server)
    terminal.symbol_info("NOTHING")
    assert terminal.market_book_add("NOTHING") is False
    assert terminal.last_error() == (1, "Success")
    server.line.errors["market_book_add"] = [-1]
    assert terminal.market_book_add("EURUSD") is False
    assert terminal.last_error() == (1, "Success")
    assert terminal.market_book_release("EURUSD") is False
    assert terminal.last_error() == (1, "Success")


def test_a_symbol_that_nothing_converts_has_no_tick_value() -> None:
    exotic = spec_of("ABCXYZ")
    server = PlainServer(specs=(exotic,), quotes={"ABCXYZ": ServerTick(NOON, 100_000, 100_010)})
    assert terminal_of(server).symbol_info("ABCXYZ").trade_tick_value == 0.0


def test_names_of_symbols_are_exact() -> None:
    terminal = terminal_of(quoted(specs=(EURUSD, GOLD)))
    assert terminal.symbol_info("eurusd") is None
