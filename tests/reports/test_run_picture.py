"""A run's picture: drawn in both themes, and honest about a run without trades."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from ictcli.reports.run_picture import run_picture
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
        assert len(np.unique((part.reshape(-1, 3) * 255).astype(np.int64), axis=0)) > 60


def test_a_run_without_trades_has_a_picture(told: RunStory) -> None:
    content = run_picture(story(0))
    assert content.startswith(b"\x89PNG")
    assert len(content) < len(run_picture(told))
