"""Previous days, opens, Asian ranges and IPDA ranges on hourly bars from Monday 1970-01-05 17:00 New York.

Bar 24 d + h is hour h after the roll of day d. The average day is that of one whole day; the day in which
the data begin is not whole.
"""

import pytest

from ictcli.features.feature import Feature
from ictcli.features.ict import asia, bias, daily, ipda, liquidity, opens
from tests.features.ict.listening import Heard, bars_of, listen

pytestmark = pytest.mark.jit_off

START = (4 * 24 + 22) * 60
OVERRIDES = {"adr.5": {"days": 1}, "ipda.20": {"days": 1}, "ipda.60": {"days": 2}}
PLAIN = (1000, 1005, 995, 1000)
CHANGED = {
    3: (1000, 1050, 995, 1000),
    24 + 5: (1000, 1005, 900, 1000),
    24 + 10: (1000, 1060, 995, 1000),
    48 + 4: (1000, 1020, 995, 1000),
    48 + 5: (1000, 1005, 980, 1000),
    48 + 7: (990, 1005, 985, 1000),
    48 + 8: (1000, 1021, 995, 1000),
    48 + 9: (1000, 1012, 995, 1010),
    48 + 10: (1000, 1005, 980, 1000),
}


def told(feature: Feature, days: int = 3) -> Heard:
    rows = [CHANGED.get(at, PLAIN) for at in range(24 * days)]
    return listen(feature, bars_of(rows, [START + 60 * at for at in range(len(rows))], 60), OVERRIDES, 60)


def test_the_previous_day_is_told_in_average_days() -> None:
    heard = told(daily.FEATURE)
    assert [heard.column(name)[23] for name in heard.names] == [3.0, 3.0, 0.0, 0.0, 0.0]
    assert heard.column("pdh_dist")[24:49] == [3.0] * 24 + [60 / 160]
    assert heard.column("pdl_dist")[48] == 100 / 160
    assert heard.column("pdh_swept")[33:35] == [0.0, 1.0]
    assert heard.column("pdl_swept")[28:30] == [0.0, 1.0]
    assert heard.column("pdh_swept")[47:49] == heard.column("pdl_swept")[47:49] == [1.0, 0.0]
    assert [heard.column("adr_used")[at] for at in (47, 48, 52, 53)] == [0.0, 10 / 160, 25 / 160, 40 / 160]


def monday(feature: Feature) -> Heard:
    """Three days of a week and the first bar of the next one."""
    minutes = [START + 60 * at for at in range(72)] + [(10 * 24 + 22) * 60]
    rows = [*(CHANGED.get(at, PLAIN) for at in range(72)), (1010, 1012, 995, 1000)]
    return listen(feature, bars_of(rows, minutes, 60), OVERRIDES, 60)


def test_the_previous_week_is_not_the_previous_day() -> None:
    heard = monday(daily.FEATURE)
    assert heard.column("pdh_dist")[-1] == (1021 - 1000) / 41
    assert heard.column("pdl_dist")[-1] == (1000 - 980) / 41


def test_levels_of_days_are_liquidity_until_they_are_swept() -> None:
    heard = told(liquidity.FEATURE)
    atr = heard.facts["atr"]
    assert heard.column("bsl_dist")[23:25] == [10.0, 50 / atr[24]]
    assert heard.column("bsl_dist")[33:35] == [50 / atr[33], 10.0]
    assert heard.column("ssl_dist")[28:30] == [5 / atr[28], 10.0]


def test_the_asian_range_is_known_from_midnight_on() -> None:
    heard = told(asia.FEATURE)
    assert heard.column("asia_size")[54:56] == [105 / 160, 40 / 160]
    assert heard.column("asia_pos")[55:58] == [0.5, 0.5, 0.75]
    assert heard.column("asia_high_swept")[55:57] == [0.0, 1.0]
    assert heard.column("asia_low_swept")[55:72] == [0.0] * 17
    assert [heard.column(name)[6] for name in heard.names] == [0.0, 0.5, 0.0, 0.0]


def test_opens_are_told_from_when_they_are_known() -> None:
    heard = told(opens.FEATURE)
    assert heard.column("midnight_dist")[48:58] == [0.0] * 7 + [10 / 160, 10 / 160, 20 / 160]
    assert set(heard.column("week_dist")) == {0.0}
    later = monday(opens.FEATURE)
    assert later.column("week_dist")[-2:] == [0.0, -10 / 41]
    assert later.column("midnight_dist")[-1] == 0.0


def test_ipda_positions_are_those_of_whole_days() -> None:
    heard = told(ipda.FEATURE)
    assert heard.column("ipda20_pos")[23:25] == [0.5, (1000 - 995) / (1050 - 995)]
    assert heard.column("ipda20_pos")[48] == (1000 - 900) / (1060 - 900)
    assert heard.column("ipda60_pos")[47:49] == [0.5, (1000 - 900) / (1060 - 900)]


def test_bars_without_days_or_longer_frames_get_the_fallbacks() -> None:
    rows = bars_of([PLAIN] * 30, [14 * 1440 * at for at in range(30)], 14 * 1440)
    expected = {
        daily.FEATURE: [3.0, 3.0, 0.0, 0.0, 0.0],
        asia.FEATURE: [0.0, 0.5, 0.0, 0.0],
        ipda.FEATURE: [0.5, 0.5],
        opens.FEATURE: [0.0, 0.0],
        bias.FEATURE: [0.0],
    }
    for feature, row in expected.items():
        assert listen(feature, rows, minutes=14 * 1440).rows.tolist() == [row] * 30
