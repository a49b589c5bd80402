"""What a page draws stays small, and a thinned drawdown keeps its lowest day."""

import numpy as np

from ictcli.learning.evaluation import Acted
from ictcli.learning.events import Events
from ictcli.learning.pictures import MOST_POINTS, probability_part, results_part


def events(net: list[float], *, side: int = 0) -> Events:
    n = len(net)
    ints, ones = np.zeros(n, np.int64), np.ones(n)
    own = np.array(net)
    return Events(
        start=np.arange(n),
        end=np.arange(n) + 1,
        side=np.full(n, side),
        label=(own > 0).astype(np.int64),
        outcome=ints,
        long_net=own,
        short_net=-own,
        cost=0 * ones,
        risk=0.5 * ones,
        weight=ones,
        ambiguous=np.zeros(n, np.bool_),
    )


def acted(found: Events, sides: list[int]) -> Acted:
    chosen = np.array(sides)
    return Acted(np.full(len(found), 0.5), chosen, found.long_net * chosen, found.start)


def test_results_are_added_up_in_r_with_their_drawdown() -> None:
    found = events([0.5, -1.0, 0.5, 1.0], side=1)
    part = results_part(found, acted(found, [1, 1, 0, 1]))
    assert part["unit"] == "R"
    assert part["taken"] == [1.0, -1.0, -1.0, 1.0]
    assert part["all"] == [1.0, -1.0, 0.0, 2.0]
    assert part["drawdown"] == [0.0, -2.0, -2.0, 0.0]
    assert part["days"][0] == "1970-01-01"


def test_long_results_are_thinned_and_keep_the_lowest_day() -> None:
    net = [0.0] * (3 * MOST_POINTS)
    net[1000], net[1001] = -2.0, 2.0
    found = events(net)
    part = results_part(found, acted(found, [1] * len(net)))
    assert len(part["days"]) == len(part["taken"]) == len(part["drawdown"]) <= MOST_POINTS
    assert part["all"] is None
    assert part["worst"] == min(part["drawdown"]) == -4.0


def test_every_probability_is_counted() -> None:
    part = probability_part(np.array([0.0, 0.5, 1.0]), np.array([0, 1, 1]))
    assert (sum(part["zeros"]), sum(part["ones"])) == (1, 2)
