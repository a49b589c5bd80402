"""TrueFX ticks: ``EUR/USD,20130101 21:59:59.123,bid,ask`` or a header ``timestamp,bid,ask``; GMT."""

import re
from collections.abc import Mapping

from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout, is_stamp, split_offset
from ictcli.sources.files.records import FileFormat

_PAIR = re.compile(r"[A-Z]{3}/[A-Z]{3}")
_STAMP = re.compile(r"\d{8} \d{2}:\d{2}:\d{2}\.\d{3}")


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise the pair in the first column, or the headed sample when the file name says TrueFX."""
    del columns
    rows = rows_of(head, ",", (4,))
    if (
        column_is(rows, 0, lambda text: _PAIR.fullmatch(text) is not None)
        and column_is(rows, 1, lambda text: _STAMP.fullmatch(text) is not None)
        and numbers_from(rows, 2, 3)
    ):
        pairs = [row[0] for row in rows if _PAIR.fullmatch(row[0])]
        layout = TextLayout(",", ("symbol", "stamp", "bid", "ask"), quoted=head.quoted, symbol=pairs[0])
        return Claim(0.95, layout, f"rows {pairs[0]},YYYYMMDD HH:MM:SS.mmm,bid,ask", symbol=pairs[0])
    return _headed(head)


def _headed(head: Head) -> Claim | None:
    if head.lines[0].lower().replace(" ", "") != "timestamp,bid,ask":
        return None
    rows = rows_of(head, ",", (3,))[1:]
    if not column_is(rows, 0, is_stamp) or not numbers_from(rows, 1, 2):
        return None
    layout = TextLayout(
        ",",
        ("stamp", "bid", "ask"),
        header_lines=head.numbers[0],
        offset=column_is(rows, 0, lambda text: split_offset(text)[1] != ""),
        quoted=head.quoted,
    )
    named = "truefx" in head.name.lower()
    return Claim(0.9 if named else 0.4, layout, "header timestamp,bid,ask")


IMPORTER = Importer(
    FileFormat("truefx", "ticks", clock="utc", summary="TrueFX ticks, raw or with a header"), claim
)
