"""What the columns of a file are, by their names or by the user's map."""

import re
from collections.abc import Mapping, Sequence

from ictcli.errors import DataError, UsageError

STAMP_NAMES = (
    "ts",
    "timestamp",
    "datetime",
    "date_time",
    "time",
    "date",
    "open_time",
    "opentime",
    "gmt_time",
    "local_time",
    "utc_time",
    "time_utc",
    "utc",
    "datetime_utc",
    "timestamp_utc",
    "unix",
    "unix_time",
    "unix_timestamp",
    "unixtime",
    "epoch",
    "bar_time",
    "time_(utc)",
    "time_(eet)",
    "index",
)
"""Names of a stamp column, best first."""

NAMES: dict[str, tuple[str, ...]] = {
    "open": ("open", "o", "bid_open", "open_bid", "bidopen", "openbid", "open_price"),
    "high": ("high", "h", "bid_high", "high_bid", "bidhigh", "highbid", "high_price"),
    "low": ("low", "l", "bid_low", "low_bid", "bidlow", "lowbid", "low_price"),
    "close": ("close", "c", "bid_close", "close_bid", "bidclose", "closebid", "close_price", "last"),
    "ask_open": ("ask_open", "open_ask", "askopen", "openask"),
    "ask_high": ("ask_high", "high_ask", "askhigh", "highask"),
    "ask_low": ("ask_low", "low_ask", "asklow", "lowask"),
    "ask_close": ("ask_close", "close_ask", "askclose", "closeask"),
    "bid": ("bid", "bid_price", "bidprice"),
    "ask": ("ask", "ask_price", "askprice", "offer"),
    "tick_volume": ("tick_volume", "tickvolume", "tickvol", "ticks", "trades", "count", "number_of_trades"),
    "real_volume": ("real_volume", "realvolume", "vol_real"),
    "spread": ("spread",),
    "volume": ("volume", "vol", "v", "base_volume", "contracts"),
}
"""Names of the value columns, best first; ``volume`` becomes tick or real volume by its content."""

CONTRACT = "contract"
"""Name of a column that tells the futures contracts of a Parquet file apart."""
OURS = ("ts", "date", "time", *NAMES)


def normal(name: str) -> str:
    """A column name in lower case, without ``<>`` and quotes, blanks and dashes as underscores."""
    return re.sub(r"[ \-]+", "_", name.strip().strip('"').strip("<>").strip().lower())


def roles_by_name(names: Sequence[str]) -> dict[str, int]:
    """Column index of every role found by name: ``ts`` or ``date`` and ``time``, and the values."""
    plain = [normal(name) for name in names]
    roles = {
        role: plain.index(next(name for name in known if name in plain))
        for role, known in NAMES.items()
        if any(name in plain for name in known)
    }
    stamps = [name for name in STAMP_NAMES if name in plain]
    if "date" in stamps and "time" in stamps and not {"ts", "timestamp", "datetime"} & set(stamps):
        roles |= {"date": plain.index("date"), "time": plain.index("time")}
    elif stamps:
        roles["ts"] = plain.index(stamps[0])
    return roles


def roles_by_map(names: Sequence[str], columns: Mapping[str, str], path: str) -> dict[str, int]:
    """Column index of every role in the user's ``ours=theirs`` map, names not mapped being found by name.

    ``theirs`` is a column's name (exact spelling first, then any case) or its number from 1.

    Raises:
        UsageError: ``ours`` is not a name we have, or a column is mapped twice.
        DataError: the file has no such column.
    """
    roles = roles_by_name(names)
    given: dict[str, int] = {}
    for ours, theirs in columns.items():
        if ours not in OURS:
            raise UsageError(f"unknown column name {ours!r} in the map", hint="Use: " + ", ".join(OURS) + ".")
        index = _index(names, theirs)
        if index is None:
            shown = ", ".join(name for name in names if name)[:200]
            raise DataError(f"{path} has no column {theirs!r}", hint=f"It has: {shown}.")
        if index in given.values():
            raise UsageError(f"column {theirs!r} is mapped twice", hint="Give every column one meaning.")
        given[ours] = index
    if "ts" in given:
        roles.pop("date", None)
        roles.pop("time", None)
    elif "date" in given or "time" in given:
        roles.pop("ts", None)
    taken = set(given.values())
    return {role: index for role, index in roles.items() if index not in taken} | given


def _index(names: Sequence[str], theirs: str) -> int | None:
    if theirs in names:
        return list(names).index(theirs)
    plain = [normal(name) for name in names]
    if normal(theirs) in plain:
        return plain.index(normal(theirs))
    if theirs.isdecimal() and 1 <= int(theirs[:9]) <= len(names):
        return int(theirs) - 1
    return None


def kind_of(roles: Mapping[str, int]) -> str | None:
    """``bars`` or ``ticks`` when the roles suffice for one, else None; bars win."""
    stamped = "ts" in roles or {"date", "time"} <= roles.keys() or "date" in roles
    if stamped and {"open", "high", "low", "close"} <= roles.keys():
        return "bars"
    return "ticks" if stamped and {"bid", "ask"} <= roles.keys() else None


def states_utc(name: str) -> bool:
    """Whether a stamp column's name says its times are UTC."""
    return re.search(r"(^|[_(])(utc|gmt)([_)]|$)", normal(name)) is not None
