"""A run's picture: drawn in both themes, and honest about a run without trades."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from ictcli.reports.chart_styles import THEMES
from ictcli.reports.run_picture import _said, run_picture
from ictcli.reports.run_story import RunStory
from tests.reports.stories import story


@pytest.fixture(scope="module")
def told() -> RunStory:
    return story(bars=False)


@pytest.mark.parametrize(("theme", "paper"), [("light", 1.0), ("dark", 0.07)])
def test_all_four_charts_are_drawn_on_the_paper_of_the_theme(
    told: RunStory, theme: str, paper: float
) -> None:
    image = imread(io.BytesIO(run_picture(told, theme)))[:, :, :3]
    height, width = image.shape[:2]
    assert image[0, 0].mean() == pytest.approx(paper, abs=0.02)
    places = {"equity": (0.25, 0.0), "drawdown": (0.55, 0.0), "months": (0.75, 0.0), "results": (0.75, 0.62)}
    for top, left in places.values():
        part = image[
            int(top * height) : int((top + 0.2) * height), int(left * width) : int((left + 0.35) * width)
        ]
        codes = (part * 255).astype(np.int64) @ np.array([65536, 256, 1])
        assert len(np.unique(codes)) > 60


def test_a_run_without_trades_has_a_picture() -> None:
    image = imread(io.BytesIO(run_picture(story(0))))[:, :, :3]
    paper = (image == image[0, 0]).all(axis=2)
    assert paper[int(0.65 * len(image)) :].all()
    assert not paper.all()


def test_the_sentence_of_the_verdict_is_never_cut() -> None:
    told = story(40)
    long = (
        "Edge shown on this data: the 95 % interval of the expectancy lies above zero ("
        + "not so " * 20
        + ")."
    )
    shown = replace(told, verdict=replace(told.verdict, sentence=long, gate="Gate FAIL: " + "x " * 99))
    lines = [line for line, _ in _said(shown, THEMES["light"])]
    assert " ".join(lines[:-1]) == long
    assert lines[-1].startswith("Gate FAIL")
    assert lines[-1].endswith("…")
    assert max(map(len, lines)) <= 84
