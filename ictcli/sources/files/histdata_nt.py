"""HistData.com bars for NinjaTrader: compact stamps, semicolon or comma."""

from collections.abc import Mapping

from ictcli.sources.files.histdata_ascii import compact_bars
from ictcli.sources.files.layout import Claim, Head, Importer
from ictcli.sources.files.records import FileFormat


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise compact stamps; with semicolons only the file name DAT_NT_… tells them from generic ASCII."""
    del columns
    named = "DAT_NT_" in head.name.upper()
    if comma := compact_bars(head, ","):
        return Claim(0.95 if named else 0.85, comma, "rows YYYYMMDD HHMMSS,o,h,l,c,0")
    if semicolon := compact_bars(head, ";"):
        return Claim(0.95 if named else 0.6, semicolon, "rows YYYYMMDD HHMMSS;o;h;l;c;0")
    return None


IMPORTER = Importer(FileFormat("histdata_nt", "bars", summary="HistData.com M1 bars for NinjaTrader"), claim)
