"""What features tell of breaks, ranges, blocks, liquidity and sweeps on one story told bar by bar.

Swings need one bar on either side. Bar 14 is a swing high at 120, bar 16 a swing low at 103; bar 17 closes
above 120: the first break. The order block is bar 15, [104, 119]. Bar 18 is a swing high at 126, which bar 20
breaks; the order block of that break is bar 18, [116, 126]. Bar 20 is a swing high at 130. Bar 22 falls
through both blocks and the swing low: a change of character with displacement.
"""

import math

import pytest

from ictcli.features.feature import Feature
from ictcli.features.ict import blocks, breaks, dealing, displacements, liquidity, sweeps, trend
from ictcli.features.ict.scale import OLDEST
from tests.features.ict.listening import SMALL_SWINGS, Heard, bars_of, listen

pytestmark = pytest.mark.jit_off

RISE = [
    *[(100, 105, 95, 100)] * 14,
    (100, 120, 98, 118),
    (118, 119, 104, 105),
    (105, 112, 103, 110),
    (110, 125, 108, 124),
    (124, 126, 116, 118),
    (118, 121, 117, 120),
    (122, 130, 122, 128),
    (128, 128, 118, 125),
]
FALL = (125, 125, 100, 102)
WICK = (125, 125, 101, 110)


def told(feature: Feature, rows: list[tuple[int, int, int, int]]) -> Heard:
    return listen(feature, bars_of(rows), SMALL_SWINGS)


def test_the_trend_is_the_direction_of_the_last_break() -> None:
    heard = told(trend.FEATURE, [*RISE, FALL])
    assert heard.column("trend_internal") == [0.0] * 17 + [1.0] * 5 + [-1.0]


def test_breaks_have_age_distance_and_number() -> None:
    quiet = [(102, 103, 101, 102)] * 25
    heard = told(breaks.FEATURE, [*RISE, FALL, *quiet])
    before = heard.facts["atr_before"]
    assert heard.column("bos_age")[16:23] == [OLDEST, *(math.log1p(n) for n in (0, 1, 2, 0, 1, 2))]
    assert heard.column("choch_age")[16:24] == [*[OLDEST] * 6, 0.0, math.log1p(1)]
    assert heard.column("break_dist")[16:20] == [0.0, *[4 / before[17]] * 3]
    assert heard.column("break_dist")[20:23] == [*[2 / before[20]] * 2, -1 / before[22]]
    assert heard.column("bos_run")[16:23] == [0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 0.0]
    assert heard.column("mss20")[21:44] == [0.0] + [-1.0] * 20 + [0.0] * 2


def test_the_dealing_range_follows_the_leg() -> None:
    heard = told(dealing.FEATURE, [*RISE, FALL, (102, 124, 101, 120), (120, 121, 117, 118)])
    atr = heard.facts["atr"]
    assert heard.column("range_pos")[16:19] == [0.5, 21 / 22, 15 / 23]
    assert heard.column("retracement")[16:19] == pytest.approx([0.5, 1 / 22, 8 / 23])
    assert heard.column("strong_dist")[16:19] == [10.0, 21 / atr[17], 15 / atr[18]]
    assert heard.column("weak_dist")[16:19] == [10.0, 1 / atr[17], 8 / atr[18]]
    assert heard.column("range_pos")[22] == heard.column("retracement")[22] == 2 / 30
    assert heard.column("strong_dist")[22] == 28 / atr[22]
    assert heard.column("weak_dist")[22] == 2 / atr[22]
    # 62 and 79 % of 30 points from 100 are 119 and 124
    assert heard.column("in_ote")[21:25] == [0.0, 0.0, -1.0, 0.0]


def test_an_entry_zone_ends_with_its_leg() -> None:
    beyond = told(dealing.FEATURE, [*RISE, FALL, (102, 131, 101, 120)])
    assert beyond.column("in_ote")[-1] == 0.0
    reached = told(dealing.FEATURE, [*RISE, FALL, (102, 130, 101, 120)])
    assert reached.column("in_ote")[-1] == -1.0


def test_an_order_block_has_distance_age_and_touches() -> None:
    heard = told(blocks.FEATURE, [*RISE, FALL])
    atr = heard.facts["atr"]
    assert heard.column("ob_bull_dist")[16:22] == [10.0, 5 / atr[17], 0.0, 1 / atr[19], 2 / atr[20], 0.0]
    assert heard.column("ob_bull_age")[16:22] == [OLDEST, *(math.log1p(n) for n in (0, 1, 2, 0, 1))]
    assert heard.column("ob_bull_touches")[16:22] == [math.log1p(n) for n in (0, 0, 1, 1, 0, 1)]
    assert [heard.column(f"ob_bull_{what}")[22] for what in ("dist", "age", "touches")] == [10.0, OLDEST, 0.0]
    assert heard.column("ob_bear_dist")[21:23] == [10.0, 20 / atr[22]]  # bar 20, [122, 130]


def test_liquidity_is_what_no_price_went_beyond() -> None:
    heard = told(liquidity.FEATURE, RISE)
    atr = heard.facts["atr"]
    assert heard.column("bsl_dist")[14:22] == [
        *(10.0, 15 / atr[15], 10 / atr[16], 10.0),  # 120, until bar 17
        *(10.0, 6 / atr[19], 10.0, 5 / atr[21]),  # 126 is known at bar 19, 130 at bar 21
    ]
    assert heard.column("ssl_dist")[16:20] == [
        10.0,
        *((c - 103) / atr[i] for i, c in ((17, 124), (18, 118), (19, 120))),
    ]
    above, below = heard.column("bsl_dist")[19], heard.column("ssl_dist")[19]
    assert heard.column("liq_ratio")[19] == math.log((above + 0.1) / (below + 0.1))
    assert heard.column("liq_ratio")[13] == 0.0


def test_sweeps_have_age_depth_and_balance() -> None:
    heard = told(sweeps.FEATURE, [*RISE, WICK, *[(110, 111, 109, 110)] * 52])
    before = heard.facts["atr_before"]
    # 120 was taken at bar 17 and reclaimed by the close of bar 18, 126 at bars 20 and 21
    assert heard.column("bsl_sweep_age")[16:22] == [OLDEST, OLDEST, *(math.log1p(n) for n in (0, 1, 2, 0))]
    assert heard.column("bsl_sweep_depth")[17:22] == [0.0, *[6 / before[18]] * 3, 4 / before[21]]
    assert heard.column("ssl_sweep_age")[21:24] == [OLDEST, 0.0, math.log1p(1)]
    assert heard.column("ssl_sweep_depth")[21:23] == [0.0, 2 / before[22]]
    assert heard.column("sweep_balance")[17:23] == [0.0, -1.0, -1.0, -1.0, -2.0, -1.0]
    assert heard.column("sweep_balance")[66:73] == [-1.0, -1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_displacements_count_for_ten_bars() -> None:
    flat = [(1000, 1005, 995, 1000)] * 14
    after = [(1028, 1033, 1023, 1028)] * 4
    down = [(1028, 1028, 988, 990)]
    heard = told(
        displacements.FEATURE, [*flat, (1000, 1030, 1000, 1028), *after, *down, *[(990, 995, 985, 990)] * 12]
    )
    assert heard.column("disp10")[13:31] == [0.0, *[1.0] * 5, *[0.0] * 5, *[-1.0] * 5, 0.0, 0.0]
