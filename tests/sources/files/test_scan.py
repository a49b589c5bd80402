"""Numbers in text, against Python's own reading."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.sources.files.scan import (
    BAD_COLUMNS,
    BAD_NUMBER,
    BAD_TIME,
    OK,
    calendar_column,
    number_column,
    read_number,
    split_rows,
    trimmed,
)

pytestmark = pytest.mark.jit_off


def _number(text: str, decimal: str = ".") -> float | None:
    good, value = read_number(np.frombuffer(text.encode() or b"\0", np.uint8), 0, len(text), ord(decimal))
    return float(value) if good else None


@given(mantissa=st.integers(0, 10**15 - 1), places=st.integers(0, 15), negative=st.booleans())
def test_decimals_of_fifteen_digits_are_exact(mantissa: int, places: int, *, negative: bool) -> None:
    digits = f"{mantissa:0{places + 1}d}"
    text = ("-" if negative else "") + (digits[: len(digits) - places] + "." + digits[len(digits) - places :])
    assert _number(text) == float(text)
    assert _number(text.replace(".", ","), ",") == float(text)


@given(value=st.floats(1e-4, 1e9))
def test_longer_decimals_are_within_one_ulp(value: float) -> None:
    text = f"{value:.17f}"
    read = _number(text)
    assert read is not None
    assert abs(read - float(text)) <= np.spacing(float(text))


@pytest.mark.parametrize(
    "text", ["", "-", ".", "+.", "1.2.3", "1,2", "1e5", "nan", "0x1", "1 2", "--1", "1" * 19]
)
def test_what_is_no_plain_decimal_is_left_to_python(text: str) -> None:
    assert _number(text) is None


def test_fields_are_bounded_without_blanks_and_quotes() -> None:
    buffer = np.frombuffer(b'  "ab" \r', np.uint8)
    assert trimmed(buffer, 0, len(buffer)) == (3, 5)
    assert trimmed(buffer, 0, 1) == (1, 1)


def test_lines_are_split_into_rows_until_the_slots_are_full() -> None:
    text = b"a,b\n\n\r\nc,d,\nonly\ne,f,g\nh,i\n"
    buffer = np.frombuffer(text, np.uint8)
    begins, ends = np.zeros((2, 4), np.int32), np.zeros((2, 4), np.int32)
    bounds, lines, status = np.zeros((2, 4), np.int32), np.zeros(4, np.int64), np.zeros(4, np.int8)
    found = split_rows(buffer, 0, len(text), 1, ord(","), 0, begins, ends, bounds, lines, status)
    assert found == (text.index(b"h"), 7, 4)
    assert lines.tolist() == [1, 4, 5, 6]
    assert status.tolist() == [OK, OK, BAD_COLUMNS, BAD_COLUMNS]
    assert [text[begins[c, 1] : ends[c, 1]] for c in (0, 1)] == [b"c", b"d"]
    assert text[bounds[0, 3] : bounds[1, 3]] == b"e,f,g"


def test_the_short_cut_for_usual_stamps_agrees_with_the_long_way() -> None:
    texts = [
        "2020-01-31 10:05:07",
        "2020-01-31 10:05:08",
        "2020-01-31T23:59:59",
        "2020-01-31 24:00:00",
        "2020-02-30 10:05:07",
        "2020-02-30 10:05:07",
        "2020/01.31 10:05:07",
        "2020.01.31 10:05:07",
        "2020-01-31x10:05:07",
        "2020-01-31 10:05:0x",
        "2020-01-31 10.05:07",
        "2020-1-1 10:05:07.5",
    ]
    text = "".join(texts).encode()
    ends = np.cumsum([len(item) for item in texts]).astype(np.int32)
    begins = (ends - np.array([len(item) for item in texts])).astype(np.int32)
    buffer = np.frombuffer(text, np.uint8)
    wall, status = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int8)
    calendar_column(buffer, begins, ends, 0, 0, wall, status)
    good = [0, 1, 2, 7, 11]
    assert np.flatnonzero(status == OK).tolist() == good
    assert set(status[status != OK].tolist()) == {BAD_TIME}
    expected = ["2020-01-31T10:05:07", "2020-01-31T10:05:08", "2020-01-31T23:59:59", "2020-01-31T10:05:07"]
    seen = wall[good].astype("M8[ns]")
    assert (seen[:4] == np.array(expected, "M8[ns]")).all()
    assert seen[4] == np.datetime64("2020-01-01T10:05:07.5", "ns")


def test_a_failed_number_never_hides_a_failed_time() -> None:
    buffer = np.frombuffer(b"x", np.uint8)
    begins, ends = np.zeros(2, np.int32), np.ones(2, np.int32)
    values, status = np.zeros(2), np.array([BAD_TIME, OK], np.int8)
    number_column(buffer, begins, ends, ord("."), 0, values, status)
    assert status.tolist() == [BAD_TIME, BAD_NUMBER]
