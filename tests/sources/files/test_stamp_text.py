"""Times as people write them, against the standard library."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.clock import from_datetime
from ictcli.sources.files.stamp_text import (
    DMY,
    MDY,
    YMD,
    day_number,
    read_calendar,
    read_clock,
    read_epoch,
    read_offset,
)

pytestmark = pytest.mark.jit_off

MOMENTS = st.integers(-70 * 365 * 86_400 * 10**6, 230 * 365 * 86_400 * 10**6).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode() or b"\0", dtype=np.uint8)


def _calendar(text: str, order: int = YMD, *, offset: bool = False) -> int | None:
    good, ns = read_calendar(_bytes(text), 0, len(text.encode()), order, int(offset))
    return int(ns) if good else None


@given(moment=MOMENTS)
@pytest.mark.parametrize(
    ("pattern", "order"),
    [
        ("%Y-%m-%d %H:%M:%S.%f", YMD),
        ("%Y.%m.%dT%H:%M:%S.%f", YMD),
        ("%Y%m%d %H%M%S%f", YMD),
        ("%d.%m.%Y %H:%M:%S.%f", DMY),
        ("%m/%d/%Y %H:%M:%S.%f", MDY),
    ],
)
def test_a_time_reads_as_the_instant_it_was_written_from(moment: datetime, pattern: str, order: int) -> None:
    text = f"{moment:{pattern}}"
    assert _calendar(text, order) == from_datetime(moment)


@given(moment=MOMENTS, hours=st.integers(-12, 14), half=st.booleans())
def test_an_offset_moves_the_stamp_to_utc(moment: datetime, hours: int, *, half: bool) -> None:
    minutes = 30 if half else 0
    text = f"{moment:%Y-%m-%d %H:%M:%S}{hours:+03d}:{minutes:02d}"
    shift = timedelta(hours=hours, minutes=minutes if text[19] == "+" else -minutes)
    assert _calendar(text, offset=True) == from_datetime(moment.replace(microsecond=0) - shift)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023",
        "2023-",
        "2023-1",
        "2023-02-29",
        "1900-02-29",
        "2023-13-01",
        "2023-00-10",
        "2023-10-00",
        "1899-12-31",
        "2201-01-01",
        "2023-10/11",
        "2023-10-11 ",
        "2023-10-11 24:00",
        "2023-10-11 10:60",
        "2023-10-11 10:10:60",
        "2023-10-11 10:1",
        "2023-10-11 10:10:10.",
        "2023-10-11 10:10x",
        "20231011 1",
        "20231011 10101",
        "-(2023-10-11",
        "\u0662\u0660\u0662\u0663-10-11",
        "99999999999999999999",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert _calendar(text) is None


@pytest.mark.parametrize("text", ["Z", " UTC", " GMT", " GMT+0000", "+00", "-0000", "+00:00"])
def test_zero_offsets_are_spelt_in_many_ways(text: str) -> None:
    assert _calendar("2023-10-11 10:10" + text, offset=True) == _calendar("2023-10-11 10:10")
    assert _calendar("2023-10-11 10:10" + text) is None


@pytest.mark.parametrize("text", ["", "+", "+1", "+16", "+01:", "+01:6", "+01:60", "GM+01", "EST", "+010"])
def test_what_is_no_offset_is_refused(text: str) -> None:
    assert read_offset(_bytes(text), 0, len(text)) == (0, 0)


@given(seconds=st.integers(10**8, 7_000_000_000), fraction=st.integers(0, 10**9 - 1))
def test_unix_times_of_every_unit_agree(seconds: int, fraction: int) -> None:
    ns = seconds * 10**9 + fraction
    spelt = {
        f"{seconds}.{fraction:09d}": ns,
        str(ns // 10**6): ns // 10**6 * 10**6,
        str(ns // 10**3): ns // 10**3 * 10**3,
        str(ns): ns,
    }
    for text, expected in spelt.items():
        assert read_epoch(_bytes(text), 0, len(text)) == (True, expected)


@pytest.mark.parametrize(
    "text", ["", "-", "1e9", "16725312001672531200167", "9999999999999999999", "7289654400", "1.x"]
)
def test_what_is_no_unix_time_is_refused(text: str) -> None:
    assert not read_epoch(_bytes(text), 0, len(text))[0]


@given(moment=MOMENTS)
def test_day_numbers_are_those_of_the_calendar(moment: datetime) -> None:
    day = day_number(moment.year, moment.month, moment.day)
    assert day == (moment.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days


@given(text=st.text("0123456789:.,- TZ+GMTUC", max_size=24), cut=st.integers(0, 24))
def test_any_text_is_read_or_refused_within_its_bounds(text: str, cut: int) -> None:
    buffer = _bytes(text + "\0" * 24)
    end = min(cut, len(text))
    position, _ = read_clock(buffer, 0, end)
    assert -1 <= position <= end
    alone = read_calendar(_bytes(text[:end]), 0, end, YMD, 0)
    assert read_calendar(buffer, 0, end, YMD, 0) == alone
