"""Looks of kinds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.detectors.registry import DETECTORS
from ictcli.reports.chart_styles import CHAPTERS, THEMES, Style, Theme, caption, family, hatched, style, title

# how people with missing red, green and blue cones see linear RGB (Viénot 1999, Brettel 1997, simplified)
SIGHTS = {
    "protan": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deutan": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    "tritan": [[1.0, 0.1446, -0.1446], [0.0, 0.8592, 0.1408], [0.0, 0.8592, 0.1408]],
    "full": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
}


def linear(colour: str) -> NDArray[np.float64]:
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.asarray(((values + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_support_and_resistance_stay_apart_for_every_sight(theme: Theme, sight: str) -> None:
    for chapter in ("structure", "imbalance", "blocks", "liquidity", "candles"):
        bull, bear = (np.array(SIGHTS[sight]) @ linear(colour) for colour in theme.families[chapter])
        assert np.abs(bull - bear).max() > 0.08, chapter


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_words_can_be_read_on_the_paper(theme: Theme) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    paper = float(weights @ linear(theme.paper))
    for pair in (*theme.families.values(), (theme.ink, theme.faint)):
        for colour in pair:
            light = float(weights @ linear(colour))
            contrast = (max(light, paper) + 0.05) / (min(light, paper) + 0.05)
            assert contrast > 3.0, colour


def test_every_detector_belongs_to_a_chapter() -> None:
    assert {family(name) for name in DETECTORS} <= set(CHAPTERS)
    assert family("fvg") == "imbalance"
    assert family("nothing known") == ""


def test_what_the_table_does_not_name_is_told_from_its_chapter() -> None:
    assert style("kill_zone") == Style(shown=True)
    assert style("engulfing") == Style(shown=False)
    assert style("swing").shows("swing")
    assert not style("swing").shows("short")


def test_a_caption_is_the_label_else_the_tag_else_the_name_of_a_window() -> None:
    assert caption("swing", "HH", "level") == "HH"
    assert caption("fvg", "", "zone") == "FVG"
    assert caption("kill_zone", "", "window") == "kill zone"
    assert caption("kill_zone", "NEW_YORK_AM", "window") == "NY AM"
    assert caption("asian_range", "SOME_WORDS", "window") == "SOME WORDS"
    assert caption("smt", "A sweep", "level") == "SMT A sweep"
    assert caption("unicorn", "stop", "setup") == "unicorn"  # how it ends is not known from the start
    assert caption("displacement", "", "point") == ""


def test_colours_follow_chapter_and_direction() -> None:
    look = THEMES["light"]
    assert look.colour("imbalance", "bull") == look.families["imbalance"][0]
    assert look.colour("imbalance", "bear") == look.families["imbalance"][1]
    assert look.colour("unknown", "bear") == look.other[1]
    assert (look.colour("structure", "none"), look.colour("sessions", "none")) == (look.ink, look.window)


def test_kinds_are_named_for_people_and_swings_by_their_size() -> None:
    assert title("swing", "swing") == "swing · 50"
    assert title("swing", "internal") == "swing · 5"
    assert title("order_block", "internal") == "order block · internal"
    assert title("first_fvg", "") == "first fvg"


def test_blocks_are_hatched_and_gaps_are_not() -> None:
    assert hatched("order_block")
    assert not hatched("fvg")


def test_a_kind_asked_for_is_shown_though_it_would_wait() -> None:
    assert not style("unicorn").shows("internal")
    assert style("unicorn").shows("internal", asked=True)
    assert not style("structure").shows("internal", asked=True)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_rising_and_falling_candles_differ_in_lightness(theme: Theme) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    one, other = (float(weights @ linear(colour)) for colour in (theme.rising, theme.falling))
    assert (max(one, other) + 0.05) / (min(one, other) + 0.05) > 2.0
