"""HistData.com files for MetaTrader: the text of an MT4 export, with a volume that is always 0."""

from collections.abc import Mapping

from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout
from ictcli.sources.files.mt4 import fits
from ictcli.sources.files.records import FileFormat


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise MT4 rows; only the file name DAT_MT_… tells them from a terminal's export."""
    del columns
    if not fits(head):
        return None
    fields = ("date", "time", "open", "high", "low", "close", None)
    named = "DAT_MT_" in head.name.upper()
    reason = "rows YYYY.MM.DD,HH:MM,o,h,l,c,0" + (" and the file name DAT_MT_…" if named else "")
    return Claim(0.95 if named else 0.6, TextLayout(",", fields, quoted=head.quoted), reason)


IMPORTER = Importer(FileFormat("histdata_mt", "bars", summary="HistData.com M1 bars for MetaTrader"), claim)
