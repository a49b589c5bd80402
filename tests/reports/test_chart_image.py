"""The picture of a chart."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from ictcli.reports.chart_image import initial, picture, ticks
from ictcli.reports.chart_styles import THEMES
from ictcli.reports.detection_chart import FEW, build_chart
from tests.reports.charts import KEY, found_on, story, walk

Pixels = NDArray[Any]


def pixels(content: bytes) -> Pixels:
    image: Pixels = imread(io.BytesIO(content))[:, :, :3]
    return image


def share(image: Pixels, colour: str) -> float:
    """How much of a picture has a colour."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return float((np.abs(image - wanted).max(axis=2) < 0.01).mean())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_shows_candles_and_zones_on_its_paper(theme: str) -> None:
    image = pixels(picture(story(), theme=theme))
    assert image.shape == (1020, 1920, 3)
    assert 0.5 < share(image, THEMES[theme].paper) < 0.99
    assert share(image, THEMES[theme].falling) > 0.01


def test_a_zone_is_not_in_the_picture_before_its_confirmation() -> None:
    # at the close of bar 1 there is no gap yet; at bar 3 its colour covers an area
    blue = THEMES["light"].families["imbalance"][0]
    before, after = (pixels(picture(story(), position)) for position in (1, 3))
    tint = [1 - 0.16 * (1 - int(blue[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    colour = "#" + "".join(f"{round(255 * part):02x}" for part in tint)
    tinted = [share(image, colour) for image in (before, after)]
    assert tinted[0] == 0.0
    assert tinted[1] > 0.003
    assert share(after, blue) > 0.0


def test_crowded_charts_show_only_what_is_alive() -> None:
    bars = walk(700)
    chart = build_chart(KEY, bars, found_on(bars, "fvg", "structure"))
    assert len(chart.drawings) > FEW
    crowded = initial(chart, 699)
    assert crowded
    assert all(shape.live or shape.drawing.form == "break" for shape in crowded)
    few = initial(story(), 8)
    assert [shape.live for shape in few] == [False]


def test_layers_that_crowd_a_chart_are_left_out_at_first() -> None:
    bars = walk(700)
    chart = build_chart(KEY, bars, found_on(bars, "swing"))
    assert {shape.drawing.layer for shape in initial(chart, 699)} == {"swing"}


def test_a_crowded_chart_of_everything_is_drawn() -> None:
    bars = walk(2000)
    content = picture(build_chart(KEY, bars, found_on(bars)))
    assert 30_000 < len(content) < 1_000_000


def test_hostile_words_are_drawn_as_they_are() -> None:
    plain = story()
    odd = replace(
        plain, title="$\\frac{<b>$", drawings=tuple(replace(d, label="$x_$") for d in plain.drawings)
    )
    assert picture(odd) != picture(plain)


def test_ticks_stand_at_round_times_and_name_each_new_day() -> None:
    turns, words = ticks(walk(200), 14)
    # 50 hours of trading in two halves of 25: from Monday 00:00 and, two days later, from Thursday 01:00
    assert words[0] == "04:00\nMon 08 Jan\n2024"
    dates = [word for word in words if "\n" in word]
    assert dates[1:] == ["00:00\nTue 09 Jan", "04:00\nThu 11 Jan", "00:00\nFri 12 Jan"]
    assert turns == sorted(set(turns))
    assert len(turns) <= 14
