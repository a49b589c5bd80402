"""Connecting, logging in, and everything that happens to a terminal behind the caller's back."""

import pytest

from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import TerminalOptions
from ictcli.errors import UsageError
from ictcli.terminals.child import child_terminal
from ictcli.terminals.terminal import TerminalSilent
from tests.brokers.simulated.plain_server import deal, quoted, terminal_of


def test_initialize_logs_in_where_an_account_is_given() -> None:
    terminal = SimulatedTerminal(quoted(), others=[quoted(login=5_002)])
    assert terminal.initialize(
        r"C:\a\terminal64.exe", login=5_002, server="Plain-Demo", password="x", timeout=50
    )
    assert terminal.account_info().login == 5_002
    assert terminal.login(5_001, "x", "Plain-Demo") is True
    assert terminal.account_info().login == 5_001
    assert terminal.last_error() == (1, "Success")


@pytest.mark.parametrize(
    "wrong", [{"login": 9}, {"login": 5_001, "server": "Other"}, {"login": 5_001, "password": "wrong"}]
)
def test_a_failed_initialize_closes_the_connection_and_a_failed_login_does_not(
    wrong: dict[str, object],
) -> None:
    terminal = SimulatedTerminal(quoted(), options=TerminalOptions(password="right"))
    assert terminal.initialize() is True
    assert terminal.login(**wrong) is False
    assert terminal.last_error() == (-6, "Terminal: Authorization failed")
    assert terminal.account_info().login == 5_001
    assert terminal.initialize(**wrong) is False
    assert terminal.last_error() == (-6, "Terminal: Authorization failed")
    assert terminal.account_info() is None
    assert terminal.initialize(login=5_001, password="right", unknown=1) is True


def test_version_is_a_triple_that_is_empty_when_it_fails() -> None:
    terminal = SimulatedTerminal(quoted())
    assert terminal.version() == (0, 0, "")
    terminal.initialize()
    assert terminal.version() == (500, 6199, "16 Sep 2026")


def test_a_terminal_too_old_lists_no_symbols() -> None:
    terminal = terminal_of(quoted(), build=2363)
    assert terminal.symbols_get() is None
    assert terminal.last_error()[0] == -5
    assert terminal.symbol_info("EURUSD") is None
    assert terminal.symbols_total() == 3


def test_the_account_is_shown_in_floats_of_its_currency() -> None:
    info = terminal_of(quoted()).account_info()
    assert (info.balance, info.equity, info.profit, info.margin) == (10_000.0, 10_002.5, 2.5, 500.0)
    assert (info.margin_free, info.margin_level) == (9_502.5, 2_000.5)
    assert (info.currency, info.currency_digits, info.trade_mode, info.margin_mode) == ("USD", 2, 0, 2)
    assert terminal_of(quoted(hedging=False)).account_info().margin_mode == 0


def test_flags_of_account_and_terminal_show_what_is_allowed() -> None:
    server = quoted()
    terminal = terminal_of(server, fifo=True)
    info, account = terminal.terminal_info(), terminal.account_info()
    assert (info.connected, info.trade_allowed, info.tradeapi_disabled) == (True, True, False)
    assert (account.trade_allowed, account.trade_expert, account.fifo_close) == (True, True, True)
    terminal.controls.trade_allowed = terminal.controls.account_trade_allowed = False
    terminal.controls.account_expert_allowed = False
    terminal.controls.api_disabled = True
    server.line.connected = False
    info, account = terminal.terminal_info(), terminal.account_info()
    assert (info.connected, info.trade_allowed, info.tradeapi_disabled) == (False, False, True)
    assert (account.trade_allowed, account.trade_expert) == (False, False)


@pytest.mark.parametrize(
    ("control", "code"),
    [("trade_allowed", 10027), ("account_trade_allowed", 10017), ("account_expert_allowed", 10026)],
)
def test_requests_are_refused_while_trading_is_not_allowed(control: str, code: int) -> None:
    server = quoted()
    terminal = terminal_of(server)
    setattr(terminal.controls, control, False)
    assert terminal.order_send(deal()).retcode == code
    assert terminal.order_check(deal()).retcode == code
    assert server.executed == 0


def test_trading_through_python_can_be_switched_off() -> None:
    server = quoted()
    terminal = terminal_of(server)
    terminal.controls.api_disabled = True
    assert terminal.order_send(deal()) is None
    assert terminal.last_error() == (-8, "Auto-Trading using Python API disabled in Terminal")
    assert server.executed == 0


def test_requests_without_a_line_to_the_server_are_answered_10031() -> None:
    server = quoted()
    terminal = terminal_of(server)
    server.line.connected = False
    result = terminal.order_send(deal())
    assert (result.retcode, result.order, server.executed) == (10031, 0, 0)


def test_after_a_restart_every_call_fails_until_initialize() -> None:
    terminal = terminal_of(quoted())
    terminal.restart()
    assert terminal.positions_get() is None
    assert terminal.order_send(deal()) is None
    assert terminal.last_error() == (-10004, "No IPC connection")
    assert terminal.initialize() is True
    assert terminal.positions_get() == ()


def test_a_terminal_that_does_not_start_says_why() -> None:
    terminal = terminal_of(quoted())
    terminal.controls.starts = False
    assert terminal.initialize() is False
    code, text = terminal.last_error()
    assert (code, text) == (-10003, "IPC initialize failed, Pipe server didn't answer in 60 sec")


def test_the_account_can_be_switched_under_us() -> None:
    other = quoted(login=5_002)
    terminal = SimulatedTerminal(quoted(), options=TerminalOptions(selected=None), others=[other])
    terminal.initialize()
    terminal.switch(5_002)
    assert terminal.account_info().login == 5_002
    assert terminal.order_send(deal()).retcode == 10009
    assert other.executed == 1
    with pytest.raises(UsageError, match="no account 9"):
        terminal.switch(9)


def hanging_terminal(seconds: float) -> SimulatedTerminal:
    """What a child process serves: its second call hangs."""
    terminal = terminal_of(quoted())
    plain = terminal.account_info

    def once() -> object:
        info = plain()
        terminal.controls.hang = seconds
        return info

    vars(terminal)["account_info"] = once
    return terminal


def test_a_hang_ends_with_the_child_process_that_serves_it() -> None:
    terminal = child_terminal(0.7, f"{__name__}:hanging_terminal", {"seconds": 60.0})
    assert terminal.initialize() is True
    assert terminal.account_info().login == 5_001
    with pytest.raises(TerminalSilent):
        terminal.positions_get()
    assert terminal.positions_get() is None
    assert terminal.last_error()[0] == -10004
    assert terminal.initialize() is True
    terminal.shutdown()
