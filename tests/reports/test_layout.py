"""Numbers and tables for people."""

import pytest

from ictcli.reports.layout import WIDTH, aligned, aligned_together, entries, last_day, number
from ictcli.reports.summary import _short


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "money", "-"),
        (1234, "count", "1,234"),
        ("-1234.5", "money", "-1,234.50"),
        (0.4567, "share", "45.7 %"),
        (-0.1234, "r", "-0.123 R"),
        (1.005, "ratio", "1.00"),
        (1234.56, "days", "1,234.6"),
    ],
)
def test_numbers_carry_their_unit(value: float | str | None, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_columns_line_up_on_the_side_asked_for() -> None:
    assert aligned(["A", "Net"], [["EURUSD", "1"], ["X", "-10"]], "<>") == [
        "A       Net",
        "------  ---",
        "EURUSD    1",
        "X       -10",
    ]


def test_tables_can_share_their_columns() -> None:
    first, second = aligned_together(
        [(["A", "Net"], [["x", "1"]]), (["Longer", "N"], [["y", "10,000"]])], "<>"
    )
    assert first == ["A          Net", "------  ------", "x            1"]
    assert second == ["Longer       N", "------  ------", "y       10,000"]
    assert aligned_together([], "<>") == []


def test_a_long_first_column_is_cut_before_the_screen_ends() -> None:
    lines = aligned(["Name", "Value"], [["n" * 200, "v" * 60]], "<>")
    assert [len(line) for line in lines] == [WIDTH] * 3
    assert lines[2].startswith("n" * 37 + "…  ")


def test_long_entries_wrap_under_their_text() -> None:
    lines = entries([("about", "word " * 40), ("x", "short")])
    assert all(len(line) <= 100 for line in lines)
    assert lines[1].startswith(" " * 9 + "word")
    assert lines[-1] == "  x      short"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12.4", "12"),
        ("-99999", "-100k"),
        ("123456", "123k"),
        ("-12345678", "-12m"),
        ("1e11", "100b"),
        ("-2e12", "-2e+12"),
    ],
)
def test_money_in_the_month_grid_stays_short(value: str, text: str) -> None:
    from decimal import Decimal

    assert _short(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (-0.0001, "r", "0.000 R"),
        (-0.0004, "share", "0.0 %"),
        (-0.001, "money", "0.00"),
        (-0.01, "r", "-0.010 R"),
    ],
)
def test_what_rounds_to_nothing_has_no_sign(value: float, unit: str, told: str) -> None:
    assert number(value, unit) == told


def test_a_bar_that_closes_at_midnight_is_of_the_day_before() -> None:
    assert last_day("2026-04-01T00:00:00Z") == "2026-03-31"
    assert last_day("2026-04-01T00:15:00Z") == "2026-04-01"
