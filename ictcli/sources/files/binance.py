"""Binance klines: twelve columns, unix times in any unit, with or without a header."""

from collections.abc import Mapping

from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout, is_epoch, is_number
from ictcli.sources.files.records import FileFormat

_FIELDS = (
    "stamp",
    "open",
    "high",
    "low",
    "close",
    "real_volume",
    None,
    None,
    "tick_volume",
    None,
    None,
    None,
)


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise twelve numbers with unix times in the first and seventh column."""
    del columns
    rows = rows_of(head, ",", (12,))
    if not rows:
        return None
    headed = rows[0] == head.cells(",")[0] and not is_number(rows[0][0])
    rows = rows[1:] if headed else rows
    if not (column_is(rows, 0, is_epoch) and column_is(rows, 6, is_epoch) and numbers_from(rows, 1, 10)):
        return None
    layout = TextLayout(
        ",", _FIELDS, header_lines=head.numbers[0] if headed else 0, style="epoch", quoted=head.quoted
    )
    return Claim(0.95, layout, "twelve columns of a Binance kline")


IMPORTER = Importer(FileFormat("binance", "bars", clock="utc", summary="Binance klines, 12 columns"), claim)
