"""MetaTrader 4 exports: ``2024.05.10,10:36,o,h,l,c,v`` without a header."""

import re
from collections.abc import Mapping

from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout
from ictcli.sources.files.records import FileFormat

_DATE = re.compile(r"\d{4}\.\d{2}\.\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}")


def fits(head: Head) -> bool:
    """Whether the text is that of a MetaTrader 4 export; HistData's MT files are the same."""
    rows = rows_of(head, ",", (7,))
    return (
        column_is(rows, 0, lambda text: _DATE.fullmatch(text) is not None)
        and column_is(rows, 1, lambda text: _TIME.fullmatch(text) is not None)
        and numbers_from(rows, 2, 6)
    )


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise rows of date, time, prices and volume."""
    del columns
    if not fits(head):
        return None
    fields = ("date", "time", "open", "high", "low", "close", "tick_volume")
    return Claim(0.85, TextLayout(",", fields, quoted=head.quoted), "rows YYYY.MM.DD,HH:MM,o,h,l,c,volume")


IMPORTER = Importer(
    FileFormat("mt4", "bars", summary="MetaTrader 4 export, YYYY.MM.DD,HH:MM,o,h,l,c,v"), claim
)
