"""Dukascopy: CSV with ``Gmt time`` (bars or ticks), or a JSON list of ticks."""

import re
from collections.abc import Mapping

from ictcli.sources.files.headers import kind_of, normal, roles_by_name
from ictcli.sources.files.headless import column_is
from ictcli.sources.files.layout import (
    Claim,
    Head,
    Importer,
    JsonLayout,
    TextLayout,
    separator_of,
    split_offset,
)
from ictcli.sources.files.records import FileFormat

_OBJECT = re.compile(r'\{[^{}]*"timestamp"\s*:\s*\d+[^{}]*\}')
_ROLES = ("open", "high", "low", "close", "bid", "ask")


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise the ``Gmt time`` or ``Local time`` header, or JSON tick objects."""
    del columns
    start = " ".join(head.lines[:3])
    if start.lstrip().startswith(("[", "{")):
        first = _OBJECT.search(start)
        if first is None or '"askPrice"' not in first[0] or '"bidPrice"' not in first[0]:
            return None
        layout = JsonLayout("timestamp", {"bid": "bidPrice", "ask": "askPrice"})
        return Claim(
            0.95, layout, "JSON list of ticks with timestamp, askPrice, bidPrice", "utc", kind="ticks"
        )
    return _csv(head)


def _csv(head: Head) -> Claim | None:
    separator = separator_of(head)
    if separator is None:
        return None
    names = head.lines[0].split(separator)
    stamp = normal(names[0])
    found = roles_by_name(names)
    kind = kind_of(found)
    if stamp not in ("gmt_time", "local_time") or kind is None:
        return None
    fields: list[str | None] = [None] * len(names)
    for role in _ROLES:
        if role in found:
            fields[found[role]] = role
    if "volume" in found:
        fields[found["volume"]] = "real_volume"
    fields[0] = "stamp"
    rows = head.cells(separator, skip=1)
    offset = column_is(rows, 0, lambda text: split_offset(text)[1] != "")
    layout = TextLayout(
        separator, tuple(fields), head.numbers[0], order="dmy", offset=offset, quoted=head.quoted
    )
    clock = "utc" if offset or stamp == "gmt_time" else None
    return Claim(
        0.95, layout, f"Dukascopy header {names[0]}", clock, kind="bars" if kind == "bars" else "ticks"
    )


IMPORTER = Importer(FileFormat("dukascopy", "bars", summary="Dukascopy CSV (Gmt time) or JSON ticks"), claim)
