"""Kernels that turn a block of text rows into stamps and numbers, without creating a string.

``split_rows`` finds lines and fields; one kernel per kind of column then reads all its fields. Plain decimals
and the common spellings of a time are read here; a row with any other number (exponents, ``nan``, oddities)
is marked and re-examined as text by the caller, so nothing is lost to speed.

Shared arguments: ``buf`` bytes of the text; ``begins`` and ``ends`` where a column's field starts and stops
in every row; ``status`` the row's status code, raised from ``OK`` by the first column that fails.
"""

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_SECOND
from ictcli.kernels import kernel
from ictcli.sources.files.stamp_text import (
    EPOCH,
    YMD,
    digit_run,
    digits_value,
    read_calendar,
    read_clock,
    read_date,
    read_epoch,
)

OK, BAD_TIME, BAD_NUMBER, BAD_COLUMNS, OTHER_SYMBOL = 0, 1, 2, 3, 4
"""Row status."""

_POWERS = np.array([10.0**k for k in range(23)])


@kernel
def read_number(buf: NDArray[np.uint8], a: int, b: int, decimal: int) -> tuple[bool, float]:
    """Plain decimal in ``buf[a:b]``: exact up to 15 significant digits, else within one ulp."""
    negative = False
    if a < b and (int(buf[a]) == 45 or int(buf[a]) == 43):
        negative = int(buf[a]) == 45
        a += 1
    mantissa = 0
    taken = 0
    seen = 0
    places = 0
    fraction = False
    for i in range(a, b):
        c = int(buf[i])
        if 48 <= c <= 57:
            seen += 1
            if taken < 18:
                mantissa = mantissa * 10 + (c - 48)
                if mantissa > 0:
                    taken += 1
                if fraction:
                    places += 1
            elif not fraction:
                return False, 0.0
        elif c == decimal and not fraction:
            fraction = True
        else:
            return False, 0.0
    if seen == 0 or places > 22:
        return False, 0.0
    value = float(mantissa) / _POWERS[places]
    return True, -value if negative else value


@kernel
def number_column(
    buf: NDArray[np.uint8],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    decimal: int,
    optional: int,
    values: NDArray[np.float64],
    status: NDArray[np.int8],
) -> None:
    """Read numbers into ``values``; an empty field is nan where ``optional`` is 1."""
    for row in range(len(status)):
        if int(status[row]) == BAD_COLUMNS:
            continue
        a, b = int(begins[row]), int(ends[row])
        if a == b and optional == 1:
            values[row] = np.nan
            continue
        good, value = read_number(buf, a, b, decimal)
        values[row] = value
        if not good and int(status[row]) == OK:
            status[row] = BAD_NUMBER


@kernel
def read_usual(buf: NDArray[np.uint8], a: int) -> tuple[int, int]:
    """``YYYY?MM?DD?HH:MM:SS`` at ``a``: date as YYYYMMDD and seconds of the day, or ``(-1, 0)``."""
    for k in range(19):
        c = int(buf[a + k])
        if k in (4, 7, 10):
            continue
        if k in (13, 16):
            if c != 58:
                return -1, 0
        elif not 48 <= c <= 57:
            return -1, 0
    if int(buf[a + 4]) not in (45, 46, 47) or int(buf[a + 7]) != int(buf[a + 4]):
        return -1, 0
    if int(buf[a + 10]) != 32 and int(buf[a + 10]) != 84:
        return -1, 0
    date = digits_value(buf, a, a + 4) * 10_000 + digits_value(buf, a + 5, a + 7) * 100
    date += digits_value(buf, a + 8, a + 10)
    hour, minute = digits_value(buf, a + 11, a + 13), digits_value(buf, a + 14, a + 16)
    second = digits_value(buf, a + 17, a + 19)
    if hour > 23 or minute > 59 or second > 59:
        return -1, 0
    return date, hour * 3600 + minute * 60 + second


@kernel
def calendar_column(
    buf: NDArray[np.uint8],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    order: int,
    offset: int,
    wall: NDArray[np.int64],
    status: NDArray[np.int8],
) -> None:
    """Read dates with times into ``wall``; the usual spelling takes a short cut."""
    last_date = -1
    last_day = 0
    date = -1
    for row in range(len(status)):
        if int(status[row]) == BAD_COLUMNS:
            continue
        a, b = int(begins[row]), int(ends[row])
        if b - a == 19 and order == YMD and offset == 0:
            date, second = read_usual(buf, a)
            if date >= 0 and date == last_date:
                wall[row] = last_day * NS_PER_DAY + second * NS_PER_SECOND
                continue
        good, ns = read_calendar(buf, a, b, order, offset)
        wall[row] = ns
        if not good:
            status[row] = BAD_TIME
        elif b - a == 19 and order == YMD and offset == 0:
            last_date = date
            last_day = ns // NS_PER_DAY


@kernel
def number_stamp_column(
    buf: NDArray[np.uint8],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    style: int,
    base: int,
    wall: NDArray[np.int64],
    status: NDArray[np.int8],
) -> None:
    """Read unix times, or milliseconds since midnight of the day at ``base``, into ``wall``."""
    for row in range(len(status)):
        if int(status[row]) == BAD_COLUMNS:
            continue
        a, b = int(begins[row]), int(ends[row])
        if style == EPOCH:
            good, ns = read_epoch(buf, a, b)
        else:
            good = a < b <= a + 8 and digit_run(buf, a, b) == b
            ns = digits_value(buf, a, b) * 1_000_000 if good else 0
            good = good and ns < NS_PER_DAY
        wall[row] = base + ns
        if not good:
            status[row] = BAD_TIME


@kernel
def date_and_clock_columns(
    buf: NDArray[np.uint8],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    clock_begins: NDArray[np.int32],
    clock_ends: NDArray[np.int32],
    order: int,
    wall: NDArray[np.int64],
    status: NDArray[np.int8],
) -> None:
    """Read a date column and a time-of-day column into ``wall``."""
    for row in range(len(status)):
        if int(status[row]) == BAD_COLUMNS:
            continue
        p, day = read_date(buf, int(begins[row]), int(ends[row]), order)
        q, clock = read_clock(buf, int(clock_begins[row]), int(clock_ends[row]))
        wall[row] = day * NS_PER_DAY + clock
        if p != int(ends[row]) or q != int(clock_ends[row]):
            status[row] = BAD_TIME


@kernel
def symbol_column(
    buf: NDArray[np.uint8],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    wanted: NDArray[np.uint8],
    status: NDArray[np.int8],
) -> None:
    """Mark the rows whose field is not ``wanted``."""
    for row in range(len(status)):
        if int(status[row]) != OK:
            continue
        a, b = int(begins[row]), int(ends[row])
        same = b - a == len(wanted)
        for k in range(len(wanted)):
            same = same and buf[a + k] == wanted[k]
        if not same:
            status[row] = OTHER_SYMBOL


@kernel
def trimmed(buf: NDArray[np.uint8], a: int, b: int) -> tuple[int, int]:
    """Bounds of ``buf[a:b]`` without surrounding blanks, then without one pair of double quotes."""
    while a < b and int(buf[a]) == 32:
        a += 1
    while b > a and (int(buf[b - 1]) == 32 or int(buf[b - 1]) == 13):
        b -= 1
    if b - a >= 2 and int(buf[a]) == 34 and int(buf[b - 1]) == 34:
        return a + 1, b - 1
    return a, b


@kernel
def split_fields(
    buf: NDArray[np.uint8],
    a: int,
    b: int,
    separator: int,
    row: int,
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
) -> int:
    """Field bounds of the line ``buf[a:b]``; ``OK``, or ``BAD_COLUMNS`` when their number differs.

    One more separator at the end of the line is tolerated.
    """
    columns = len(begins)
    count = 0
    at = a
    for i in range(a, b + 1):
        if i == b or int(buf[i]) == separator:
            left, right = trimmed(buf, at, i)
            if count < columns:
                begins[count, row] = left
                ends[count, row] = right
            elif count > columns or left < right:
                return BAD_COLUMNS
            count += 1
            at = i + 1
    return OK if count >= columns else BAD_COLUMNS


@kernel
def split_rows(
    buf: NDArray[np.uint8],
    start: int,
    stop: int,
    line: int,
    separator: int,
    quoted: int,
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    bounds: NDArray[np.int32],
    lines: NDArray[np.int64],
    status: NDArray[np.int8],
) -> tuple[int, int, int]:
    """Find rows and fields in the complete lines of ``buf[start:stop]`` until text or rows run out.

    Args:
        buf: bytes; ``buf[stop - 1]`` is a line feed.
        start: where the first line begins.
        stop: end of the complete lines.
        line: 1-based number of the first line.
        separator: byte between fields.
        quoted: 1 when whole lines stand in double quotes.
        begins: column x row, filled.
        ends: column x row, filled.
        bounds: 2 x row: where the whole row starts and ends, filled.
        lines: line number per row, filled.
        status: per row, filled with ``OK`` or ``BAD_COLUMNS``.

    Returns:
        Position after the last line read, its number + 1, rows found. Blank lines are not rows.
    """
    row = 0
    while start < stop and row < len(lines):
        end = start
        while int(buf[end]) != 10:
            end += 1
        a, b = start, end
        while b > a and (int(buf[b - 1]) == 13 or int(buf[b - 1]) == 32):
            b -= 1
        if b > a:
            bounds[0, row] = a
            bounds[1, row] = b
            lines[row] = line
            if quoted == 1:
                a, b = trimmed(buf, a, b)
            status[row] = split_fields(buf, a, b, separator, row, begins, ends)
            row += 1
        line += 1
        start = end + 1
    return start, line, row
