"""The detailed statement of MetaTrader 4, which is English in every language of the terminal."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ictcli.errors import DataError
from ictcli.reconcile.statements import values
from ictcli.reconcile.statements.markup import Page, Row
from ictcli.reconcile.statements.mt5_rows import side
from ictcli.reconcile.statements.record import (
    ZERO,
    ClosedPosition,
    OpenPosition,
    StatedDeal,
    StatedOrder,
    Statement,
)
from ictcli.reconcile.statements.tables import shaded

_COLUMNS = ("Ticket", "Open Time", "Type", "Size", "Item", "Price", "S / L", "T / P")
_MONEY = ("Commission", "Taxes", "Swap", "Profit")
CLOSED, OPEN, WORKING, SUMMARY = "Closed Transactions:", "Open Trades:", "Working Orders:", "Summary:"
HEADERS: dict[str, tuple[str, ...]] = {
    CLOSED: (*_COLUMNS, "Close Time", "Price", *_MONEY),
    OPEN: (*_COLUMNS, "", "Price", *_MONEY),
    WORKING: (*_COLUMNS, "Market Price", ""),
}
_LABELS = (
    ("Deposit/Withdrawal:", "deposits"), ("Credit Facility:", "credit"),
    ("Closed Trade P/L:", "closed_profit"), ("Floating P/L:", "floating"), ("Margin:", "margin"),
    ("Balance:", "balance"), ("Equity:", "equity"), ("Free Margin:", "free_margin"),
)  # fmt: skip
_TRADE, _CASH, _CANCELLED = (1,) * 14, (1, 1, 1, 10, 1), (*(1,) * 10, 4)
_WORKING, _NOTE, _SUMS = (*(1,) * 8, 2, 4), (9, 1, 3), (10, 1, 1, 1, 1)
_PENDING = frozenset({"buy limit", "sell limit", "buy stop", "sell stop"})
_CASH_KINDS = frozenset({"balance", "credit"})
_WRITTEN = re.compile(r"\d{4} [A-Z][a-z]+ \d{1,2}, \d\d:\d\d", re.ASCII)
_HEAD = ("Account: ", "Name: ", "Currency: ", "Leverage:")


@dataclass(slots=True)
class _Found:
    positions: list[ClosedPosition] = field(default_factory=list)
    open: list[OpenPosition] = field(default_factory=list)
    cash: list[StatedDeal] = field(default_factory=list)
    orders: list[StatedOrder] = field(default_factory=list)
    working: list[StatedOrder] = field(default_factory=list)
    stated: dict[str, Decimal] = field(default_factory=dict)


def read_mt4(page: Page) -> Statement:
    """A statement of a page.

    Raises:
        DataError: something in it is not what a terminal writes; names table, row, line.
    """
    rows = [row for row in page.rows if not row.blank]
    account, currency, written = _head(rows, page.title)
    parts = _parts(rows[1:])
    found = _Found()
    for title, part in parts.items():
        if title == SUMMARY:
            found.stated |= _summary(part)
        else:
            _table(title, part, found)
    _once(found)
    minor = values.digits(format(found.stated["balance"], "f"))
    return Statement(
        "mt4", account, "", page.lead, currency, "mt4", written, minor, "en", tuple(found.cash),
        tuple(found.orders), tuple(found.positions), tuple(found.open), tuple(found.working), found.stated,
    )  # fmt: skip


def _head(rows: list[Row], title: str) -> tuple[str, str, int]:
    texts = rows[0].texts if rows else ()
    if len(texts) != 5 or not all(text.startswith(word) for text, word in zip(texts, _HEAD, strict=False)):
        raise DataError("the statement does not begin with account, name, currency and leverage")
    account, currency = texts[0].partition(": ")[2], texts[2].partition(": ")[2]
    if not (account.isascii() and account.isdigit() and currency.isalnum()):
        raise DataError(f"line {rows[0].line}: {account[:20]!r} in {currency[:20]!r} is no account")
    if not title.startswith(f"Statement: {account} -"):
        raise DataError("title and head of the statement name two accounts")
    return account, currency, _written(texts[4], rows[0].line)


def _written(text: str, line: int) -> int:
    if not _WRITTEN.fullmatch(text):
        raise DataError(f"line {line}: {text[:40]!r} is no time of a statement")
    try:
        at = datetime.strptime(f"{text} +0000", "%Y %B %d, %H:%M %z")
    except ValueError as error:
        raise DataError(f"line {line}: {text[:40]!r} is no time of a statement") from error
    return values.wall(at.strftime("%Y.%m.%d %H:%M"))


def _parts(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows by the title above them."""
    parts: dict[str, list[Row]] = {}
    expected = [CLOSED, OPEN, WORKING, SUMMARY]
    for row in rows:
        if row.spans == (14,):
            if not expected or row.texts[0] != expected[0]:
                raise DataError(
                    f"line {row.line}: {row.texts[0][:40]!r} where {[*expected, 'the end'][0]!r} belongs"
                )
            parts[expected.pop(0)] = []
        elif not parts:
            raise DataError(f"line {row.line}: a row above {CLOSED!r}")
        else:
            parts[list(parts)[-1]].append(row)
    if expected:
        raise DataError(f"the statement has no {expected[0]!r}")
    return parts


def _table(title: str, rows: list[Row], found: _Found) -> None:
    if not rows or rows[0].texts != HEADERS[title]:
        raise DataError(f"{title!r}: the headings are not a statement's")
    body = rows[1:]
    if title == CLOSED:
        body = _sums("closed", title, body, "Closed P/L:", found.stated)
    elif title == OPEN:
        body = _sums("open", title, body, "Floating P/L:", found.stated)
    if [row.texts for row in body] == [("No transactions",)]:
        return
    records = list(_with_notes(title, body))
    shaded(repr(title), (row for _, row, _ in records), "")
    for number, row, comment in records:
        try:
            _record(title, number, row, comment, found)
        except DataError as error:
            raise DataError(f"{title!r}, row {number} (line {row.line}): {error.message}") from error


def _with_notes(title: str, rows: Iterable[Row]) -> Iterator[tuple[int, Row, str]]:
    """Rows with number and comment; magic number and comment stand in a row of their own behind it."""
    number = 0
    held: Row | None = None
    comment = ""
    for row in rows:
        if row.spans != _NOTE:
            if held is not None:
                yield number, held, comment
            number, held, comment = number + 1, row, ""
        elif held is None or comment or held.shade != row.shade:
            raise DataError(f"{title!r} (line {row.line}): a comment without its row")
        else:
            comment = " ".join(text for text in row.texts if text)
    if held is not None:
        yield number, held, comment


def _sums(name: str, title: str, rows: list[Row], label: str, stated: dict[str, Decimal]) -> list[Row]:
    """Take the two rows of totals off the end."""
    sums, whole = rows[-2:] if len(rows) > 1 else (None, None)
    if sums is None or whole is None or sums.spans != _SUMS or label not in whole.texts:
        raise DataError(f"{title!r}: its totals are missing")
    try:
        for column, text in zip(_MONEY, sums.texts[1:], strict=True):
            stated[f"{name}.{column.lower()}"] = values.number(text)
        stated[f"{name}.total"] = values.number(whole.texts[-1])
    except DataError as error:
        raise DataError(f"{title!r}, totals (line {sums.line}): {error.message}") from error
    return rows[:-2]


def _record(title: str, number: int, row: Row, comment: str, found: _Found) -> None:
    spans, texts = row.spans, row.texts
    if spans == _TRADE and title == CLOSED:
        found.positions.append(_closed(number, texts, comment))
    elif spans == _TRADE and title == OPEN:
        found.open.append(_open(number, texts, comment))
    elif spans == _CASH and title == CLOSED and texts[2] in _CASH_KINDS:
        found.cash.append(_cash(number, texts))
    elif spans == _CANCELLED and title == CLOSED:
        found.orders.append(_order(number, texts, values.wall(texts[8]), "canceled", texts[10]))
    elif spans == _WORKING and title == WORKING:
        found.working.append(_order(number, texts, 0, "placed", texts[9] or comment))
    else:
        raise DataError("a row has other columns than the headings")


def _closed(number: int, texts: tuple[str, ...], comment: str) -> ClosedPosition:
    ticket, opened, kind, size, item, price, stop, target, closed, out, *money = texts
    commission, taxes, swap, profit = (values.number(text) for text in money)
    return ClosedPosition(
        number, values.ticket(ticket), values.symbol(item), side(kind), values.positive(size),
        values.wall(opened), values.positive(price), values.wall(closed), values.positive(out),
        values.level(stop), values.level(target), commission, taxes, swap, profit, comment,
    )  # fmt: skip


def _open(number: int, texts: tuple[str, ...], comment: str) -> OpenPosition:
    ticket, opened, kind, size, item, price, stop, target, closed, market, *money = texts
    if closed:
        raise DataError("an open trade that is closed")
    commission, taxes, swap, profit = (values.number(text) for text in money)
    return OpenPosition(
        number, values.ticket(ticket), values.symbol(item), side(kind), values.positive(size),
        values.wall(opened), values.positive(price), values.positive(market), values.level(stop),
        values.level(target), commission, taxes, swap, profit, comment,
    )  # fmt: skip


def _cash(number: int, texts: tuple[str, ...]) -> StatedDeal:
    ticket, time, kind, comment, amount = texts
    return StatedDeal(
        number, values.ticket(ticket), values.wall(time), "", kind, "", ZERO, ZERO, 0, 0, ZERO, ZERO, ZERO,
        values.number(amount), None, comment,
    )  # fmt: skip


def _order(number: int, texts: tuple[str, ...], done: int, state: str, comment: str) -> StatedOrder:
    ticket, placed, kind, size, item, price, stop, target = texts[:8]
    if kind not in _PENDING:
        raise DataError(f"{kind[:40]!r} is no type of a pending order")
    return StatedOrder(
        number, values.ticket(ticket), values.symbol(item), kind.replace(" ", "_"), values.positive(size),
        ZERO, values.positive(price), values.level(stop), values.level(target), values.wall(placed), done,
        state, comment,
    )  # fmt: skip


def _summary(rows: list[Row]) -> dict[str, Decimal]:
    texts = [text for row in rows for text in row.texts if text]
    labels = tuple(texts[0::2])
    if labels != tuple(label for label, _ in _LABELS) or len(texts) != 2 * len(_LABELS):
        raise DataError(f"{SUMMARY!r} is not a statement's: it has {', '.join(labels)[:80]!r}")
    try:
        return {name: values.number(text) for (_, name), text in zip(_LABELS, texts[1::2], strict=True)}
    except DataError as error:
        raise DataError(f"{SUMMARY!r}: {error.message}") from error


def _once(found: _Found) -> None:
    seen: set[int] = set()
    for ticket in (
        *(row.position for row in found.positions), *(row.position for row in found.open),
        *(row.deal for row in found.cash), *(row.order for row in found.orders),
        *(row.order for row in found.working),
    ):  # fmt: skip
        if ticket in seen:
            raise DataError(f"ticket {ticket} stands twice")
        seen.add(ticket)
