"""Any delimited text with recognisable column names, a column map, or five to seven bare columns."""

import re
from collections import Counter
from collections.abc import Mapping

from ictcli.errors import DataError
from ictcli.sources.files.headers import CONTRACT, kind_of, normal, roles_by_map, roles_by_name, states_utc
from ictcli.sources.files.headless import column_is, rows_of
from ictcli.sources.files.layout import (
    PRICE_ROLES,
    VOLUME_ROLES,
    Claim,
    DateOrder,
    Head,
    Importer,
    Style,
    TextLayout,
    date_order,
    is_clock,
    is_date,
    is_epoch,
    is_number,
    is_stamp,
    separator_of,
    split_offset,
)
from ictcli.sources.files.records import FileFormat

_HEADER_WITHIN = 5  # a header may follow a few lines of preamble


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise a header, else rows of a time, four prices and at most two more numbers."""
    separator = separator_of(head)
    if separator is None:
        return None
    found = _header(head, separator, columns)
    if found is None:
        return _headless(head, separator, columns)
    line, names, roles = found
    rows = [row for row in head.cells(separator, skip=line + 1) if len(row) >= len(names)]
    return _claim(head, separator, names, roles, rows, head.numbers[line], "header " + _shown(names))


def _header(
    head: Head, separator: str, columns: Mapping[str, str]
) -> tuple[int, list[str], dict[str, int]] | None:
    for line, names in enumerate(head.cells(separator)[:_HEADER_WITHIN]):
        if any(is_number(name) or is_stamp(name) for name in names):
            continue
        roles = roles_by_name(names)
        if kind_of(roles) is not None or (columns and line == 0):
            return line, names, roles_by_map(names, columns, head.name) if columns else roles
    return None


def _headless(head: Head, separator: str, columns: Mapping[str, str]) -> Claim | None:
    if columns:
        rows, width = _usual_width(head.cells(separator))
        names = [""] * width
        roles = roles_by_map(names, columns, head.name)
        return _claim(head, separator, names, roles, rows, 0, "rows without a header and a column map")
    rows = rows_of(head, separator, (5, 6, 7))
    if not rows:
        return None
    rows, width = _usual_width(rows)
    split = width >= 6 and column_is(rows, 0, is_date) and column_is(rows, 1, is_clock)
    order = ["date", "time"] if split else ["ts"]
    order += ["open", "high", "low", "close", "volume"]
    if not split and not (column_is(rows, 0, is_stamp) or column_is(rows, 0, is_epoch)):
        return None
    roles = {role: index for index, role in enumerate(order[:width])}
    names = [""] * width
    return _claim(head, separator, names, roles, rows, 0, f"{width} columns without a header")


def _usual_width(rows: list[list[str]]) -> tuple[list[list[str]], int]:
    width = Counter(map(len, rows)).most_common(1)[0][0]
    return [row for row in rows if len(row) == width], width


def _claim(
    head: Head,
    separator: str,
    names: list[str],
    roles: dict[str, int],
    rows: list[list[str]],
    header_lines: int,
    reason: str,
) -> Claim | None:
    kind = kind_of(roles)
    first_price = roles.get("open" if kind == "bars" else "bid")
    if kind is None or first_price is None or not rows:
        return None
    decimal = _decimal(rows, first_price, separator)
    prices = ("open", "high", "low", "close") if kind == "bars" else ("bid", "ask")
    if not all(column_is(rows, roles[name], lambda text: is_number(text, decimal)) for name in prices):
        return None
    stamp = _stamp(head, roles, rows)
    if stamp is None:
        return None
    place, style, offset, order = stamp
    fields = _fields(names, roles, rows, kind, place)
    contract = _contract(head.name, names, rows)
    if contract:
        at = [normal(name) for name in names].index(CONTRACT)
        fields = (*fields[:at], "symbol", *fields[at + 1 :])
    layout = TextLayout(
        separator,
        fields,
        header_lines,
        style,
        order,
        offset,
        decimal=decimal,
        quoted=head.quoted,
        symbol=contract,
    )
    stated = "ts" in roles and states_utc(names[roles["ts"]])
    clock = "utc" if offset or style == "epoch" or stated else None
    return Claim(0.5, layout, reason, clock, kind="bars" if kind == "bars" else "ticks")


def _stamp(
    head: Head, roles: Mapping[str, int], rows: list[list[str]]
) -> tuple[dict[str, int], Style, bool, DateOrder] | None:
    place = {name: roles[name] for name in ("date", "time") if name in roles}
    if "time" in place and "date" in place and not column_is(rows, place["time"], is_clock):
        place = {"stamp": place["time"] if column_is(rows, place["time"], is_stamp) else place["date"]}
    elif "ts" in roles:
        place = {"stamp": roles["ts"]}
    elif "time" not in place:
        place = {"stamp": roles["date"]}
    column = next(iter(place.values()))
    if "stamp" in place and column_is(rows, column, is_epoch):
        return place, "epoch", False, "ymd"
    if not column_is(rows, column, is_stamp if "stamp" in place else is_date):
        return None
    texts = [row[column] for row in rows]
    order = date_order(texts)
    if order is None:
        raise DataError(
            f"{head.name}: day and month cannot be told apart in dates such as {texts[0]!r}",
            hint="Write the dates as YYYY-MM-DD.",
        )
    offset = "stamp" in place and column_is(rows, column, lambda text: split_offset(text)[1] != "")
    return place, "calendar", offset, order


def _fields(
    names: list[str], roles: Mapping[str, int], rows: list[list[str]], kind: str, place: Mapping[str, int]
) -> tuple[str | None, ...]:
    fields: list[str | None] = [None] * len(names)
    wanted = PRICE_ROLES if kind == "bars" else ("bid", "ask")
    for role in (*wanted, *VOLUME_ROLES):
        if role in roles and not (kind == "bars" and role in ("bid", "ask")):
            fields[roles[role]] = role
    if "volume" in roles and kind == "bars":
        volume = roles["volume"]
        whole = all(re.fullmatch(r"\d*(\.0*)?", row[volume]) for row in rows)
        if "real_volume" not in roles and ("tick_volume" in roles or not whole):
            fields[volume] = "real_volume"
        elif "tick_volume" not in roles:
            fields[volume] = "tick_volume"
    for role, column in place.items():
        fields[column] = role
    return tuple(fields)


def _contract(file: str, names: list[str], rows: list[list[str]]) -> str:
    """The contract of the first rows, so that rows of another are never mixed in; empty without a column."""
    plain = [normal(name) for name in names]
    if CONTRACT not in plain:
        return ""
    held = sorted({row[plain.index(CONTRACT)] for row in rows})
    if len(held) > 1:
        raise DataError(
            f"{file} holds {len(held)} contracts: {', '.join(held[:12])}",
            hint="Split the file by contract, or convert it to Parquet, which is split on import.",
        )
    return held[0]


def _decimal(rows: list[list[str]], price: int, separator: str) -> str:
    return "," if separator != "," and any("," in row[price] for row in rows) else "."


def _shown(names: list[str]) -> str:
    return ",".join(names)[:60]


IMPORTER = Importer(
    FileFormat(
        "generic_csv",
        "bars",
        summary="delimited text with recognisable columns or a column map",
        any_stamp=True,
    ),
    claim,
)
