"""Kraken OHLCVT: ``unix seconds,o,h,l,c[,vwap],volume,trades`` without a header."""

from collections.abc import Mapping

from ictcli.sources.files.headless import column_is, numbers_from, rows_of
from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout
from ictcli.sources.files.records import FileFormat

_PRICES = ("stamp", "open", "high", "low", "close")
_TAILS: dict[int, tuple[str | None, ...]] = {
    6: ("tick_volume",),
    7: ("real_volume", "tick_volume"),
    8: (None, "real_volume", "tick_volume"),
}


def _seconds(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) in (9, 10)


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise unix seconds, prices and a whole number of trades in the last column."""
    del columns
    for count, tail in _TAILS.items():
        rows = rows_of(head, ",", (count,))
        if (
            rows
            and column_is(rows, 0, _seconds)
            and numbers_from(rows, 1, count - 2)
            and column_is(rows, count - 1, lambda text: text.isdecimal())
        ):
            layout = TextLayout(",", _PRICES + tail, style="epoch", quoted=head.quoted)
            named = "kraken" in head.name.lower()
            sure = 0.9 if count > 6 or named else 0.4
            return Claim(sure, layout, "rows unix seconds,o,h,l,c,…,number of trades")
    return None


IMPORTER = Importer(FileFormat("kraken", "bars", clock="utc", summary="Kraken OHLCVT, unix seconds"), claim)
