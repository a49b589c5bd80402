"""Clock rules: what the naive time stamps of a file mean.

    utc            Coordinated Universal Time
    ny             New York local time
    ny+7           New York local time plus 7 hours: most MetaTrader servers, midnight at the 17:00 roll
    eet            Eastern European Time with EU clock changes: the other MetaTrader servers
    utc-03:30      a fixed offset; also +02:00
    Europe/London  any IANA zone

Each may end in ``@close`` when bars are stamped with their end instead of their start.
"""

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.bars import Int64
from ictcli.market.zones import NEW_YORK, from_local, showings, to_local

Stamp = Literal["open", "close"]

_SHIFTED = re.compile(r"(?P<base>utc|gmt|ny)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?")
_MAX_SHIFT = 14 * NS_PER_HOUR
_HINT = (
    "Use utc, ny, ny+7, eet, an offset such as utc-03:30 or an IANA zone; add @close if bars carry their end."
)


@dataclass(frozen=True, slots=True, order=True)
class ClockRule:
    """How a file's clock relates to UTC.

    Attributes:
        name: canonical name; ``parse_rule(str(rule)) == rule``.
        stamp: whether a bar carries the time of its open or of its close.
    """

    name: str
    stamp: Stamp = "open"

    def __str__(self) -> str:
        return self.name if self.stamp == "open" else f"{self.name}@close"


class ClockReader:
    """Converts the stamps of one file, chunk by chunk in file order.

    A clock that is set back shows an hour twice. The first showing is meant until the stamps jump back
    inside that hour; from there on the second. The reader remembers this between chunks.

    Args:
        rule: the file's clock.
        bar_ns: length of a bar in nanoseconds; used for close-stamped bars and to tell a repeated hour
            from a repeated row. 0 for ticks.
    """

    def __init__(self, rule: ClockRule, bar_ns: int) -> None:
        self._zone, self._shift = meaning(rule.name)
        self._bar_ns = bar_ns
        self._closes = rule.stamp == "close"
        self._day: int | None = None
        self._latest = 0
        self._again = False

    def to_utc(self, wall: Int64) -> Int64:
        """Bar-open instants (UTC) of naive stamps, in file order, oldest first."""
        local = wall - self._shift
        if self._closes and self._bar_ns >= NS_PER_DAY:
            local = local - self._bar_ns
        first, second = showings(self._zone, local)
        utc = first
        twice = np.flatnonzero(first != second)
        if len(twice):
            utc = first.copy()
        for at in twice.tolist():
            if self._is_second(int(local[at]), int(second[at] - first[at])):
                utc[at] = second[at]
        return utc - self._bar_ns if self._closes and self._bar_ns < NS_PER_DAY else utc

    def _is_second(self, local: int, overlap: int) -> bool:
        if local // NS_PER_DAY != self._day:
            self._day, self._latest, self._again = local // NS_PER_DAY, local, False
            return False
        back = self._latest - local
        if 2 * back >= overlap or (back >= 0 and 2 * self._bar_ns >= overlap):
            self._latest, self._again = local, True
        self._latest = max(self._latest, local)
        return self._again


def parse_rule(text: str) -> ClockRule:
    """The rule that ``text`` names.

    Raises:
        UsageError: it names none.
    """
    name, at, stamp = text.strip().partition("@")
    if at and stamp.lower() not in ("open", "close"):
        raise UsageError(f"unknown stamp {stamp!r} in clock rule {text!r}", hint="Use @close or @open.")
    return ClockRule(_canonical(name), "close" if stamp.lower() == "close" else "open")


def meaning(name: str) -> tuple[tzinfo, int]:
    """The zone behind a canonical rule name, and what the file's clock shows beyond that zone's (ns)."""
    if name == "utc":
        return UTC, 0
    if name == "eet":
        return ZoneInfo("Europe/Athens"), 0
    match = _SHIFTED.fullmatch(name)
    if match:
        zone: tzinfo = NEW_YORK if match["base"] == "ny" else UTC
        return zone, _shift(match)
    return (NEW_YORK if name == "ny" else ZoneInfo(name)), 0


def to_utc(rule: ClockRule, wall: Int64, bar_ns: int) -> Int64:
    """Bar-open instants (UTC) of the stamps of a whole file; ``ClockReader`` does it in chunks."""
    return ClockReader(rule, bar_ns).to_utc(wall)


def from_utc(rule: ClockRule, ts: Int64, bar_ns: int = 0) -> Int64:
    """What the file's clock shows for bars that open at ``ts``; the inverse of ``to_utc``."""
    zone, shift = meaning(rule.name)
    if rule.stamp == "open":
        return to_local(zone, ts) + shift
    if bar_ns >= NS_PER_DAY:
        return to_local(zone, ts) + shift + bar_ns
    return to_local(zone, ts + bar_ns) + shift


def impossible(rule: ClockRule, wall: Int64) -> NDArray[np.bool_]:
    """Whether the rule's clock never shows each reading, because it was set forward over it."""
    zone, shift = meaning(rule.name)
    local = wall - shift
    shown: Int64 = to_local(zone, from_local(zone, local))
    return np.not_equal(shown, local)


def _canonical(name: str) -> str:
    lowered = name.strip().lower()
    if lowered in ("utc", "gmt", "z"):
        return "utc"
    if lowered in ("ny", "eet"):
        return lowered
    match = _SHIFTED.fullmatch(lowered)
    if match is None:
        return _zone_name(name.strip())
    shift = _shift(match)
    if abs(shift) > _MAX_SHIFT:
        raise UsageError(f"clock rule {name!r} is more than 14 hours off", hint=_HINT)
    base = "ny" if match["base"] == "ny" else "utc"
    if shift == 0:
        return base
    hours, minutes = divmod(abs(shift) // NS_PER_MINUTE, 60)
    sign = "+" if shift > 0 else "-"
    if base == "ny":
        return f"ny{sign}{hours}" + (f":{minutes:02d}" if minutes else "")
    return f"utc{sign}{hours:02d}:{minutes:02d}"


def _shift(match: re.Match[str]) -> int:
    size = int(match["hours"]) * NS_PER_HOUR + int(match["minutes"] or 0) * NS_PER_MINUTE
    return -size if match["sign"] == "-" else size


def _zone_name(name: str) -> str:
    zones = _zones()
    found = zones.get(name.lower())
    if found is not None:
        return found
    near = difflib.get_close_matches(name.lower(), zones, n=1)
    hint = f"Did you mean {zones[near[0]]}? {_HINT}" if near else _HINT
    raise UsageError(f"unknown clock rule {name!r}", hint=hint)


@cache
def _zones() -> dict[str, str]:
    return {zone.lower(): zone for zone in sorted(available_timezones())}
