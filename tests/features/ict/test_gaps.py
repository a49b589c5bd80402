"""Distance, size, fill and number of fair value gaps on bars that a person can check."""

import pytest

from ictcli.features.ict import gaps, inside
from tests.features.ict.listening import bars_of, listen

pytestmark = pytest.mark.jit_off

QUIET = [(1000, 1005, 995, 1000)] * 14
"""An average true range of 10 at bar 13."""
STORY = [
    *QUIET,
    (1000, 1030, 1000, 1028),
    (1028, 1040, 1020, 1035),  # 15: bull gap [1005, 1020]
    (1035, 1036, 1011, 1012),  # 16: stands in it, 9 of 15 points deep
    (
        1012,
        1012,
        1002,
        1003,
    ),  # 17: closes below it; bear gap [1012, 1020] and bear inversion gap [1005, 1020]
    (1003, 1011, 1003, 1010),  # 18: closes in the inversion gap alone
    (1010, 1014, 1009, 1013),  # 19: in the gap, the inversion gap and the balanced range [1012, 1020]
    (1013, 1022, 1011, 1021),  # 20: closes above all three
]


def test_the_nearest_gap_of_each_side_is_told() -> None:
    heard = listen(gaps.FEATURE, bars_of(STORY))
    atr = heard.facts["atr"]
    assert heard.column("fvg_bull_dist")[14:18] == [10.0, 15 / atr[15], 0.0, 10.0]
    assert heard.column("fvg_bull_size")[14:18] == pytest.approx([0.0, 1.3125, 1.3125, 0.0])
    assert heard.column("fvg_bull_fill")[14:18] == [0.0, 0.0, 0.6, 0.0]
    assert heard.column("fvg_bull_near")[14:18] == [0.0, 1.0, 1.0, 0.0]
    assert heard.column("fvg_bear_dist")[16:21] == [10.0, 9 / atr[17], 2 / atr[18], 0.0, 10.0]
    assert heard.column("fvg_bear_fill")[16:21] == [0.0, 0.0, 0.0, 0.25, 0.0]
    assert heard.column("fvg_balance")[14:21] == [0.0, 1.0, 1.0, -1.0, -1.0, -1.0, 0.0]


def test_only_gaps_within_three_average_ranges_are_counted() -> None:
    heard = listen(gaps.FEATURE, bars_of([*STORY[:16], (1035, 1200, 1030, 1190), (1190, 1190, 1040, 1062)]))
    atr = heard.facts["atr"]
    assert 170 / atr[16] > 3.0 > 42 / atr[17]
    assert heard.column("fvg_bull_dist")[16:] == [170 / atr[16], 42 / atr[17]]
    assert heard.column("fvg_bull_near")[15:] == [1.0, 0.0, 1.0]


def test_a_close_inside_inverted_and_balanced_zones_has_their_sign() -> None:
    heard = listen(inside.FEATURE, bars_of(STORY))
    assert heard.column("in_ifvg")[15:21] == [0.0, 0.0, 0.0, -1.0, -1.0, 0.0]
    assert heard.column("in_bpr")[15:21] == [0.0, 0.0, 0.0, 0.0, -1.0, 0.0]
