"""A terminal that answers from lists: real records, any return code, any failure, at the test's word."""

from random import Random
from typing import Any

import numpy as np

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.breaker import BreakerRule
from ictcli.brokers.mt5.calls import Retry, Surroundings
from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND
from ictcli.config.trading import BrokerConfig
from ictcli.terminals import structs
from ictcli.terminals.structs import RATES_DTYPE
from ictcli.terminals.symbol_record import SymbolInfo
from ictcli.terminals.terminal import TerminalSilent
from ictcli.terminals.times import ServerClock

WINTER = 1_768_471_200 * NS_PER_SECOND
"""2026-01-15 10:00 UTC, when the New York clock is five hours behind and a ny+7 server two ahead."""
AHEAD = 2 * NS_PER_HOUR


def record(kind: Any, **values: Any) -> Any:
    """A record of the module with zeros and empty texts for all that is not given."""
    names = kind.__annotations__
    unknown = set(values) - set(names)
    assert not unknown, unknown
    zeros = {str: "", float: 0.0, bool: False}
    return kind([values.get(name, zeros.get(of, 0)) for name, of in names.items()])


def account(**values: Any) -> Any:
    given = {
        "login": 7,
        "server": "Demo",
        "currency": "USD",
        "margin_mode": 2,
        "trade_allowed": True,
        "trade_expert": True,
        "balance": 1000.0,
        "equity": 1000.0,
        "currency_digits": 2,
    }
    return record(structs.AccountInfo, **given | values)


def symbol(**values: Any) -> Any:
    given = {
        "name": "EURUSD",
        "select": True,
        "digits": 5,
        "trade_mode": 4,
        "trade_exemode": 2,
        "filling_mode": 3,
        "order_mode": 127,
        "expiration_mode": 15,
        "bid": 1.1,
        "ask": 1.1001,
        "point": 0.00001,
        "trade_tick_size": 0.00001,
        "trade_contract_size": 100_000.0,
        "volume_min": 0.01,
        "volume_max": 50.0,
        "volume_step": 0.01,
        "currency_profit": "USD",
    }
    return record(SymbolInfo, **given | values)


def sent(retcode: int, **values: Any) -> Any:
    request = record(structs.TradeRequest)
    return record(structs.OrderSendResult, retcode=retcode, request=request, **values)


def checked(retcode: int, **values: Any) -> Any:
    request = record(structs.TradeRequest)
    return record(structs.OrderCheckResult, retcode=retcode, request=request, **values)


class ScriptedTerminal:
    """Answers from its attributes; ``failures`` by function name come first.

    A failure is a ``last_error`` code, or an exception to raise.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "initialize": True,
            "login": True,
            "shutdown": True,
            "terminal_info": record(structs.TerminalInfo, connected=True, trade_allowed=True),
            "account_info": account(),
            "symbol_info": symbol(),
            "symbol_info_tick": record(structs.Tick, time=1, time_msc=1000, bid=1.1, ask=1.1001),
            "symbol_select": True,
            "orders_get": (),
            "history_orders_get": (),
            "history_deals_get": (),
            "positions_get": (),
            "copy_rates_range": np.zeros(0, RATES_DTYPE),
            "copy_rates_from_pos": np.zeros(0, RATES_DTYPE),
            "order_check": checked(0),
            "order_send": sent(10009, deal=5, order=6, volume=0.1, price=1.1001),
        }
        self.failures: dict[str, list[int | BaseException]] = {}
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self._error = (1, "Success")

    def last_error(self) -> tuple[int, str]:
        return self._error

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.answers:
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.asked.append((name, args, kwargs))
            self._error = (1, "Success")
            waiting = self.failures.get(name)
            if waiting:
                failure = waiting.pop(0)
                if isinstance(failure, BaseException):
                    raise failure
                self._error = (failure, "as told")
                return False if name in ("initialize", "login") else None
            answer = self.answers[name]
            return answer(*args, **kwargs) if callable(answer) else answer

        return call

    def named(self, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Arguments of every call of a function."""
        return [(args, kwargs) for asked, args, kwargs in self.asked if asked == name]


class World:
    """A clock that moves only when somebody sleeps or says so."""

    def __init__(self) -> None:
        self.now = WINTER
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += round(seconds * NS_PER_SECOND)

    def surroundings(self) -> Surroundings:
        return Surroundings(lambda: self.now, self.sleep, lambda: self.now / NS_PER_SECOND, Random(5))


def broker_over(
    terminal: Any,
    world: World,
    *,
    retry: Retry | None = None,
    rule: BreakerRule | None = None,
    settings: BrokerConfig | None = None,
    password: str = "",
) -> Mt5Broker:
    """A broker of account 7 at ``Demo``, whose server keeps New York time plus seven hours."""
    return Mt5Broker(
        terminal,
        settings or BrokerConfig(login=7, server="Demo"),
        world.surroundings(),
        ServerClock("ny+7"),
        password=lambda: password,
        retry=retry,
        rule=rule,
    )


def silence() -> TerminalSilent:
    return TerminalSilent("no answer within 20 s")
