"""Scheduled news from a calendar file: instants around which a currency's markets are not entered.

    time,currency,before,after
    2024-05-03T12:30:00Z,USD,30,15
    2024-06-12T18:00:00Z,ALL,60,60

Times are UTC; ``before`` and ``after`` are minutes; ``ALL`` means every symbol. Lines that begin with #
and empty lines are skipped.
"""

import csv
import re
from pathlib import Path

from msgspec import Struct

from ictcli.clock import NS_PER_MINUTE, parse_instant
from ictcli.errors import ConfigError

HEADER = ("time", "currency", "before", "after")
EVERY = "ALL"
"""The currency that means every symbol."""
MOST_MINUTES = 7 * 1440
_CODE = re.compile(r"[A-Z0-9]{2,10}")


class NewsEvent(Struct, frozen=True):
    """One scheduled release and the quiet time around it.

    Attributes:
        ts: the release, ns UTC.
        currency: the currency or asset it concerns, or ``ALL``.
        start, end: ns UTC; nothing is entered from ``start`` until before ``end``.
    """

    ts: int
    currency: str
    start: int
    end: int


def read_news(path: Path) -> tuple[NewsEvent, ...]:
    """The events of a calendar file, sorted by time.

    Raises:
        ConfigError: the file cannot be read, or a line does not parse; the message names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"{path}: the news calendar cannot be read: {reason}",
            hint="Correct risk.news in config/ictcli.toml, or set it to an empty text for no calendar.",
        ) from error
    events: list[NewsEvent] = []
    header = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        try:
            events += [_event(cells)] if header else _after_header(cells)
        except ValueError as error:
            raise ConfigError(
                f"{path}, line {number}: {error}", hint="A line looks like 2024-05-03T12:30:00Z,USD,30,15."
            ) from error
        header = True
    return tuple(sorted(events, key=lambda event: (event.ts, event.currency)))


def _after_header(cells: list[str]) -> list[NewsEvent]:
    if tuple(cell.lower() for cell in cells) != HEADER:
        raise ValueError(f"the first line must be {','.join(HEADER)}")
    return []


def _event(cells: list[str]) -> NewsEvent:
    if len(cells) != len(HEADER):
        raise ValueError(f"{len(HEADER)} columns are needed, not {len(cells)}")
    time, currency, before, after = cells
    if not time[:1].isdigit() or "-" not in time:
        raise ValueError(f"time {time!r} is not an instant")
    ts = parse_instant(time, now=0)
    if not _CODE.fullmatch(currency.upper()):
        raise ValueError(f"currency {currency!r} is not a code such as USD, nor {EVERY}")
    start = ts - _minutes("before", before) * NS_PER_MINUTE
    return NewsEvent(ts, currency.upper(), start, ts + _minutes("after", after) * NS_PER_MINUTE)


def _minutes(column: str, cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and int(cell) <= MOST_MINUTES):
        raise ValueError(f"{column} must be minutes from 0 to {MOST_MINUTES}, not {cell!r}")
    return int(cell)
