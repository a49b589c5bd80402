"""What a cell says: numbers, instants, counts, exactly, or not at all."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from ictcli.clock import NS_PER_SECOND
from ictcli.errors import DataError

_NUMBER = r"-?(?:\d{1,3}(?: \d{3})+|\d{1,15})(?:\.\d{1,8})?"
_WHOLE = re.compile(_NUMBER, re.ASCII)
_TICKET = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_TIME = re.compile(r"(\d{4})\.(\d\d)\.(\d\d) (\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?", re.ASCII)
_SYMBOL = re.compile(r"\S(?:[^<>\x00-\x1f]{0,62}\S)?")
_PAIRS = {
    "money_share": re.compile(rf"({_NUMBER}) \(({_NUMBER})%\)", re.ASCII),
    "share_money": re.compile(rf"({_NUMBER})% \(({_NUMBER})\)", re.ASCII),
    "two": re.compile(rf"({_NUMBER}) \(({_NUMBER})\)", re.ASCII),
    "share": re.compile(rf"({_NUMBER})%()", re.ASCII),
}
MOST_TICKET = 2**63 - 1
_FIRST_YEAR, _BEHIND_LAST_YEAR = 1990, 2200


def number(text: str) -> Decimal:
    """A number with a decimal point and spaces between thousands.

    Raises:
        DataError: it is none.
    """
    if not _WHOLE.fullmatch(text):
        raise DataError(f"{text[:40]!r} is no number")
    return Decimal(text.replace(" ", ""))


def positive(text: str) -> Decimal:
    """A number above 0.

    Raises:
        DataError: it is none.
    """
    value = number(text)
    if value <= 0:
        raise DataError(f"{text[:40]!r} is not above 0")
    return value


def level(text: str) -> Decimal | None:
    """A price that may not be set: empty, or 0 as MetaTrader 4 writes it.

    Raises:
        DataError: it is neither empty nor a price.
    """
    if not text:
        return None
    value = number(text)
    if value < 0:
        raise DataError(f"{text[:40]!r} is below 0")
    return value or None


def ticket(text: str) -> int:
    """The number of a deal, an order, a position.

    Raises:
        DataError: it is none.
    """
    if not _TICKET.fullmatch(text) or int(text) > MOST_TICKET:
        raise DataError(f"{text[:40]!r} is no ticket")
    return int(text)


def symbol(text: str) -> str:
    """The name of a symbol.

    Raises:
        DataError: it is none.
    """
    if not _SYMBOL.fullmatch(text):
        raise DataError(f"{text[:40]!r} is no symbol")
    return text


def wall(text: str) -> int:
    """An instant of the server's clock, ns as if UTC: ``2023.06.08 23:03:00``, seconds optional.

    Raises:
        DataError: it is none.
    """
    found = _TIME.fullmatch(text)
    if not found:
        raise DataError(f"{text[:40]!r} is no time")
    year, month, day, hour, minute, second, milli = (int(part or 0) for part in found.groups())
    if not _FIRST_YEAR <= year < _BEHIND_LAST_YEAR:
        raise DataError(f"{text[:40]!r} is no time at which anybody traded")
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise DataError(f"{text[:40]!r} is no time") from error
    return int(at.timestamp()) * NS_PER_SECOND + milli * (NS_PER_SECOND // 1000)


def shown(at: int) -> str:
    """An instant of the server's clock as the terminal writes it."""
    return datetime.fromtimestamp(at // NS_PER_SECOND, UTC).strftime("%Y.%m.%d %H:%M:%S")


def filled_volume(text: str) -> tuple[Decimal, Decimal]:
    """Volume and what was filled of it: ``0.1 / 0.1``.

    Raises:
        DataError: it is neither, or more was filled than was asked for.
    """
    asked, slash, filled = text.partition(" / ")
    if not slash:
        raise DataError(f"{text[:40]!r} is no pair of volumes")
    pair = positive(asked), number(filled)
    if not 0 <= pair[1] <= pair[0]:
        raise DataError(f"{text[:40]!r}: more than all of it")
    return pair


def pair(text: str, kind: str) -> tuple[Decimal, Decimal]:
    """Two numbers of a statistic.

    ``money_share`` 5.00 (0.00%), ``share_money`` 0.00% (5.00), ``two`` 2 (2.40), ``share`` 9.00% and 0.

    Raises:
        DataError: it is not of that kind.
    """
    found = _PAIRS[kind].fullmatch(text)
    if not found:
        raise DataError(f"{text[:40]!r} is not what stands there in a report")
    return number(found[1]), number(found[2] or "0")


def digits(text: str) -> int:
    """Digits behind the point of a number as it is written."""
    return len(text.partition(".")[2])
