"""MetaTrader 5 exports: bars (``<DATE> <TIME> <OPEN> …``, daily without time) and ticks (``<BID> <ASK>``)."""

from collections.abc import Mapping

from ictcli.sources.files.layout import Claim, Head, Importer, TextLayout, separator_of
from ictcli.sources.files.records import FileFormat

_BARS = {
    "<OPEN>": "open",
    "<HIGH>": "high",
    "<LOW>": "low",
    "<CLOSE>": "close",
    "<TICKVOL>": "tick_volume",
    "<VOL>": "real_volume",
    "<SPREAD>": "spread",
}
_TICKS = {"<BID>": "bid", "<ASK>": "ask"}


def claim(head: Head, columns: Mapping[str, str]) -> Claim | None:
    """Recognise the terminal's header of upper-case names in angle brackets."""
    del columns
    separator = separator_of(head)
    if separator is None or not head.lines[0].startswith("<"):
        return None
    names = [name.strip().upper() for name in head.lines[0].split(separator)]
    if names[0] not in ("<DATE>", "<DTYYYYMMDD>"):
        return None
    ticks = {"<BID>", "<ASK>"} <= set(names)
    values = _TICKS if ticks else _BARS
    if not ticks and not set(list(values)[:4]) <= set(names):
        return None
    timed = "<TIME>" in names
    places: dict[str, str] = {names[0]: "date" if timed else "stamp", "<TIME>": "time"}
    fields = tuple((places | values).get(name) for name in names)
    layout = TextLayout(
        separator,
        fields,
        header_lines=head.numbers[0],
        decimal=decimal_of(head, separator),
        quoted=head.quoted,
        carry_quotes=ticks,
    )
    return Claim(
        0.95, layout, f"MetaTrader 5 {'tick' if ticks else 'bar'} header", kind="ticks" if ticks else "bars"
    )


def decimal_of(head: Head, separator: str) -> str:
    """``,`` when the third field of the first rows holds a comma that does not separate, else ``.``."""
    if separator == ",":
        return "."
    cells = [row[2] for row in head.cells(separator, skip=1) if len(row) > 2]
    return "," if any("," in cell for cell in cells) else "."


IMPORTER = Importer(
    FileFormat("mt5", "bars", summary="MetaTrader 5 export of bars or ticks, <DATE> <TIME> header"), claim
)
