"""HistData.com generic ASCII bars: ``20230601 000000;o;h;l;c;0``."""

import re
from collections.abc import Mapping

from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout
from ictcli.sources.files.records import FileFormat

_STAMP = re.compile(r"\d{8} \d{6}")


def compact_bars(head: Head, separator: str) -> TextLayout | None:
    """Layout of rows ``YYYYMMDD HHMMSS`` and five numbers; HistData's volume is always 0 and skipped."""
    rows = rows_of(head, separator, (6,))
    if not column_is(rows, 0, lambda text: _STAMP.fullmatch(text) is not None) or not numbers_from(
        rows, 1, 5
    ):
        return None
    return TextLayout(separator, ("stamp", "open", "high", "low", "close", None), quoted=head.quoted)


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise compact stamps separated by semicolons."""
    del columns
    layout = compact_bars(head, ";")
    if layout is None:
        return None
    return Claim(0.9, layout, "rows YYYYMMDD HHMMSS;o;h;l;c;0")


IMPORTER = Importer(
    FileFormat("histdata_ascii", "bars", summary="HistData.com M1 bars, generic ASCII"), claim
)
