"""What a model leaves of a strategy's decisions."""

import math

import numpy as np
from numpy.typing import NDArray

from ictcli.research.judging import judged
from ictcli.research.opinions import Opinions
from ictcli.strategies.decisions import CLOSE, DECISION, ENTER, NOTE
from tests.research.conftest import random_walk

BARS = random_walk(1, 6, 100_000, 5)


def opinions(high: float = 0.5) -> Opinions:
    """Of bars 1 to 4: a long is ever likelier, a short ever less; nothing is known of bar 4's long."""
    long = np.array([0.2, 0.4, 0.6, math.nan])
    short = np.array([0.9, 0.7, 0.5, 0.3])
    return Opinions("m@1", "hash", -1.0, high, BARS.ts_close[1:5], long, short, np.zeros(0))


def decisions(*rows: tuple[int, int, int, int]) -> NDArray[np.void]:
    """Of kind, bar, side and whether it may only reduce."""
    found = np.zeros(len(rows), DECISION)
    for name, values in zip(("kind", "bar", "side", "reduce_only"), zip(*rows, strict=True), strict=True):
        found[name] = values
    found["probability"] = math.nan
    found["reason"] = 1
    return found


ROWS = decisions(
    (ENTER, 1, 1, 0), (ENTER, 1, -1, 0), (ENTER, 3, 1, 0), (ENTER, 4, 1, 0), (ENTER, 5, 1, 0),
    (ENTER, 1, 1, 1), (CLOSE, 2, 0, 0), (NOTE, 2, 1, 0),
)  # fmt: skip


def test_entries_below_the_threshold_and_those_without_a_number_become_notes() -> None:
    found = judged(ROWS, BARS, opinions(), known=7, notes=True)
    assert found["kind"].tolist() == [NOTE, ENTER, ENTER, NOTE, NOTE, ENTER, CLOSE, NOTE]
    assert found["reason"].tolist() == [7, 1, 1, 8, 8, 1, 1, 1]
    expected = [0.2, 0.9, 0.6, math.nan, math.nan, math.nan, math.nan, math.nan]
    assert np.array_equal(found["probability"], np.array(expected), equal_nan=True)
    assert ROWS["kind"][0] == ENTER  # the strategy's own are as they were


def test_without_notes_what_asks_for_nothing_is_gone() -> None:
    found = judged(ROWS, BARS, opinions(), known=7, notes=False)
    assert found["kind"].tolist() == [ENTER, ENTER, ENTER, CLOSE]


def test_a_probability_at_the_threshold_is_enough() -> None:
    assert judged(ROWS, BARS, opinions(0.6), known=7, notes=True)["kind"][2] == ENTER
    assert judged(ROWS, BARS, opinions(0.61), known=7, notes=True)["kind"][2] == NOTE


def test_no_opinions_take_no_trade() -> None:
    none = np.zeros(0)
    nothing = Opinions("m@1", "hash", -1.0, 0.5, np.zeros(0, np.int64), none, none, none)
    found = judged(ROWS, BARS, nothing, known=7, notes=False)
    assert found["kind"].tolist() == [ENTER, CLOSE]  # the one that only reduces, and the way out
