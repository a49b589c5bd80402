"""MetaTrader 5 columns under lower-case names: ``date time open … tickvolume volume spread``."""

from collections.abc import Mapping

from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout, separator_of
from ictcli.sources.files.records import FileFormat

_FIELDS = {
    "date": "date",
    "time": "time",
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "tickvolume": "tick_volume",
    "tickvol": "tick_volume",
    "tick_volume": "tick_volume",
    "volume": "real_volume",
    "vol": "real_volume",
    "spread": "spread",
}


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise date and time columns beside a tick volume."""
    del columns
    separator = separator_of(head)
    if separator is None:
        return None
    names = [name.strip().lower() for name in head.lines[0].split(separator)]
    fields = tuple(_FIELDS.get(name) for name in names)
    if names[:6] != ["date", "time", "open", "high", "low", "close"] or "tick_volume" not in fields:
        return None
    if len({role for role in fields if role}) != sum(role is not None for role in fields):
        return None
    layout = TextLayout(separator, fields, header_lines=head.numbers[0], quoted=head.quoted)
    return Claim(0.9, layout, "header date time open high low close with a tick volume")


IMPORTER = Importer(
    FileFormat("mt5like", "bars", summary="MetaTrader 5 columns under lower-case names, tab or comma"), claim
)
