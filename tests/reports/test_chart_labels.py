"""Where words stand on a picture."""

import numpy as np
import pytest

from ictcli.reports.chart_labels import LANES, LETTER, LINE, Frame, lanes, place
from ictcli.reports.chart_styles import Form
from ictcli.reports.detection_chart import Change, Drawing, Shape


def shape(form: Form, left: float, right: float, price: float, label: str, direction: str = "bull") -> Shape:
    """One shape whose prices are all the same."""
    change = Change(0, left, "confirmed", 0, price, price)
    drawing = Drawing(label, "kind", direction, "", label, form, left, 0, (change,))
    return Shape(drawing, "active", left, right, price, price, live=True)


def frame(low: float = 40.0, high: float = 60.0) -> Frame:
    """A hundred bars, ten dots each, and a hundred units of price, ten dots each."""
    return Frame(0.0, 120.0, 0.0, 100.0, 10.0, 10.0, np.full(100, low), np.full(100, high))


def test_levels_that_reach_the_newest_bar_are_named_beside_it() -> None:
    (words,) = place([shape("level", 10, 99.5, 50, "PDH")], frame())
    assert words.x == 99.5 + 0.5
    assert words.y == 50 - LINE / 20


def test_no_words_stand_over_others() -> None:
    levels = [shape("level", 10 + at, 99.5, 50 + at, f"L{at}") for at in range(8)]
    placed = place(levels, frame())
    heights = sorted(words.y for words in placed)
    assert 1 < len(placed) < 8
    assert np.diff(heights).min() >= LINE / 10


@pytest.mark.parametrize(("price", "direction", "y"), [(70.0, "bull", 70.1), (30.0, "bear", 28.0)])
def test_a_break_is_named_at_its_line_where_no_candle_is(price: float, direction: str, y: float) -> None:
    (words,) = place([shape("break", 20, 28, price, "BOS", direction)], frame())
    assert words.x == 20.0
    assert words.y == pytest.approx(y)


def test_a_break_among_candles_is_named_clear_of_them() -> None:
    (words,) = place([shape("break", 20, 28, 50.0, "BOS")], frame())
    assert words.y == pytest.approx(60.1)


def test_what_would_stand_over_candles_gives_way_unless_it_is_a_break() -> None:
    everywhere = frame(0.0, 100.0)
    assert place([shape("point", 20, 20, 50.0, "x")], everywhere) == []
    assert len(place([shape("break", 20, 28, 50.0, "BOS")], everywhere)) == 1


def test_windows_are_all_named_or_none() -> None:
    width = (LETTER * 5 - 2) / 10
    apart = [shape("window", 10 + at * width, 10 + at * width + 2, 50, "LUNCH") for at in range(4)]
    assert [lane for _, lane in lanes(apart, 10.0)] == [0, 0, 0, 0]
    close = [shape("window", 10 + at, 12 + at, 50, "LUNCH") for at in range(LANES)]
    assert [lane for _, lane in lanes(close, 10.0)] == list(range(LANES))
    assert lanes([*close, shape("window", 13, 15, 50, "LUNCH")], 10.0) == []
