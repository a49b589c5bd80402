"""Kernels that read times as people write them, byte by byte."""

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.kernels import kernel

CALENDAR, EPOCH, MILLIS = 0, 1, 2
"""Stamp styles: date and time; unix time in any unit; milliseconds since midnight."""
YMD, DMY, MDY = 0, 1, 2
"""Date orders."""
NO_DAY = -(10**9)

_TENS = np.array([10**k for k in range(10)], dtype=np.int64)
_MONTH_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_FIRST_YEAR = 1900
_LAST_YEAR = 2200
_FIRST_SECOND = -2_208_988_800  # 1900-01-01
_LAST_SECOND = 7_289_654_400  # 2201-01-01


@kernel
def digit_run(buf: NDArray[np.uint8], a: int, b: int) -> int:
    """Position after the digits that start at ``a``."""
    while a < b and 48 <= int(buf[a]) <= 57:
        a += 1
    return a


@kernel
def digits_value(buf: NDArray[np.uint8], a: int, b: int) -> int:
    """Value of the digits in ``buf[a:b]`` (at most 18 of them)."""
    value = 0
    for i in range(a, b):
        value = value * 10 + (int(buf[i]) - 48)
    return value


@kernel
def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a Gregorian date (era arithmetic), or ``NO_DAY`` for no such date."""
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]):
        return NO_DAY
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if month == 2 and day == 29 and not leap:
        return NO_DAY
    y = year - 1 if month <= 2 else year
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@kernel
def read_date(buf: NDArray[np.uint8], a: int, b: int, order: int) -> tuple[int, int]:
    """Date at ``a``: ``(position after it, day number)``; position -1 when there is none."""
    p = digit_run(buf, a, b)
    if p - a == 8 and order == YMD:
        year, month = digits_value(buf, a, a + 4), digits_value(buf, a + 4, a + 6)
        day = day_number(year, month, digits_value(buf, a + 6, p))
        return (p, day) if day > NO_DAY else (-1, 0)
    if p >= b or p - a > 4:
        return -1, 0
    separator = int(buf[p])
    if separator not in (45, 46, 47):
        return -1, 0
    q = digit_run(buf, p + 1, b)
    if q >= b or int(buf[q]) != separator or q - p > 3:
        return -1, 0
    r = digit_run(buf, q + 1, b)
    if r - q > 5 or r - q < 2 or q - p < 2 or p == a:
        return -1, 0
    first, second, third = digits_value(buf, a, p), digits_value(buf, p + 1, q), digits_value(buf, q + 1, r)
    if order == YMD:
        day = day_number(first, second, third)
    elif order == DMY:
        day = day_number(third, second, first)
    else:
        day = day_number(third, first, second)
    return (r, day) if day > NO_DAY else (-1, 0)


@kernel
def read_fraction(buf: NDArray[np.uint8], a: int, b: int) -> int:
    """Nanoseconds of the fraction digits in ``buf[a:b]``; digits past the ninth are dropped."""
    stop = min(b, a + 9)
    return digits_value(buf, a, stop) * int(_TENS[9 - (stop - a)])


@kernel
def read_clock(buf: NDArray[np.uint8], a: int, b: int) -> tuple[int, int]:
    """``HH:MM[:SS[.f]]``, ``HHMM`` or ``HHMMSS[f]`` at ``a``: ``(position after it or -1, nanoseconds)``."""
    p = digit_run(buf, a, b)
    second = 0
    fraction = 0
    if 1 <= p - a <= 2 and p < b and int(buf[p]) == 58:
        hour = digits_value(buf, a, p)
        q = digit_run(buf, p + 1, b)
        if q - p != 3:
            return -1, 0
        minute = digits_value(buf, p + 1, q)
        if q < b and int(buf[q]) == 58:
            p = q + 1
            q = digit_run(buf, p, b)
            if q - p != 2:
                return -1, 0
            second = digits_value(buf, p, q)
            if q < b and (int(buf[q]) == 46 or int(buf[q]) == 44):
                p = q + 1
                q = digit_run(buf, p, b)
                if q == p:
                    return -1, 0
                fraction = read_fraction(buf, p, q)
    elif p - a == 4 or 6 <= p - a <= 15:
        q = p
        hour, minute = digits_value(buf, a, a + 2), digits_value(buf, a + 2, a + 4)
        if p - a > 4:
            second = digits_value(buf, a + 4, a + 6)
            fraction = read_fraction(buf, a + 6, p)
    else:
        return -1, 0
    if hour > 23 or minute > 59 or second > 59:
        return -1, 0
    return q, hour * NS_PER_HOUR + minute * NS_PER_MINUTE + second * NS_PER_SECOND + fraction


@kernel
def signless_offset(buf: NDArray[np.uint8], a: int, b: int) -> int:
    """``HH``, ``HHMM`` or ``HH:MM`` that fills ``buf[a:b]``, in nanoseconds; -1 for anything else."""
    p = digit_run(buf, a, b)
    minute = 0
    if p == b and p - a == 4:
        hour, minute = digits_value(buf, a, a + 2), digits_value(buf, a + 2, p)
    elif p == b and p - a == 2:
        hour = digits_value(buf, a, p)
    elif p - a == 2 and b - p == 3 and int(buf[p]) == 58 and digit_run(buf, p + 1, b) == b:
        hour, minute = digits_value(buf, a, p), digits_value(buf, p + 1, b)
    else:
        return -1
    return hour * NS_PER_HOUR + minute * NS_PER_MINUTE if hour <= 15 and minute <= 59 else -1


@kernel
def read_offset(buf: NDArray[np.uint8], a: int, b: int) -> tuple[int, int]:
    """Zone offset that fills ``buf[a:b]``: ``Z``, ``UTC``, ``GMT`` or ``[GMT]±HH[[:]MM]``.

    Returns:
        ``(1, nanoseconds)``, or ``(0, 0)`` when the text is anything else.
    """
    while a < b and int(buf[a]) == 32:
        a += 1
    if b - a == 1 and (int(buf[a]) == 90 or int(buf[a]) == 122):
        return 1, 0
    if b - a >= 3 and int(buf[a]) in (85, 71) and int(buf[a + 1]) in (84, 77) and int(buf[a + 2]) in (67, 84):
        a += 3
        if a == b:
            return 1, 0
    if b - a < 3 or (int(buf[a]) != 43 and int(buf[a]) != 45):
        return 0, 0
    size = signless_offset(buf, a + 1, b)
    if size < 0:
        return 0, 0
    return 1, size if int(buf[a]) == 43 else -size


@kernel
def epoch_unit(value: int) -> int:
    """Nanoseconds per unit of a unix time of this size; right from 1973 on."""
    if value < 10**11:
        return NS_PER_SECOND
    if value < 10**14:
        return 1_000_000
    if value < 10**17:
        return 1_000
    return 1


@kernel
def read_epoch(buf: NDArray[np.uint8], a: int, b: int) -> tuple[bool, int]:
    """Unix time in ``buf[a:b]``; its size tells seconds, milli-, micro- or nanoseconds."""
    negative = a < b and int(buf[a]) == 45
    if negative:
        a += 1
    p = digit_run(buf, a, b)
    if p == a or p - a > 19 or (p - a == 19 and int(buf[a]) > 55):
        return False, 0
    value = digits_value(buf, a, p)
    unit = epoch_unit(value)
    if value // (NS_PER_SECOND // unit) >= _LAST_SECOND:
        return False, 0
    ns = value * unit
    if p < b:
        q = digit_run(buf, p + 1, b)
        if int(buf[p]) != 46 or q != b:
            return False, 0
        ns += read_fraction(buf, p + 1, q) // (NS_PER_SECOND // unit)
    if negative:
        ns = -ns
    return ns >= _FIRST_SECOND * NS_PER_SECOND, ns


@kernel
def read_calendar(buf: NDArray[np.uint8], a: int, b: int, order: int, offset: int) -> tuple[bool, int]:
    """Date, optional time and (``offset`` 1: required, 0: forbidden) zone offset that fill ``buf[a:b]``."""
    p, day = read_date(buf, a, b, order)
    if p < 0:
        return False, 0
    ns = day * NS_PER_DAY
    if p < b:
        while p < b and (int(buf[p]) == 32 or int(buf[p]) == 84):
            p += 1
        q, clock = read_clock(buf, p, b)
        if q < 0:
            return False, 0
        ns += clock
        p = q
    if p == b:
        return offset == 0, ns
    found, shift = read_offset(buf, p, b)
    return found == 1 and offset == 1, ns - shift
