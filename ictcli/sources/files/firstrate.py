"""FirstRate Data bars: ``YYYY-MM-DD HH:MM:SS,o,h,l,c,volume`` in New York time, with or without a header."""

import re
from collections.abc import Mapping

from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout
from ictcli.sources.files.records import FileFormat

_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")
_NAME = re.compile(r"[A-Z0-9]+(_full)?_(1min|5min|30min|1hour|1day)\w*\.txt")


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise the rows; only the vendor's name or its way of naming files tells whose they are."""
    del columns
    headed = head.lines[0].lower() == "timestamp,open,high,low,close,volume"
    rows = rows_of(head, ",", (6,))[int(headed) :]
    if not column_is(rows, 0, lambda text: _STAMP.fullmatch(text) is not None) or not numbers_from(
        rows, 1, 5
    ):
        return None
    named = "firstrate" in head.name.lower() or _NAME.fullmatch(head.name) is not None
    layout = TextLayout(
        ",",
        ("stamp", "open", "high", "low", "close", "real_volume"),
        header_lines=head.numbers[0] if headed else 0,
        quoted=head.quoted,
    )
    reason = "rows YYYY-MM-DD HH:MM:SS,o,h,l,c,volume" + (" and the vendor's file name" if named else "")
    return Claim(0.9 if named else 0.2, layout, reason)


IMPORTER = Importer(
    FileFormat("firstrate", "bars", clock="ny", summary="FirstRate Data bars, US Eastern"), claim
)
