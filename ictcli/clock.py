"""Time as ictcli holds it: integer nanoseconds since 1970-01-01 UTC.

The only module that may ask the operating system what time it is (enforced by a lint rule).
"""

import re
import time
from datetime import UTC, datetime, timedelta

NS_PER_SECOND = 1_000_000_000
NS_PER_MINUTE = 60 * NS_PER_SECOND
NS_PER_HOUR = 60 * NS_PER_MINUTE
NS_PER_DAY = 24 * NS_PER_HOUR

_DURATION = re.compile(r"(\d+)([smhdw])")
_UNIT_NS = {
    "s": NS_PER_SECOND,
    "m": NS_PER_MINUTE,
    "h": NS_PER_HOUR,
    "d": NS_PER_DAY,
    "w": 7 * NS_PER_DAY,
}


def now_ns() -> int:
    """The current instant in nanoseconds since the epoch, UTC."""
    return time.time_ns()


def monotonic() -> float:
    """Seconds from an arbitrary origin, for measuring durations only."""
    return time.monotonic()


def to_datetime(ns: int) -> datetime:
    """An aware UTC datetime, truncated to microseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)


def from_datetime(moment: datetime) -> int:
    """Nanoseconds since the epoch of an aware datetime.

    Raises:
        ValueError: the datetime is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * NS_PER_SECOND + delta.microseconds * 1000


def iso(ns: int) -> str:
    """ISO-8601 UTC with ``Z``; sub-second digits only where there are any."""
    moment = to_datetime(ns)
    timespec = "seconds" if moment.microsecond == 0 else "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def parse_duration(text: str) -> int:
    """Nanoseconds of ``90s``, ``15m``, ``36h``, ``7d`` or ``2w``.

    Raises:
        ValueError: the text is not a whole number with one of those units.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"not a duration: {text!r} (examples: 15m, 36h, 7d)")
    return int(match.group(1)) * _UNIT_NS[match.group(2)]


def parse_instant(text: str, *, now: int) -> int:
    """Nanoseconds of an ISO-8601 instant (UTC unless it carries an offset) or of ``now`` minus a duration.

    Raises:
        ValueError: the text is neither, or lies outside the years 1970 to 2200.
    """
    if _DURATION.fullmatch(text):
        return now - parse_duration(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"not an instant: {text!r} (examples: 2026-01-31, 2026-01-31T09:30Z, 7d)") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not 1970 <= moment.astimezone(UTC).year <= 2200:
        raise ValueError(f"instant outside 1970..2200: {text!r}")
    return from_datetime(moment)
