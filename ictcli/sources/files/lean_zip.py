"""QuantConnect LEAN minute files: milliseconds since midnight, the date in the member's name."""

import re
from collections.abc import Mapping

from ictcli.clock import parse_instant
from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout
from ictcli.sources.files.records import FileFormat

_NAME = re.compile(r"(\d{4})(\d{2})(\d{2})_([a-z0-9.]+)_minute_(trade|quote)(_\w+)?\.csv", re.IGNORECASE)
_UTC = ("es",)
"""Roots documented to be stamped in UTC; LEAN keeps others in the time of their market."""
_TRADE = ("stamp", "open", "high", "low", "close", "real_volume")
_QUOTE = ("stamp", "open", "high", "low", "close", None, "ask_open", "ask_high", "ask_low", "ask_close", None)


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise the member's name and rows of small whole numbers followed by prices."""
    del columns
    name = _NAME.fullmatch(head.name)
    if name is None:
        return None
    fields: tuple[str | None, ...] = _TRADE if name[5].lower() == "trade" else _QUOTE
    rows = rows_of(head, ",", (len(fields), 5))
    if not column_is(rows, 0, str.isdecimal) or not numbers_from(rows, 1, 4):
        return None
    fields = fields[: len(rows[0])]
    try:
        base = parse_instant(f"{name[1]}-{name[2]}-{name[3]}", now=0)
    except ValueError:
        return None
    layout = TextLayout(",", fields, style="millis", base_ns=base)
    symbol = name[4].upper() + (name[6].upper() if name[6] else "")
    clock = "utc" if name[4].lower() in _UTC else None
    reason = f"LEAN minute file of {name[1]}-{name[2]}-{name[3]}"
    return Claim(0.95, layout, reason, clock, symbol=symbol)


IMPORTER = Importer(
    FileFormat("lean_zip", "bars", summary="QuantConnect LEAN zip of minute bars, one contract per member"),
    claim,
)
