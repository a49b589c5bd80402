"""Checklist 1 and 3: every name of the module, its calling rules, and how ``last_error`` behaves."""

import math
import pickle
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.terminals.constants import ERROR_TEXTS, ErrorCode
from ictcli.terminals.structs import RECORDS
from ictcli.terminals.surface import FUNCTIONS, MODULE
from tests.brokers.simulated.plain_server import SHOWN, PlainServer, deal, minutes, quoted, terminal_of

WITHOUT_ARGUMENTS = (
    "shutdown", "version", "last_error", "terminal_info", "account_info", "symbols_total", "orders_total",
    "positions_total",
)  # fmt: skip
GOOD: dict[str, tuple[Any, ...]] = {
    "symbol_info": ("EURUSD",),
    "symbol_info_tick": ("EURUSD",),
    "symbol_select": ("EURUSD", True),
    "market_book_add": ("EURUSD",),
    "market_book_release": ("EURUSD",),
    "market_book_get": ("EURUSD",),
    "copy_rates_from": ("EURUSD", 1, SHOWN, 1),
    "copy_rates_from_pos": ("EURUSD", 1, 0, 1),
    "copy_rates_range": ("EURUSD", 1, SHOWN - 60, SHOWN),
    "copy_ticks_from": ("EURUSD", SHOWN, 1, -1),
    "copy_ticks_range": ("EURUSD", SHOWN - 60, SHOWN, -1),
    "history_orders_total": (SHOWN - 60, SHOWN),
    "history_deals_total": (SHOWN - 60, SHOWN),
    "order_calc_margin": (0, "EURUSD", 0.1, 1.1),
    "order_calc_profit": (0, "EURUSD", 0.1, 1.1, 1.2),
}
"""Functions of positional arguments only, with good ones."""
KEYED: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "initialize": ((), {}),
    "login": ((5_001,), {}),
    "symbols_get": ((), {"group": "*"}),
    "orders_get": ((), {"symbol": "EURUSD"}),
    "positions_get": ((), {"ticket": 1}),
    "history_orders_get": ((SHOWN - 60, SHOWN), {"group": "*"}),
    "history_deals_get": ((), {"position": 1}),
    "order_check": ((deal(),), {}),
    "order_send": ((), deal()),
}
FALSE = ("initialize", "login", "symbol_select")
FAILS_SILENTLY = ("market_book_add", "market_book_release")


@pytest.fixture
def server() -> PlainServer:
    made = quoted()
    made.bars_of["EURUSD", "M1"] = minutes(5)
    return made


@pytest.fixture
def terminal(server: PlainServer) -> SimulatedTerminal:
    return terminal_of(server)


def test_every_function_belongs_to_one_of_the_calling_rules() -> None:
    assert {*WITHOUT_ARGUMENTS, *GOOD, *KEYED} == set(FUNCTIONS)
    assert len(FUNCTIONS) == 32


def test_the_terminal_has_every_name_of_the_module(terminal: SimulatedTerminal) -> None:
    for name in (*FUNCTIONS, "Buy", "Sell", "Close"):
        assert callable(getattr(terminal, name))
    assert {name: getattr(terminal, name) for name in MODULE} == dict(MODULE)
    assert {name: getattr(terminal, name) for name in RECORDS} == dict(RECORDS)
    assert {*MODULE, *RECORDS, *FUNCTIONS} <= set(dir(terminal))
    with pytest.raises(AttributeError, match="SYMBOL_FILLING_FOK"):
        _ = terminal.SYMBOL_FILLING_FOK


@pytest.mark.parametrize("name", WITHOUT_ARGUMENTS)
def test_a_function_without_arguments_takes_none(terminal: SimulatedTerminal, name: str) -> None:
    with pytest.raises(TypeError):
        getattr(terminal, name)(1)
    with pytest.raises(TypeError):
        getattr(terminal, name)(symbol="EURUSD")


@pytest.mark.parametrize("name", GOOD)
def test_positional_functions_take_no_keywords(terminal: SimulatedTerminal, name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}\(\) takes no keyword arguments"):
        getattr(terminal, name)(*GOOD[name][:-1], symbol=GOOD[name][-1])
    assert terminal.last_error() == (1, "Success")


@pytest.mark.parametrize("name", [name for name in GOOD if name != "market_book_get"])
def test_good_arguments_succeed_and_leave_success(terminal: SimulatedTerminal, name: str) -> None:
    terminal.market_book_add("EURUSD")
    assert getattr(terminal, name)(*GOOD[name]) is not None
    assert terminal.last_error() == (1, "Success")


@pytest.mark.parametrize("name", KEYED)
def test_good_keyed_arguments_succeed_and_leave_success(terminal: SimulatedTerminal, name: str) -> None:
    args, named = KEYED[name]
    assert getattr(terminal, name)(*args, **named) not in (None, False)
    assert terminal.last_error() == (1, "Success")


@pytest.mark.parametrize(
    "name", [name for name in FUNCTIONS if name not in ("shutdown", "last_error", "initialize")]
)
def test_without_initialize_every_function_fails_by_the_same_error(server: PlainServer, name: str) -> None:
    terminal = SimulatedTerminal(server)
    args, named = (GOOD[name], {}) if name in GOOD else KEYED.get(name, ((), {}))
    answer = getattr(terminal, name)(*args, **named)
    if name == "version":
        assert answer == (0, 0, "")
    else:
        assert answer is (False if name in (*FALSE, *FAILS_SILENTLY) else None)
    silent = name in FAILS_SILENTLY
    assert terminal.last_error() == ((1, "Success") if silent else (-10004, "No IPC connection"))


@pytest.mark.parametrize("code", [code for code in ErrorCode if code != ErrorCode.S_OK])
def test_a_planned_error_of_the_line_carries_its_exact_text(
    terminal: SimulatedTerminal, server: PlainServer, code: ErrorCode
) -> None:
    server.line.errors["positions_get"] = [int(code)]
    assert terminal.positions_get() is None
    assert terminal.last_error() == (int(code), ERROR_TEXTS[code])
    assert terminal.positions_get() == ()


def test_planned_errors_are_taken_in_order_and_by_function(
    terminal: SimulatedTerminal, server: PlainServer
) -> None:
    server.line.errors = {"account_info": [-1, -10002], "version": [-10005]}
    assert terminal.terminal_info() is not None
    codes = []
    for _ in range(3):
        terminal.account_info()
        codes.append(terminal.last_error()[0])
    assert codes == [-1, -10002, 1]
    assert terminal.version() == (0, 0, "")
    assert terminal.last_error() == (-10005, "IPC timeout")


def test_last_error_stays_until_the_next_call_and_does_not_reset_itself(terminal: SimulatedTerminal) -> None:
    assert terminal.symbol_info("NOTHING") is None
    assert terminal.last_error() == (-4, "Terminal: Not found")
    assert terminal.last_error() == (-4, "Terminal: Not found")
    assert terminal.symbols_total() == 3
    assert terminal.last_error() == (1, "Success")


def test_shutdown_resets_the_last_error_and_ends_the_connection(terminal: SimulatedTerminal) -> None:
    terminal.symbol_info("NOTHING")
    assert terminal.shutdown() is True
    assert terminal.last_error() == (1, "Success")
    assert terminal.account_info() is None
    assert terminal.last_error() == (-10004, "No IPC connection")


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("copy_rates_from_pos", ("EURUSD", 1, 0.0, 1)),
        ("copy_rates_from_pos", ("EURUSD", 1.0, 0, 1)),
        ("copy_rates_from_pos", ("EURUSD", 1, 0, 2**31)),
        ("copy_rates_from_pos", ("EURUSD", 1, 0)),
        ("copy_rates_from", ("EURUSD", 1, SHOWN, 1.0)),
        ("copy_rates_from", ("EURUSD", 1, 2**40, 1)),
        ("copy_rates_range", ("EURUSD", "M1", SHOWN, SHOWN)),
        ("copy_ticks_from", ("EURUSD", SHOWN, 1.5, -1)),
        ("copy_ticks_range", ("EURUSD", SHOWN, SHOWN, 1.0)),
        ("order_calc_margin", (0, "EURUSD", "0.1", 1.1)),
        ("order_calc_profit", (0, "EURUSD", 0.1, 1.1, b"1.2")),
        ("order_calc_profit", (0.0, "EURUSD", 0.1, 1.1, 1.2)),
    ],
)
def test_a_conversion_that_the_module_does_not_clear_raises_system_error(
    terminal: SimulatedTerminal, name: str, args: tuple[Any, ...]
) -> None:
    with pytest.raises(
        SystemError, match=f"<built-in function {name}> returned a result with an exception set"
    ):
        getattr(terminal, name)(*args)
    assert terminal.last_error() == (-2, "Terminal: Invalid params")


@pytest.mark.parametrize(
    "value", [date(2026, 1, 14), np.datetime64("2026-01-14"), np.int64(SHOWN), "2026", None]
)
def test_other_dates_than_numbers_and_datetimes_are_invalid(
    terminal: SimulatedTerminal, value: object
) -> None:
    assert terminal.copy_rates_range("EURUSD", 1, value, SHOWN) is None
    assert terminal.last_error() == (-2, "Invalid arguments")
    assert terminal.history_deals_get(value, SHOWN) is None
    assert terminal.last_error() == (-2, "Invalid 1st unnamed argument")
    assert terminal.history_orders_total(SHOWN, value) is None
    assert terminal.last_error() == (-2, "Invalid 2nd unnamed argument")


def test_a_datetime_without_a_timestamp_raises_system_error(terminal: SimulatedTerminal) -> None:
    with pytest.raises(SystemError):
        terminal.history_deals_get(datetime(1, 1, 1, tzinfo=UTC), SHOWN)
    with pytest.raises(SystemError):
        terminal.history_deals_get(datetime(1, 1, 1), SHOWN)  # noqa: DTZ001 - naive is the point
    with pytest.raises(SystemError):
        terminal.history_deals_get(math.inf, SHOWN)


def test_the_epoch_itself_is_refused_because_the_module_leaves_it_undefined(
    terminal: SimulatedTerminal,
) -> None:
    for nothing in (0, 0.0, 0.9, datetime(1970, 1, 1, tzinfo=UTC)):
        assert terminal.history_deals_get(nothing, SHOWN) is None
        assert terminal.last_error()[0] == -2


def test_whole_numbers_of_numpy_fit_where_c_takes_an_index(terminal: SimulatedTerminal) -> None:
    assert len(terminal.copy_rates_from_pos("EURUSD", np.int64(1), np.int32(0), np.int64(2))) == 2


@pytest.mark.parametrize(
    ("name", "args", "named", "text"),
    [
        ("symbol_info", (), {}, "Invalid number of arguments"),
        ("symbol_info", (5,), {}, "Invalid 1st unnamed argument"),
        ("symbol_info", ("X" * 30,), {}, "Invalid 1st unnamed argument"),
        ("copy_rates_from_pos", ("X" * 30, 1, 0, 1), {}, "Invalid arguments"),
        ("symbol_select", ("EURUSD", True, 1), {}, "Invalid number of arguments"),
        ("market_book_add", ("X" * 30,), {}, "Invalid 1st unnamed argument"),
        ("symbols_get", (), {"group": 5}, 'Invalid "group" argument'),
        ("symbols_get", (), {"group": "X" * 1998}, 'Invalid "group" argument'),
        ("symbols_get", ("*", "*"), {}, "Invalid number of arguments"),
        ("orders_get", ("EURUSD",), {}, "Unnamed arguments not allowed"),
        ("positions_get", (5,), {}, "Unnamed arguments not allowed"),
        ("positions_get", (), {"ticket": np.int64(5)}, 'Invalid "ticket" argument'),
        ("positions_get", (), {"symbol": "X" * 30}, 'Invalid "symbol" argument'),
        ("history_orders_get", (), {}, "Invalid arguments"),
        ("history_orders_get", (), {"date_from": 5, "date_to": 6}, "Invalid arguments"),
        ("history_deals_get", (SHOWN,), {}, "Invalid arguments"),
        ("history_deals_get", (SHOWN, SHOWN, 5), {}, "Invalid number of arguments"),
        ("history_deals_get", (), {"position": 5.0}, 'Invalid "position" argument'),
        ("login", (), {}, 'Invalid "login" argument'),
        ("login", ("5001",), {}, "Invalid 1st unnamed argument"),
        ("login", (5_001, "x" * 254), {}, "Invalid 2nd unnamed argument"),
        ("initialize", (5,), {}, "Invalid 1st unnamed argument"),
        ("initialize", ("x" * 258,), {}, "Invalid 1st unnamed argument"),
        ("initialize", ("a", "b"), {}, "Invalid number of arguments"),
        ("initialize", (), {"login": "5001"}, 'Invalid "login" argument'),
        ("initialize", (), {"server": 5}, 'Invalid "server" argument'),
        ("initialize", (), {"timeout": "1"}, 'Invalid "timeout" argument'),
    ],
)
def test_bad_arguments_are_refused_by_a_text_without_asking_the_terminal(
    terminal: SimulatedTerminal, name: str, args: tuple[Any, ...], named: dict[str, Any], text: str
) -> None:
    failure = getattr(terminal, name)(*args, **named)
    assert failure is (False if name in ("initialize", "login", "symbol_select", "symbols_get") else None)
    assert terminal.last_error() == (-2, text)


def test_lengths_are_counted_in_utf16_units(terminal: SimulatedTerminal) -> None:
    assert terminal.positions_get(symbol="X" * 29) == ()
    assert terminal.positions_get(symbol="😀" * 14 + "X") == ()
    assert terminal.positions_get(symbol="😀" * 15) is None


def test_records_do_not_pickle(terminal: SimulatedTerminal) -> None:
    for made in (terminal.account_info(), terminal.symbol_info("EURUSD"), terminal.order_send(deal())):
        with pytest.raises((pickle.PicklingError, AttributeError)):
            pickle.dumps(made)
        assert isinstance(made, tuple)
        assert not hasattr(made, "_fields")


def test_what_a_dictionary_of_a_result_holds_stays_a_record(terminal: SimulatedTerminal) -> None:
    result = terminal.order_send(deal())
    assert result._asdict()["request"] is result.request
    assert type(result.request) is terminal.TradeRequest


def test_the_terminal_must_not_know_one_account_twice() -> None:
    with pytest.raises(Exception, match="two accounts"):
        SimulatedTerminal(quoted(), others=[quoted()])
