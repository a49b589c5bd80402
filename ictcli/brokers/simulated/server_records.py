"""How a trade server is set up, and what it knows of a position beyond the engine's record."""

from dataclasses import dataclass
from typing import Literal

from ictcli.brokers.simulated.market import KEPT_BARS
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import Timeframe
from ictcli.terminals.symbol_constants import SymbolTradeMode


@dataclass(frozen=True, slots=True)
class ServedSymbol:
    """A symbol that the server quotes, in the order of the series of its account.

    Attributes:
        spec: the contract.
        digits: decimals of the prices of its series.
        timeframe: of the bars that it is fed with.
        trade_mode: what may be done in it.
    """

    spec: SymbolSpec
    digits: int
    timeframe: Timeframe
    trade_mode: int = int(SymbolTradeMode.FULL)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How a trade server behaves.

    Attributes:
        login: number of the account.
        server: name of the server.
        currency: of the account.
        execution: ``next_quote`` answers a market order with 10008 and fills it at the next open of its
            symbol, as a backtest does; ``immediate`` fills it at the quote of the moment.
        latency: ns between an immediate execution's request and its deal.
        fifo: the oldest position of a side must be closed first.
        one_sided: on a hedging account no position may be opened against another one of its symbol.
        deduplicates: a second order of the same magic number and comment gets the answer of the first.
        demo: kind of account.
        kept_bars: bars of a symbol that are kept at least.
    """

    login: int = 1
    server: str = "ictcli-Simulated"
    currency: str = "USD"
    execution: Literal["next_quote", "immediate"] = "next_quote"
    latency: int = 0
    fifo: bool = False
    one_sided: bool = False
    deduplicates: bool = False
    demo: bool = True
    kept_bars: int = KEPT_BARS


@dataclass(slots=True)
class Held:
    """An open position as MetaTrader knows it.

    Attributes:
        series, number: the engine's record.
        ticket: order that opened or turned it.
        identifier: order that opened it; stays when a netting position is turned.
        steps: what is open.
        stop, target: as they stand; 0 for none.
        closing: order that closes it at the next open, 0 for none.
    """

    series: int
    number: int
    ticket: int
    identifier: int
    magic: int
    side: int
    steps: int
    opened: int
    updated: int
    stop: int = 0
    target: int = 0
    reason: int = 3
    comment: str = ""
    closing: int = 0
