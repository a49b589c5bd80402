"""HistData.com ticks: ``20200101 170000065,bid,ask,0``."""

import re
from collections.abc import Mapping

from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout
from ictcli.sources.files.records import FileFormat

_STAMP = re.compile(r"\d{8} \d{9}")


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise compact stamps with milliseconds."""
    del columns
    rows = rows_of(head, ",", (4,))
    if not column_is(rows, 0, lambda text: _STAMP.fullmatch(text) is not None) or not numbers_from(
        rows, 1, 3
    ):
        return None
    layout = TextLayout(",", ("stamp", "bid", "ask", None), quoted=head.quoted)
    return Claim(0.95, layout, "rows YYYYMMDD HHMMSSmmm,bid,ask,0")


IMPORTER = Importer(FileFormat("histdata_ticks", "ticks", summary="HistData.com ticks, generic ASCII"), claim)
