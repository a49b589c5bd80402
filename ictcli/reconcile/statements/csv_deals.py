"""Deals in CSV: the columns that MetaTrader 5's own functions have, so that a script can export them.

The header is required and names the columns, in any order; comma or semicolon between them, a point in
numbers. Lines before it that begin with ``#`` say what the deals cannot: ``# currency: EUR``.
"""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from ictcli.clock import NS_PER_SECOND
from ictcli.errors import DataError
from ictcli.reconcile.statements import values
from ictcli.reconcile.statements.mt5_rows import CASH_KINDS, ENTRIES, SIDES
from ictcli.reconcile.statements.record import ZERO, Mode, StatedDeal, Statement

REQUIRED = ("time", "deal", "type", "entry", "symbol", "volume", "price", "profit")
OPTIONAL = ("order", "position", "commission", "fee", "swap", "balance", "comment")
FACTS = ("account", "server", "company", "currency", "mode", "written", "deals", "balance")
_MODES: dict[str, Mode] = {"hedge": "hedge", "netting": "netting"}
_ENTRIES = {**ENTRIES, "inout": "inout", "out_by": "out_by"}


def read_deals(text: str) -> Statement:
    """Deals of a CSV file.

    Raises:
        DataError: a fact or column is missing, unknown or twice, a row is not a deal, or there are other
            deals than ``# deals:`` says.
    """
    facts, table = _facts(text)
    rows = _rows(table)
    deals = tuple(_deal(number, row) for number, row in enumerate(rows, start=1))
    _check(deals, facts)
    stated: dict[str, Decimal] = {}
    if "balance" in facts:
        stated["balance"] = _fact(facts, "balance")
    if "deals" in facts:
        stated["deals"] = Decimal(len(deals))
    minor = {values.digits(row[name]) for row in rows for name in ("profit", "balance") if row.get(name)}
    return Statement(
        "csv", facts.get("account", ""), facts.get("server", ""), facts.get("company", ""), facts["currency"],
        _mode(facts.get("mode", "hedge")), _time(facts["written"]) if "written" in facts else 0,
        max(minor, default=2), "en", deals, stated=stated,
    )  # fmt: skip


def _facts(text: str) -> tuple[dict[str, str], str]:
    facts: dict[str, str] = {}
    lines = text.splitlines(keepends=True)
    at = 0
    while at < len(lines) and (lines[at].startswith("#") or not lines[at].strip()):
        name, colon, value = lines[at][1:].partition(":")
        name = name.strip().lower()
        if lines[at].strip():
            if not colon or name not in FACTS or name in facts or not value.strip():
                raise DataError(f"line {at + 1}: a fact is one of {', '.join(FACTS)}, once, with its value")
            facts[name] = value.strip()
        at += 1
    if "currency" not in facts:
        raise DataError(
            "no report of a terminal that is known, and no deals in CSV",
            hint="a CSV file begins with `# currency: EUR` and a header; see docs/statements.md",
        )
    return facts, "".join(lines[at:])


def _rows(table: str) -> list[dict[str, str]]:
    header = table.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    if not table.endswith("\n"):
        raise DataError("the file is truncated: its last line does not end")
    reader = csv.reader(io.StringIO(table), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _header(names)
        found = []
        for number, fields in enumerate(reader, start=1):
            if len(fields) != len(names):
                raise DataError(f"row {number}: {len(fields)} columns where the header has {len(names)}")
            found.append({name: field.strip() for name, field in zip(names, fields, strict=True)})
    except csv.Error as error:
        raise DataError(f"the table is not CSV: {error}") from error
    return found


def _header(names: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise DataError(
            f"the header lacks {', '.join(missing)}", hint="see docs/statements.md for the columns"
        )
    for name in names:
        if name not in (*REQUIRED, *OPTIONAL):
            raise DataError(f"the header has an unknown column {name[:40]!r}")
        if names.count(name) > 1:
            raise DataError(f"the header has {name!r} twice")


def _deal(number: int, row: dict[str, str]) -> StatedDeal:
    try:
        return _parsed(number, row)
    except DataError as error:
        raise DataError(f"row {number}: {error.message}") from error


def _parsed(number: int, row: dict[str, str]) -> StatedDeal:
    kind = row["type"].replace("_", " ")
    trades = kind in SIDES
    if not trades and kind not in CASH_KINDS:
        raise DataError(f"{kind[:40]!r} is no type of a deal")
    if trades and row["entry"] not in _ENTRIES:
        raise DataError(f"{row['entry'][:40]!r} is no entry of a deal")
    return StatedDeal(
        number, values.ticket(row["deal"]), _time(row["time"]),
        values.symbol(row["symbol"]) if trades else row["symbol"], kind,
        _ENTRIES[row["entry"]] if trades else "", values.positive(row["volume"]) if trades else ZERO,
        values.positive(row["price"]) if trades else ZERO, _ticket(row.get("order")),
        _ticket(row.get("position")),
        _money(row.get("commission")), _money(row.get("fee")), _money(row.get("swap")),
        values.number(row["profit"]), values.number(row["balance"]) if row.get("balance") else None,
        row.get("comment", ""),
    )  # fmt: skip


def _time(text: str) -> int:
    """Server time as the terminal writes it, or as seconds or milliseconds of its own epoch."""
    if text.isascii() and text.isdigit() and len(text) in {10, 13}:
        whole = int(text) if len(text) == 13 else int(text) * 1000
        return whole * (NS_PER_SECOND // 1000)
    return values.wall(text.replace("-", "."))


def _ticket(text: str | None) -> int:
    return values.ticket(text) if text and text != "0" else 0


def _money(text: str | None) -> Decimal:
    return values.number(text) if text else ZERO


def _mode(text: str) -> Mode:
    if text not in _MODES:
        raise DataError(f"mode: {text[:20]!r} is neither hedge nor netting")
    return _MODES[text]


def _fact(facts: dict[str, str], name: str) -> Decimal:
    try:
        return values.number(facts[name])
    except DataError as error:
        raise DataError(f"{name}: {error.message}") from error


def _check(deals: Iterable[StatedDeal], facts: dict[str, str]) -> None:
    seen: dict[int, int] = {}
    for deal in deals:
        if deal.deal in seen:
            raise DataError(f"deal {deal.deal} stands twice, in rows {seen[deal.deal]} and {deal.row}")
        seen[deal.deal] = deal.row
    if not seen:
        raise DataError("the file has no deals")
    if "deals" in facts and facts["deals"] != str(len(seen)):
        raise DataError(f"{len(seen)} deals where the file says {facts['deals'][:20]}: it is not whole")
