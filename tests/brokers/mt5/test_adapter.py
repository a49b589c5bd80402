"""The adapter over a terminal that answers as it is told: identity, sending, evidence, health, bars."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from ictcli.brokers.broker import Broker
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.breaker import Breaker, BreakerRule
from ictcli.brokers.mt5.calls import Retry
from ictcli.brokers.mt5.outcomes import MAYBE_SENT, NOT_SENT, RETURN_CODES
from ictcli.brokers.requests import Amend, Cancel, Close, Place, Protect, Request
from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.config.trading import BrokerConfig
from ictcli.errors import DataError, PolicyRefused, SourceUnavailable
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.terminals import structs
from ictcli.terminals.structs import RATES_DTYPE
from tests.brokers.mt5.scripted_terminal import (
    AHEAD,
    WINTER,
    ScriptedTerminal,
    World,
    account,
    broker_over,
    checked,
    record,
    sent,
    silence,
    symbol,
)

BUY = Place("EURUSD", 1, "market", Decimal("0.1"), 77)
CLOSE = Close("EURUSD", 55, -1, Decimal("0.1"), 78)
REQUESTS: list[Request] = [
    BUY,
    Place("EURUSD", 1, "limit", Decimal("0.1"), 77, price=Decimal("1.05")),
    CLOSE,
    Cancel("EURUSD", 6),
    Protect("EURUSD", 55, Decimal("1.09"), None),
    Amend("EURUSD", 6, Decimal("1.06")),
]
M15 = TIMEFRAMES["M15"]


def scene(**settings: Any) -> tuple[ScriptedTerminal, World, Mt5Broker]:
    terminal, world = ScriptedTerminal(), World()
    config = BrokerConfig(**settings) if settings else None
    return terminal, world, broker_over(terminal, world, settings=config)


def test_it_is_a_broker_that_does_not_deduplicate() -> None:
    broker: Broker = scene()[2]
    assert not broker.deduplicates


def test_connecting_logs_in_to_the_configured_account_by_keyword() -> None:
    terminal, world = ScriptedTerminal(), World()
    config = BrokerConfig(login=7, server="Demo", path="C:/mt5/terminal64.exe")
    broker = broker_over(terminal, world, settings=config, password="secret")
    assert broker.connect().login == 7
    assert terminal.named("initialize") == [((), {"path": "C:/mt5/terminal64.exe", "timeout": 20_000})]
    assert terminal.named("login") == [
        ((), {"login": 7, "password": "secret", "server": "Demo", "timeout": 20_000})
    ]


def test_without_a_password_the_terminal_has_to_be_logged_in_already() -> None:
    terminal, _, broker = scene()
    broker.connect()
    assert terminal.named("login") == []


@pytest.mark.parametrize("other", [{"login": 8}, {"server": "Real"}])
def test_another_account_is_refused_at_once(other: dict[str, Any]) -> None:
    terminal, _, broker = scene()
    terminal.answers["account_info"] = account(**other)
    with pytest.raises(PolicyRefused, match="not to 7 at 'Demo'"):
        broker.connect()


def test_where_no_login_is_configured_the_first_account_is_the_one() -> None:
    terminal, _, broker = scene(login=0)
    assert broker.connect().login == 7
    terminal.answers["account_info"] = account(login=8)
    with pytest.raises(PolicyRefused):
        broker.account()


@pytest.mark.parametrize(("what", "words"), [("initialize", "connect"), ("login", "log in")])
def test_a_terminal_that_refuses_says_why(what: str, words: str) -> None:
    terminal, world = ScriptedTerminal(), World()
    terminal.failures[what] = [-6]
    with pytest.raises(SourceUnavailable, match=f"cannot {words}.*-6 as told"):
        broker_over(terminal, world, password="secret").connect()


@pytest.mark.parametrize("request_", REQUESTS)
def test_an_account_that_was_switched_gets_nothing(request_: Request) -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.answers["account_info"] = account(login=8)
    outcome = broker.send(request_)
    assert (outcome.kind, outcome.sent) == ("rejected", "no")
    assert terminal.named("order_send") == []


def test_an_answer_that_may_be_another_accounts_is_unknown() -> None:
    terminal, _, broker = scene()
    broker.connect()

    def switched(_: dict[str, Any]) -> Any:
        terminal.answers["account_info"] = account(login=8)
        return sent(10009, deal=5)

    terminal.answers["order_send"] = switched
    outcome = broker.send(BUY)
    assert (outcome.kind, outcome.sent, outcome.code) == ("unknown", "unknown", 10009)


@pytest.mark.parametrize("failure", [-10004, silence()])
def test_an_answer_stands_when_the_second_look_at_the_account_fails(failure: int | BaseException) -> None:
    terminal, _, broker = scene()
    broker.connect()

    def then_dead(_: dict[str, Any]) -> Any:
        terminal.failures["account_info"] = [failure]
        return sent(10009, deal=5)

    terminal.answers["order_send"] = then_dead
    assert broker.send(BUY).kind == "done"


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_is_sent_once_whatever_comes_of_it(request_: Request) -> None:
    failures: list[int | BaseException] = [*NOT_SENT, *MAYBE_SENT, -4, 1, silence(), SystemError("float")]
    for failure in failures:
        terminal, _, broker = scene()
        broker.connect()
        terminal.failures["order_send"] = [failure]
        outcome = broker.send(request_)
        assert len(terminal.named("order_send")) == 1
        sure = isinstance(failure, int) and failure in NOT_SENT
        assert (outcome.sent == "no") == sure
        assert (outcome.kind == "unknown") == (not sure)


def test_every_return_code_reaches_the_caller_as_its_kind() -> None:
    for code in (*RETURN_CODES, 0, 4, 10005, 10037, 20000):
        terminal, _, broker = scene()
        broker.connect()
        terminal.answers["order_send"] = sent(code)
        expected = RETURN_CODES[code].kind if code in RETURN_CODES else "unknown"
        if code == 10025:
            expected = "unknown"
        assert broker.send(BUY).kind == expected, code


def test_a_line_that_is_dead_before_sending_holds_the_request_back() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.failures["account_info"] = [silence() for _ in range(9)]
    outcome = broker.send(BUY)
    assert (outcome.kind, outcome.sent) == ("retryable", "no")
    assert terminal.named("order_send") == []


def test_while_the_breaker_is_open_entries_wait_and_exits_still_go() -> None:
    terminal, world = ScriptedTerminal(), World()
    broker = broker_over(terminal, world, retry=Retry(1, 0.1, 0.1), rule=BreakerRule(1, 60 * NS_PER_SECOND))
    broker.connect()
    terminal.failures["orders_get"] = [silence()]
    assert not broker.evidence(0).complete
    assert broker.breaker.until > world.now
    assert broker.send(BUY).sent == "no"
    assert broker.send(CLOSE).kind == "done"
    assert broker.breaker == Breaker()


def test_a_refused_filling_mode_gives_way_to_the_next_at_the_next_request() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.answers["order_send"] = sent(10030)
    assert broker.send(BUY).kind == "retryable"
    terminal.answers["order_send"] = sent(10009, deal=5)
    assert broker.send(BUY).kind == "done"
    fillings = [args[0]["type_filling"] for args, _ in terminal.named("order_send")]
    assert fillings == [0, 1]


def test_when_no_filling_mode_is_left_nothing_is_sent() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.answers["order_check"] = checked(10030)
    outcome = broker.send(BUY)
    assert (outcome.kind, outcome.code, outcome.sent) == ("rejected", 10030, "no")


def test_without_a_quote_a_market_order_waits() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.answers["symbol_info"] = symbol(ask=0.0)
    outcome = broker.send(BUY)
    assert (outcome.kind, outcome.code, outcome.sent) == ("retryable", 10021, "no")


def test_a_terminal_that_nobody_is_logged_in_at_is_unreachable_not_another_account() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.answers["account_info"] = account(login=0, server="")
    assert broker.send(BUY).kind == "retryable"
    with pytest.raises(SourceUnavailable, match="not logged in"):
        broker.account()


def test_a_bar_that_ends_while_bars_are_read_is_not_taken_from_before_its_end() -> None:
    terminal, _, broker = scene()
    last = WINTER - M15.ns
    begun: list[int] = []

    def newest(*_: Any) -> Any:
        return bars_at(WINTER if begun else last)

    def bars(*_: Any) -> Any:
        begun.append(1)
        return bars_at(last)

    terminal.answers["copy_rates_from_pos"] = newest
    terminal.answers["copy_rates_range"] = bars
    assert len(broker.bars("EURUSD", M15, last, WINTER)) == 0


def test_what_the_symbol_does_not_take_is_not_sent_and_says_so() -> None:
    terminal, _, broker = scene()
    broker.connect()
    outcome = broker.send(Place("EURUSD", 1, "market", Decimal("0.015"), 77))
    assert (outcome.kind, outcome.code, outcome.sent) == ("rejected", 10014, "no")
    assert "0.015" in outcome.message
    assert terminal.named("order_send") == []


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (Protect("EURUSD", 55, Decimal("1.09"), None), {"positions_get": {"type": 0, "sl": 1.0999}}),
        (Amend("EURUSD", 6, Decimal("1.06")), {"orders_get": {"type": 2, "price_open": 1.1000}}),
    ],
)
def test_inside_the_freeze_level_a_change_waits(request_: Request, what: dict[str, Any]) -> None:
    terminal, _, broker = scene()
    broker.connect()
    for name, values in what.items():
        kind = structs.TradePosition if name == "positions_get" else structs.TradeOrder
        terminal.answers[name] = (record(kind, **values),)
    terminal.answers["symbol_info"] = symbol(trade_freeze_level=10)
    outcome = broker.send(request_)
    assert (outcome.kind, outcome.code, outcome.sent) == ("retryable", 10029, "no")
    terminal.answers["symbol_info"] = symbol(trade_freeze_level=5)
    assert broker.send(request_).kind == "done"


def test_a_preview_asks_and_sends_nothing() -> None:
    terminal, _, broker = scene()
    broker.connect()
    assert broker.preview(BUY).kind == "done"
    terminal.answers["order_check"] = checked(10019, comment="No money")
    outcome = broker.preview(BUY)
    assert (outcome.kind, outcome.code, outcome.sent) == ("rejected", 10019, "no")
    assert terminal.named("order_send") == []


def test_a_hold_is_asked_last_and_keeps_the_request_back() -> None:
    terminal, _, broker = scene()
    broker.connect()
    seen: list[int] = []

    def hold() -> str:
        seen.append(len(terminal.asked))
        return "the emergency stop is on"

    outcome = broker.send(BUY, hold)
    assert (outcome.kind, outcome.sent, outcome.message) == ("rejected", "no", "the emergency stop is on")
    assert seen == [len(terminal.asked)]
    assert terminal.named("order_send") == []


def test_a_preview_that_is_not_answered_may_be_asked_again() -> None:
    terminal, _, broker = scene()
    broker.connect()
    assert broker.preview(Place("EURUSD", 1, "market", Decimal("0.015"), 77)).code == 10014
    terminal.failures["order_check"] = [-1] * 8
    outcome = broker.preview(BUY)
    assert (outcome.kind, outcome.sent) == ("retryable", "no")


def test_a_check_of_the_filling_mode_that_is_not_answered_keeps_nothing_from_being_sent() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.failures["order_check"] = [-1] * 4
    assert broker.send(BUY).kind == "done"


def test_the_exact_request_is_the_very_dictionary_that_is_sent() -> None:
    for request in REQUESTS:
        terminal, _, broker = scene()
        broker.connect()
        exact = broker.exact(request)
        assert terminal.named("order_send") == []
        assert json.loads(json.dumps(exact)) == exact
        broker.send(request)
        assert terminal.named("order_send") == [((exact,), {})]


def test_the_password_is_kept_nowhere() -> None:
    terminal, world = ScriptedTerminal(), World()
    broker = broker_over(terminal, world, password="hunter2")
    broker.connect()
    kept = [vars(one) for one in (broker, broker._calls, broker._session)]
    assert "hunter2" not in repr(kept)
    assert "hunter2" not in repr(broker.timings)


def test_a_symbol_is_called_as_the_broker_calls_it() -> None:
    terminal, _, broker = scene(login=7, symbols={"EURUSD": "EURUSD.r"})
    terminal.answers["symbol_info"] = lambda name: symbol(name=name)
    broker.connect()
    assert broker.instrument("EURUSD").symbol == "EURUSD.r"
    assert broker.quote("EURUSD").symbol == "EURUSD.r"
    assert broker.exact(BUY)["symbol"] == "EURUSD.r"


def test_a_symbol_that_the_broker_does_not_have_is_a_data_error_with_a_way_out() -> None:
    terminal, _, broker = scene()
    terminal.failures["symbol_info"] = [-4] * 4
    with pytest.raises(DataError, match="no symbol 'EURUSD'") as caught:
        broker.instrument("EURUSD")
    assert "symbols.EURUSD" in caught.value.hint


def test_a_symbol_outside_the_market_watch_is_put_into_it() -> None:
    terminal, _, broker = scene()
    terminal.answers["symbol_info"] = lambda _: symbol(select=bool(terminal.named("symbol_select")))
    broker.instrument("EURUSD")
    assert terminal.named("symbol_select") == [(("EURUSD", True), {})]


def test_before_the_first_quote_there_is_none() -> None:
    terminal, _, broker = scene()
    terminal.answers["symbol_info_tick"] = record(structs.Tick)
    with pytest.raises(SourceUnavailable, match="no quote yet"):
        broker.quote("EURUSD")


def test_a_quote_is_stamped_on_our_clock() -> None:
    terminal, _, broker = scene()
    stamp = (WINTER + AHEAD) // 1_000_000 + 5
    terminal.answers["symbol_info_tick"] = record(structs.Tick, time_msc=stamp, bid=1.1, ask=1.1002)
    quote = broker.quote("EURUSD")
    assert (quote.ts, quote.bid, quote.ask) == (WINTER + 5_000_000, Decimal("1.1"), Decimal("1.1002"))


def test_a_terminal_that_takes_a_while_to_start_again_is_waited_for() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.failures["account_info"] = [-10004]
    terminal.failures["initialize"] = [-10003, -10003]
    assert broker.account().login == 7
    assert len(terminal.named("initialize")) == 4


SOURCES = ("orders_get", "history_orders_get", "history_deals_get", "positions_get")


@pytest.mark.parametrize("source", SOURCES)
def test_a_pass_with_a_source_that_did_not_answer_is_not_complete(source: str) -> None:
    terminal, _, broker = scene()
    broker.connect()
    assert broker.evidence(WINTER - NS_PER_HOUR).complete
    terminal.failures[source] = [-1] * 4
    assert not broker.evidence(WINTER - NS_PER_HOUR).complete


def test_a_source_that_answers_at_the_second_attempt_is_enough() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.failures["positions_get"] = [-10002]
    assert broker.evidence(WINTER).complete


@pytest.mark.parametrize("at", range(6))
def test_a_pass_during_which_the_line_was_down_is_not_complete(at: int) -> None:
    terminal, _, broker = scene()
    broker.connect()
    seen = iter([at != n for n in range(6)])
    terminal.answers["terminal_info"] = lambda: record(structs.TerminalInfo, connected=next(seen))
    assert not broker.evidence(WINTER).complete


def test_records_of_another_account_are_never_evidence() -> None:
    terminal, _, broker = scene()
    broker.connect()
    infos = iter([account(), account(login=8)])
    terminal.answers["account_info"] = lambda: next(infos)
    with pytest.raises(PolicyRefused):
        broker.evidence(WINTER)


def test_a_terminal_that_says_nothing_at_all_raises() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.failures["account_info"] = [silence() for _ in range(9)]
    with pytest.raises(SourceUnavailable):
        broker.evidence(WINTER)


def test_history_is_asked_for_in_the_servers_time_with_room_at_both_ends() -> None:
    terminal, world, broker = scene()
    broker.connect()
    broker.evidence(world.now - NS_PER_HOUR)
    since, until = terminal.named("history_deals_get")[0][0]
    assert since == (WINTER - NS_PER_HOUR - 5 * NS_PER_MINUTE + AHEAD) // NS_PER_SECOND
    assert until >= (WINTER + AHEAD) // NS_PER_SECOND + 86_400
    assert all(type(end) is int for end in (since, until))
    assert terminal.named("history_orders_get")[0][0] == (since, until)


def test_a_record_that_cannot_be_read_makes_the_pass_incomplete_and_hides_no_other() -> None:
    terminal, _, broker = scene()
    broker.connect()
    good = record(structs.TradeDeal, ticket=5, price=1.1, volume=0.1)
    bad = record(structs.TradeDeal, ticket=6, price=float("nan"))
    terminal.answers["history_deals_get"] = (bad, good)
    seen = broker.evidence(WINTER)
    assert [deal.ticket for deal in seen.deals] == [5]
    assert not seen.complete


def test_deals_that_moved_cash_are_told_apart_from_trades() -> None:
    terminal, _, broker = scene()
    broker.connect()
    trade = record(structs.TradeDeal, ticket=5, symbol="EURUSD", price=1.1, volume=0.1, magic=77)
    deposit = record(structs.TradeDeal, ticket=4, type=2, profit=500.0)
    terminal.answers["history_deals_get"] = (deposit, trade)
    seen = broker.evidence(WINTER)
    assert ([deal.magic for deal in seen.deals], [one.amount for one in seen.cash]) == ([77], [Decimal(500)])


def tick_at(instant: int) -> Any:
    return record(
        structs.Tick, time=instant // NS_PER_SECOND, time_msc=instant // 1_000_000, bid=1.1, ask=1.2
    )


def test_a_clock_rule_is_confirmed_by_a_fresh_quote_and_stays_so_through_a_quiet_hour() -> None:
    terminal, world, broker = scene()
    broker.connect()
    broker.instrument("EURUSD")
    stale = broker.health()
    assert (stale.clock_confirmed, stale.clock_offset) == (False, None)
    assert "minutes old by ny+7" in stale.detail
    terminal.answers["symbol_info_tick"] = tick_at(world.now + AHEAD)
    first = broker.health()
    assert (first.clock_confirmed, first.clock_offset) == (True, 0)
    assert (first.connected, first.trade_allowed, first.detail) == (True, True, "")
    world.now += NS_PER_HOUR
    assert broker.health().clock_confirmed
    broker.connect()
    assert not broker.health().clock_confirmed


def test_a_clock_rule_that_is_an_hour_off_is_contradicted_in_words() -> None:
    terminal, world, broker = scene()
    broker.connect()
    broker.instrument("EURUSD")
    terminal.answers["symbol_info_tick"] = tick_at(world.now + AHEAD)
    assert broker.health().clock_confirmed
    terminal.answers["symbol_info_tick"] = tick_at(world.now + AHEAD + NS_PER_HOUR)
    health = broker.health()
    assert (health.clock_confirmed, health.clock_offset) == (False, NS_PER_HOUR)
    assert "1 hours ahead of our clock by ny+7" in health.detail


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"connected": False}, "not connected"),
        ({"trade_allowed": False}, "Algo Trading is switched off"),
        ({"tradeapi_disabled": True}, "Python API"),
    ],
)
def test_health_says_what_is_wrong_with_the_terminal(values: dict[str, Any], words: str) -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.answers["terminal_info"] = record(
        structs.TerminalInfo, **{"connected": True, "trade_allowed": True} | values
    )
    health = broker.health()
    assert not health.trade_allowed
    assert words in health.detail


def test_health_of_a_dead_or_switched_terminal_is_bad_and_does_not_raise() -> None:
    terminal, _, broker = scene()
    broker.connect()
    terminal.answers["account_info"] = account(login=8)
    assert "account 8" in broker.health().detail
    terminal.failures["terminal_info"] = [silence() for _ in range(9)]
    health = broker.health()
    assert (health.connected, health.trade_allowed) == (False, False)


def bars_at(*opens: int) -> Any:
    rates = np.zeros(len(opens), RATES_DTYPE)
    rates["time"] = [(at + AHEAD) // NS_PER_SECOND for at in opens]
    for name, price in (("open", 1.1), ("high", 1.1002), ("low", 1.0999), ("close", 1.10011)):
        rates[name] = price
    rates["tick_volume"], rates["spread"] = 9, 7
    return rates


def test_bars_are_closed_ones_of_the_span_on_our_clock_in_points() -> None:
    terminal, _, broker = scene()
    opens = [WINTER + n * M15.ns for n in range(-4, 1)]
    terminal.answers["copy_rates_range"] = bars_at(*opens)
    terminal.answers["copy_rates_from_pos"] = bars_at(opens[-1])
    bars = broker.bars("EURUSD", M15, opens[1], WINTER + M15.ns)
    assert bars.ts.tolist() == opens[1:4]
    assert bars.ts_close.tolist() == opens[2:5]
    assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (110_000, 110_020, 109_990, 110_011)
    assert (bars.spread[0], bars.tick_volume[0], bars.real_volume[0], bars.digits) == (7, 9, -1, 5)


def test_the_last_bar_of_a_closing_market_counts_once_its_end_has_passed() -> None:
    terminal, world, broker = scene()
    last = WINTER - M15.ns
    terminal.answers["copy_rates_range"] = bars_at(last)
    terminal.answers["copy_rates_from_pos"] = bars_at(last)
    assert len(broker.bars("EURUSD", M15, last, WINTER)) == 0
    world.now += 5 * NS_PER_SECOND
    assert broker.bars("EURUSD", M15, last, WINTER).ts.tolist() == [last]


def test_no_bars_are_an_answer_and_none_is_not() -> None:
    terminal, _, broker = scene()
    assert len(broker.bars("EURUSD", M15, WINTER - NS_PER_HOUR, WINTER)) == 0
    terminal.failures["copy_rates_range"] = [-1] * 4
    with pytest.raises(SourceUnavailable):
        broker.bars("EURUSD", M15, WINTER - NS_PER_HOUR, WINTER)


def test_bars_out_of_order_are_refused() -> None:
    terminal, _, broker = scene()
    terminal.answers["copy_rates_range"] = bars_at(WINTER - M15.ns, WINTER - 2 * M15.ns)
    with pytest.raises(DataError, match="not in order"):
        broker.bars("EURUSD", M15, WINTER - NS_PER_HOUR, WINTER)


def test_closing_lets_go_even_of_a_dead_terminal() -> None:
    terminal, _, broker = scene()
    broker.connect()
    broker.close()
    terminal.failures["shutdown"] = [silence()]
    broker.close()
    assert len(terminal.named("shutdown")) == 2


def test_what_a_request_costs_on_our_side_is_kept_apart_from_the_terminals_time() -> None:
    terminal, world = ScriptedTerminal(), World()

    def slow(_: dict[str, Any]) -> Any:
        world.now += NS_PER_SECOND
        return sent(10009, deal=5)

    terminal.answers["order_send"] = slow
    broker = broker_over(terminal, world)
    broker.connect()
    broker.send(BUY)
    assert broker.timings["order_send"].last == 1.0
    assert broker.timings["added"].last == 0.0
