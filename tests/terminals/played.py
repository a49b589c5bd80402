"""A terminal made of recorded rows, for the far end of a line; some symbols misbehave on request."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from ictcli.terminals.constants import ERROR_TEXTS, ErrorCode, TimeframeCode
from ictcli.terminals.structs import (
    RATES_DTYPE,
    TICKS_DTYPE,
    AccountInfo,
    OrderSendResult,
    TerminalInfo,
    Tick,
    TradeRequest,
)
from ictcli.terminals.symbol_record import SymbolInfo

ROOT = Path(__file__).parents[2]
FACTORY = "tests.terminals.played:terminal"

Rows = np.ndarray[Any, np.dtype[Any]]


def terminal(**options: Any) -> "PlayedTerminal":
    return PlayedTerminal(**options)


def blank(kind: Any, **items: Any) -> Any:
    """A record with nothing in it but what is given."""
    fields = kind.__annotations__
    empty = {
        name: "" if of is str else False if of is bool else 0.0 if of is float else 0
        for name, of in fields.items()
    }
    assert not items.keys() - fields.keys()
    return kind([(empty | items)[name] for name in fields])


class PlayedTerminal:
    """The functions of the module over rows in a folder: ``SYMBOL.TIMEFRAME.npy``, ``SYMBOL.TICK.npy``.

    Args:
        folder: where the rows are, in the server's wall clock; the newest bar is the forming one.
        tick_msc: server time of the last quote of every symbol, milliseconds.
        maxbars: what the terminal keeps of a series.
        warm_up: reads of rows that fail before the first one succeeds.
        log: file that gets a line per order.
        nothing: error of a span without rows, which is then None; None for an empty array.
        hang_once: file whose absence makes the next read of rows hang; it is made then.
    """

    def __init__(
        self,
        folder: str = "",
        tick_msc: int = 0,
        maxbars: int = 100_000,
        warm_up: int = 0,
        log: str = "",
        hang_once: str = "",
        nothing: ErrorCode | None = None,
    ) -> None:
        self.nothing = nothing
        self.hang_once = hang_once
        self.folder = Path(folder)
        self.tick_msc = tick_msc
        self.maxbars = maxbars
        self.warm_up = warm_up
        self.log = log
        self.error = ErrorCode.E_INTERNAL_FAIL_CONNECT
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def initialize(self, *args: Any, **kwargs: Any) -> bool:
        self.error = ErrorCode.S_OK
        return kwargs.get("password") != "wrong"

    def shutdown(self) -> bool:
        return True

    def last_error(self) -> tuple[int, str]:
        return int(self.error), ERROR_TEXTS[self.error]

    def version(self) -> tuple[int, int, str]:
        return 500, 6231, "16 Sep 2026"

    def terminal_info(self) -> Any:
        return blank(TerminalInfo, connected=True, maxbars=self.maxbars, build=6231)

    def account_info(self) -> Any:
        return blank(AccountInfo, login=12_345, server="Played-Demo", currency="USD", balance=1e4)

    def symbol_select(self, symbol: str, enable: bool = True) -> bool:
        self.error = ErrorCode.S_OK if self._known(symbol) else ErrorCode.E_NOT_FOUND
        return self._known(symbol)

    def symbol_info(self, symbol: str) -> Any:
        if symbol == "HANG":
            time.sleep(3600)
        if symbol == "CRASH":
            os._exit(3)
        for kind in (SystemError, TypeError, ValueError, KeyError):
            if symbol == kind.__name__:
                raise kind("from the module")
        if not self._known(symbol):
            self.error = ErrorCode.E_NOT_FOUND
            return None
        self.error = ErrorCode.S_OK
        return blank(SymbolInfo, name=symbol, digits=5, select=True)

    def symbol_info_tick(self, symbol: str) -> Any:
        return blank(Tick, time=self.tick_msc // 1000, time_msc=self.tick_msc, bid=1.1, ask=1.2)

    def symbols_get(self) -> Any:
        return ()

    def copy_rates_range(self, symbol: str, timeframe: int, start: int, end: int) -> Any:
        rows = self._rows(symbol, TimeframeCode(timeframe).name, RATES_DTYPE)
        if rows is None:
            return None
        return self._span(rows[-self.maxbars :], start, end)

    def copy_rates_from_pos(self, symbol: str, timeframe: int, start: int, count: int) -> Any:
        rows = self._rows(symbol, TimeframeCode(timeframe).name, RATES_DTYPE)
        if rows is None:
            return None
        kept = rows[-self.maxbars :]
        stop = len(kept) - start
        return kept[max(stop - count, 0) : max(stop, 0)]

    def copy_ticks_range(self, symbol: str, start: int, end: int, flags: int) -> Any:
        rows = self._rows(symbol, "TICK", TICKS_DTYPE)
        return None if rows is None else self._span(rows, start, end)

    def positions_get(self, **kwargs: Any) -> Any:
        return ()

    def orders_get(self, **kwargs: Any) -> Any:
        return [1, 2.5, "x", None, True, {"a": (1, 2)}]

    def order_send(self, request: dict[str, Any]) -> Any:
        with Path(self.log).open("a", encoding="utf-8") as stream:
            stream.write(f"{request['magic']}\n")
        if request.get("comment") == "hang":
            time.sleep(3600)
        made = blank(TradeRequest, **request)
        return blank(OrderSendResult, retcode=10_009, volume=request["volume"], request=made)

    def _span(self, rows: Rows, start: int, end: int) -> Rows | None:
        found = rows[(rows["time"] >= start) & (rows["time"] <= end)]
        if len(found) or self.nothing is None:
            return found
        self.error = self.nothing
        return None

    def _known(self, symbol: str) -> bool:
        return any(path.stem.rpartition(".")[0] == symbol for path in self.folder.glob("*.npy"))

    def _rows(self, symbol: str, name: str, dtype: Any) -> Rows | None:
        if self.hang_once and not Path(self.hang_once).exists():
            Path(self.hang_once).touch()
            time.sleep(3600)
        if self.warm_up > 0:
            self.warm_up -= 1
            self.error = ErrorCode.E_FAIL
            return None
        path = self.folder / f"{symbol}.{name}.npy"
        if not path.is_file():
            self.error = ErrorCode.E_NOT_FOUND
            return None
        self.error = ErrorCode.S_OK
        rows: Rows = np.load(path)
        assert rows.dtype == dtype
        return rows
