"""An account's records for tests of sizing, risk, margin and nights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from ictcli.engine.groups import exposure_groups
from ictcli.engine.margin import equity
from ictcli.engine.records import (
    ACCOUNT,
    DAYS,
    MOST_ORDERS,
    MOST_POSITIONS,
    ORDER,
    POSITION,
    RULES,
    SERIES_STATE,
)
from ictcli.engine.risk import permit
from ictcli.engine.sizing import RISK, size
from ictcli.engine.terms import Converter, series_terms
from ictcli.market.symbols import SymbolSpec, load_symbols
from ictcli.strategies.decisions import DECISION, blank

BOOK = load_symbols(None)
SAME_AS = {"USDT": "USD", "USDC": "USD"}
QUIET = np.zeros((0, 3), np.int64)


def spec(symbol: str = "EURUSD", **changes: Any) -> SymbolSpec:
    """A built-in specification without commission, with changes."""
    plain = {"commission": Decimal(0), **changes}
    return msgspec.structs.replace(BOOK.require(symbol), **plain)


@dataclass
class Ledger:
    """An account of 10,000.00 that risks 0.5 % a trade, with no limit and no open position.

    Attributes:
        symbols: the series, all quoted in the built-in digits.
        currency: of the account.
        changes: of every specification; commissions are 0 unless given.
    """

    symbols: Sequence[str] = ("EURUSD",)
    currency: str = "USD"
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        specs = [spec(name, **self.changes) for name in self.symbols]
        known = [Converter(one, s, one.digits) for s, one in enumerate(specs)]
        n = len(specs)
        self.rules, self.account = np.zeros(1, RULES), np.zeros(1, ACCOUNT)
        self.series = np.concatenate(
            [series_terms(one, one.digits, self.currency, SAME_AS, known) for one in specs]
        )
        groups = exposure_groups(specs, SAME_AS)
        self.series["group"], self.series["group_side"] = groups.number, groups.side
        self.states = np.zeros(n, SERIES_STATE)
        self.positions = np.zeros((n, MOST_POSITIONS), POSITION)
        self.orders = np.zeros((n, MOST_ORDERS), ORDER)
        for name in ("balance", "peak", "equity", "day_opening"):
            self.account[name] = 1_000_000
        self.rules["opening"], self.rules["compound"] = 1_000_000, 1
        self.rules["sizing"], self.rules["risk"] = RISK, 5_000

    def quote(self, s: int, close: int, spread: int = 0) -> None:
        """Give a series a last close."""
        self.states["bar"][s] += 1
        self.states["close"][s], self.states["spread"][s] = close, spread

    def open(self, s: int, side: int, steps: int, entry: int, stop: int = 0) -> Any:
        """Open a position; its record."""
        slot = int(self.states["positions"][s])
        self.states["positions"][s] += 1
        self.states["position_end"][s] = slot + 1
        self.account["open_positions"] += 1
        one = self.positions[s, slot]
        one["live"], one["side"], one["steps"], one["opened_steps"] = 1, side, steps, steps
        one["entry_value"], one["stop"], one["first_stop"] = entry * steps, stop, stop
        return one

    def rest(self, s: int, steps: int, planned: int, asked: Any) -> Any:
        """Place an order; its record."""
        slot = int(self.states["orders"][s])
        self.states["orders"][s] += 1
        self.states["order_end"][s] = slot + 1
        one = self.orders[s, slot]
        one["live"], one["steps"], one["planned"], one["asked"] = 1, steps, planned, asked
        return one

    def remember(self, s: int, returns: Sequence[float]) -> None:
        """Fill a series' ring with its last daily returns, after as many rolls."""
        self.account["roll"], self.states["days"][s] = len(returns), len(returns)
        for number, result in enumerate(returns):
            self.states["returns"][s, number % DAYS] = result

    def equity(self) -> int:
        """Balance and open results."""
        return int(equity(self.account[0], self.series, self.states, self.positions))

    def size(self, asked: Any, entry: int, s: int = 0) -> int:
        """Steps, or minus the refusal."""
        return int(
            size(
                self.rules[0],
                self.account[0],
                self.series,
                self.states,
                self.positions,
                s,
                asked,
                entry,
                self.equity(),
            )
        )

    def permit(
        self, asked: Any, entry: int, steps: int, s: int = 0, blackouts: Any = QUIET, now: int = 0
    ) -> int:
        """The refusal."""
        return int(
            permit(
                self.rules[0],
                self.account[0],
                self.series,
                self.states,
                self.positions,
                self.orders,
                blackouts,
                s,
                asked,
                entry,
                steps,
                self.equity(),
                now,
            )
        )


def ask(side: int, stop: int = 0, target: int = 0, **fields: Any) -> Any:
    """A market entry's ``DECISION`` record."""
    asked = np.zeros(1, DECISION)
    blank(asked, 0, 0, 1, 1, side)
    asked["stop"], asked["target"] = stop, target
    for name, value in fields.items():
        asked[name] = value
    return asked[0]
