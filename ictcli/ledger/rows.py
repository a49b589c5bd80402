"""What the projections hold: one frozen record per row. Decimals are exact, instants ns UTC, flags 0 or 1."""

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar, Protocol, TypeVar

from msgspec import Struct


class Row(Struct, frozen=True, kw_only=True):
    """A row that is found by its account and one key within it.

    Attributes:
        account: ``server/login`` of the trader that wrote the event; tickets mean nothing outside of it.
        seq: event that made the row.
    """

    table: ClassVar[str]
    key: ClassVar[str]

    account: str
    seq: int


class OrderRow(Row, frozen=True):
    """An intent and what became of it (``ledger.bodies.Intent``).

    Attributes:
        kind: market, limit, stop or stop_limit; empty where no order is made.
        status: of ``trading.status``, and ``done`` for what makes no order.
        ticket: the broker's number of the order.
        attempts: how often it was sent.
        filled: volume of its deals.
        cancelling: its withdrawal was asked for.
        code, message: the broker's last word.
        updated: when the row last changed.
    """

    table: ClassVar[str] = "orders"
    key: ClassVar[str] = "id"

    id: str
    ts: int
    updated: int
    action: str
    strategy: str
    symbol: str
    bar: int
    leg: int
    magic: int
    side: int
    kind: str
    volume: Decimal | None
    price: Decimal | None
    limit_price: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    expires: int | None
    target_id: str
    position: int | None
    reduces: int
    expected: Decimal | None
    status: str = "intent"
    ticket: int | None = None
    attempts: int = 0
    filled: Decimal = Decimal(0)
    cancelling: int = 0
    code: int = 0
    message: str = ""


class FillRow(Row, frozen=True):
    """A deal (``ledger.bodies.Filled``); ``voided`` once the broker has taken it back."""

    table: ClassVar[str] = "fills"
    key: ClassVar[str] = "deal"

    deal: int
    ticket: int
    position: int
    id: str
    magic: int
    symbol: str
    side: int
    entry: str
    volume: Decimal
    price: Decimal
    profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    reason: str
    ts: int
    late: int
    over: int
    recovered: int
    of_position: int
    voided: int = 0


class PositionRow(Row, frozen=True):
    """A position by the broker's identifier, as its deals make it.

    Attributes:
        volume: signed: below 0 is short, 0 closed.
        price: average of what opened it, to 18 significant digits; of the last opening when it is closed.
        realised, commission, swap, fee: sums of its deals, account currency, signed.
        stop, target: as the broker last held them.
        opened, closed: of its first deal, and of the one that closed it.
    """

    table: ClassVar[str] = "positions"
    key: ClassVar[str] = "position"

    position: int
    magic: int
    symbol: str
    volume: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    swap: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    stop: Decimal | None = None
    target: Decimal | None = None
    opened: int | None = None
    closed: int | None = None


class CashRow(Row, frozen=True):
    """A movement of money: ``deal`` and ``void`` rows are the sums of a deal, others came without an order.

    ``name`` is ``deal.TICKET``, ``void.TICKET`` or the event's own key; ``operator`` marks what is not on
    the broker's books.
    """

    table: ClassVar[str] = "cash"
    key: ClassVar[str] = "name"

    name: str
    what: str
    amount: Decimal
    ts: int
    operator: int = 0


class AlertRow(Row, frozen=True):
    """Something that a person must know."""

    table: ClassVar[str] = "alerts"
    key: ClassVar[str] = "seq"

    ts: int
    severity: str
    code: str
    text: str


ROWS: tuple[type[Row], ...] = (OrderRow, FillRow, PositionRow, CashRow, AlertRow)

R = TypeVar("R", bound=Row)


class Rows(Protocol):
    """Where projections are kept while events are folded into them."""

    def get(self, kind: type[R], account: str, key: str | int) -> R | None:
        """One row, None where there is none."""
        ...

    def put(self, row: Row) -> None:
        """Keep a row in place of the one with its key."""
        ...

    def fills(self, account: str, position: int) -> list[FillRow]:
        """Deals of a position, in the order they were written."""
        ...


class MemoryRows:
    """Rows in dictionaries: projections as a rebuild makes them."""

    def __init__(self) -> None:
        self._rows: dict[type[Row], dict[tuple[str, str | int], Row]] = {kind: {} for kind in ROWS}
        self._deals: dict[tuple[str, int], list[int]] = {}

    def get(self, kind: type[R], account: str, key: str | int) -> R | None:
        """One row, None where there is none."""
        row = self._rows[kind].get((account, key))
        return row if isinstance(row, kind) else None

    def put(self, row: Row) -> None:
        """Keep a row in place of the one with its key."""
        kept, place = self._rows[type(row)], (row.account, key_of(row))
        if isinstance(row, FillRow) and place not in kept:
            self._deals.setdefault((row.account, row.position), []).append(row.deal)
        kept[place] = row

    def fills(self, account: str, position: int) -> list[FillRow]:
        """Deals of a position, in the order they were written."""
        found = (self.get(FillRow, account, deal) for deal in self._deals.get((account, position), ()))
        return [row for row in found if row is not None]

    def all(self, kind: type[R]) -> Iterator[R]:
        """Every row of a table, in the order they were made."""
        yield from (row for row in self._rows[kind].values() if isinstance(row, kind))


def key_of(row: Row) -> str | int:
    """What tells a row from others of its account."""
    key: str | int = getattr(row, row.key)
    return key
