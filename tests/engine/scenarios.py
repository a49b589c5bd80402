"""Hand-computed trades: a few bars, one signal, and what must come out, to the last digit.

Bars are written open/high/low/close in points. The signal is known at the close of bar 0, so bar 1 is
the earliest fill. Unless a scenario says otherwise: EURUSD (0.01 lot is one volume step, a point on it
is worth 0.01 USD), spread 10 points on every bar, no commission, no slippage, 0.5 % of 10,000 USD at
risk, that is 50.00 USD or 5,000 minor units, which is 5,000 point-steps.
"""

from dataclasses import dataclass, field
from typing import Any

Bar = tuple[int, int, int, int]


@dataclass(frozen=True)
class Expected:
    """The trade that must come out; money in minor units of the account."""

    entry: int
    exit: int
    reason: str
    steps: int
    gross: int
    commission: int = 0
    closed: int = 1
    ambiguous: bool = False
    adverse: int | None = None
    favourable: int | None = None


@dataclass(frozen=True)
class Scenario:
    """One signal on a few bars; ``expected`` is a trade, or the name of a refusal."""

    name: str
    why: str
    bars: list[Bar]
    side: int
    stop: int
    target: int
    expected: Expected | str
    max_bars: int = 0
    spreads: list[int] | None = None
    settings: dict[str, Any] = field(default_factory=dict)


QUIET = (100_000, 100_020, 99_990, 100_000)
"""The signal's bar, and a bar on which nothing happens."""
LONG_STOP, LONG_TARGET = 99_900, 100_200
SHORT_STOP, SHORT_TARGET = 100_100, 99_800


def _long(name: str, why: str, bars: list[Bar], expected: Expected | str, **more: Any) -> Scenario:
    values = {"stop": LONG_STOP, "target": LONG_TARGET, **more}
    return Scenario(name, why, [QUIET, *bars], 1, expected=expected, **values)


def _short(name: str, why: str, bars: list[Bar], expected: Expected | str, **more: Any) -> Scenario:
    values = {"stop": SHORT_STOP, "target": SHORT_TARGET, **more}
    return Scenario(name, why, [QUIET, *bars], -1, expected=expected, **values)


SCENARIOS: list[Scenario] = [
    # A long enters at ask = 100000 + 10; to the stop are 110 points; 5000 // 110 = 45 steps.
    _long(
        "long reaches its target",
        "(100200 - 100010) x 45 = 8550",
        [QUIET, (100_050, 100_210, 100_040, 100_190)],
        Expected(100_010, 100_200, "target", 45, 8_550, closed=2, adverse=20, favourable=190),
    ),
    _long(
        "long is stopped",
        "(99900 - 100010) x 45 = -4950",
        [QUIET, (99_950, 99_960, 99_890, 99_910)],
        Expected(100_010, 99_900, "stop", 45, -4_950, closed=2, adverse=110, favourable=10),
    ),
    _long(
        "long is stopped when the low only touches the stop",
        "the bid reaches 99900 exactly",
        [(100_000, 100_020, 99_900, 99_950)],
        Expected(100_010, 99_900, "stop", 45, -4_950),
    ),
    _long(
        "long survives a low one point above the stop",
        "99901 > 99900; closed at the end of data at 99950",
        [(100_000, 100_020, 99_901, 99_950)],
        Expected(100_010, 99_950, "end", 45, -2_700, adverse=109, favourable=10),
    ),
    _long(
        "long target is touched exactly",
        "the bid high is 100200",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_010, 100_200, "target", 45, 8_550),
    ),
    _long(
        "long misses its target by a point",
        "high 100199; closed at the last close 100100",
        [(100_000, 100_199, 99_990, 100_100)],
        Expected(100_010, 100_100, "end", 45, 4_050, favourable=189),
    ),
    _long(
        "stop and target in one bar count as the stop",
        "low 99850 and high 100250 on bar 1",
        [(100_000, 100_250, 99_850, 100_100)],
        Expected(100_010, 99_900, "stop", 45, -4_950, ambiguous=True),
    ),
    _long(
        "a gap below the stop fills at the open",
        "(99700 - 100010) x 45 = -13950: worse than the stop",
        [QUIET, (99_700, 100_300, 99_650, 99_800)],
        Expected(100_010, 99_700, "stop", 45, -13_950, closed=2, adverse=310),
    ),
    _long(
        "a gap above the target fills at the open",
        "(100500 - 100010) x 45 = 22050: better than the target",
        [QUIET, (100_500, 100_600, 99_000, 99_100)],
        Expected(100_010, 100_500, "target", 45, 22_050, closed=2, favourable=490),
    ),
    _long(
        "an open exactly at the stop is a gapped stop",
        "filled at 99900, and the later target touch is not ambiguous",
        [QUIET, (99_900, 100_300, 99_880, 100_000)],
        Expected(100_010, 99_900, "stop", 45, -4_950, closed=2),
    ),
    # A short enters at bid = 100000; the stop is an ask price; 100 points; 5000 // 100 = 50 steps.
    _short(
        "short reaches its target when the ask does",
        "low 99790 + 10 = 99800; (100000 - 99800) x 50 = 10000",
        [(100_000, 100_020, 99_790, 99_850)],
        Expected(100_000, 99_800, "target", 50, 10_000, favourable=200, adverse=30),
    ),
    _short(
        "short misses its target while only the bid reaches it",
        "low 99791 + 10 = 99801; closed at the ask 99850 + 10",
        [(100_000, 100_020, 99_791, 99_850)],
        Expected(100_000, 99_860, "end", 50, 7_000),
    ),
    _short(
        "short is stopped by the spread",
        "high 100090 + 10 = 100100 although the bid never got there",
        [(100_000, 100_090, 99_990, 100_010)],
        Expected(100_000, 100_100, "stop", 50, -5_000),
    ),
    _short(
        "short survives a high one point below",
        "high 100089 + 10 = 100099; closed at 100010 + 10",
        [(100_000, 100_089, 99_990, 100_010)],
        Expected(100_000, 100_020, "end", 50, -1_000, adverse=99),
    ),
    _short(
        "short is stopped by a spread that widens",
        "bar 2 has spread 60: high 100045 + 60 = 100105",
        [QUIET, (100_000, 100_045, 99_990, 100_000)],
        Expected(100_000, 100_100, "stop", 50, -5_000, closed=2),
        spreads=[10, 10, 60],
    ),
    _short(
        "a gap above the short's stop fills at the ask of the open",
        "100300 + 10; (100000 - 100310) x 50 = -15500",
        [QUIET, (100_300, 100_320, 100_200, 100_250)],
        Expected(100_000, 100_310, "stop", 50, -15_500, closed=2),
    ),
    _short(
        "a gap below the short's target fills at the ask of the open",
        "99500 + 10; (100000 - 99510) x 50 = 24500",
        [QUIET, (99_500, 99_520, 99_400, 99_450)],
        Expected(100_000, 99_510, "target", 50, 24_500, closed=2),
    ),
    _short(
        "short with stop and target in one bar is stopped",
        "high 100095 + 10 and low 99700 + 10",
        [(100_000, 100_095, 99_700, 99_750)],
        Expected(100_000, 100_100, "stop", 50, -5_000, ambiguous=True),
    ),
    # Time and end of data.
    _long(
        "long time stop leaves at the bid close of its last bar",
        "two bars allowed: bar 2 closes at 100060; (100060 - 100010) x 45",
        [QUIET, (100_000, 100_070, 99_990, 100_060), QUIET],
        Expected(100_010, 100_060, "time", 45, 2_250, closed=2),
        max_bars=2,
    ),
    _short(
        "short time stop leaves at the ask close",
        "one bar allowed: 99950 + 10; (100000 - 99960) x 50",
        [(100_000, 100_020, 99_940, 99_950), QUIET],
        Expected(100_000, 99_960, "time", 50, 2_000),
        max_bars=1,
    ),
    _long(
        "the stop comes before the time stop on the same bar",
        "low 99900 on the only allowed bar",
        [(100_000, 100_020, 99_900, 99_990)],
        Expected(100_010, 99_900, "stop", 45, -4_950),
        max_bars=1,
    ),
    _long(
        "a trade without target runs to the end",
        "target 0; last close 100900",
        [(100_000, 100_950, 99_990, 100_900)],
        Expected(100_010, 100_900, "end", 45, 40_050),
        target=0,
    ),
    # Spread unknown, slippage, commission.
    _long(
        "an unknown spread is the symbol's typical one",
        "EURUSD 8 points: entry 100008, 108 points, 46 steps; (100200 - 100008) x 46",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_008, 100_200, "target", 46, 8_832),
        spreads=[-1, -1],
    ),
    _long(
        "slippage worsens entry and stop",
        "entry 100013, stop fill 99897, 116 points, 43 steps; -116 x 43",
        [(100_000, 100_020, 99_890, 99_910)],
        Expected(100_013, 99_897, "stop", 43, -4_988, adverse=116),
        settings={"slippage": 3},
    ),
    _long(
        "a target fill does not slip",
        "(100200 - 100013) x 43",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_013, 100_200, "target", 43, 8_041),
        settings={"slippage": 3},
    ),
    _short(
        "slippage works against a short, too",
        "sold at 99997, stop fill 100103, 106 points, 47 steps; -106 x 47",
        [(100_000, 100_095, 99_990, 100_000)],
        Expected(99_997, 100_103, "stop", 47, -4_982),
        settings={"slippage": 3},
    ),
    _long(
        "commission is paid per lot on both sides and part of the risk",
        "7.00 a lot and side: 0.07 a step; 5000 // (110 + 14) = 40 steps; 2 x 280",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_010, 100_200, "target", 40, 7_600, commission=560),
        settings={"commission": "7.00"},
    ),
    _long(
        "each side's commission is rounded half to even",
        "0.50 a lot: 0.5 cent a step; 5000 // (110 + 1) = 45 steps; 22.5 rounds to 22, twice",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_010, 100_200, "target", 45, 8_550, commission=44),
        settings={"commission": "0.50"},
    ),
    # Size.
    _long(
        "volume is capped at the maximum",
        "0.20 lot is 20 steps; (100200 - 100010) x 20",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_010, 100_200, "target", 20, 3_800),
        settings={"volume_max": "0.20"},
    ),
    _long(
        "volume below the minimum is refused",
        "45 steps are 0.45 lot, the minimum is 0.50",
        [QUIET],
        "volume_below_minimum",
        settings={"volume_min": "0.50"},
    ),
    _long(
        "size is a whole number of steps",
        "volume step 0.1: a point is worth 10 minor units; 5000 // 1100 = 4 steps; 190 x 10 x 4",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_010, 100_200, "target", 4, 7_600),
        settings={"volume_step": "0.1", "volume_min": "0.1"},
    ),
    # Conversion: profit in JPY or CHF, account in USD, the base of the symbol.
    _long(
        "profit is converted at the exit price",
        "USDJPY 100.000: 1 JPY a step and point; stop 99.900: 5000 x 99900 // (110 x 100 x 1000) = 45;"
        " 190 x 45 = 8550 JPY / 100.200 = 85.3293 USD",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_010, 100_200, "target", 45, 8_533),
        settings={"symbol": "USDJPY"},
    ),
    _long(
        "a loss is converted at the exit price, too",
        "-110 x 45 = -4950 JPY / 99.900 = -49.5495 USD",
        [(100_000, 100_020, 99_900, 99_950)],
        Expected(100_010, 99_900, "stop", 45, -4_955),
        settings={"symbol": "USDJPY"},
    ),
    _long(
        "an account in the quote currency needs no conversion",
        "yen have no smaller unit: 5000 // 110 = 45; 190 x 45 = 8550 yen",
        [(100_000, 100_200, 99_990, 100_100)],
        Expected(100_010, 100_200, "target", 45, 8_550),
        settings={"symbol": "USDJPY", "currency": "JPY", "balance": "1000000"},
    ),
    # Refusals at the open.
    _long(
        "an open at the stop refuses a long",
        "bid 99900",
        [(99_900, 100_000, 99_880, 99_950)],
        "open_beyond_stop",
    ),
    _long(
        "an open beyond the target refuses a long",
        "bid 100250",
        [(100_250, 100_300, 100_200, 100_260)],
        "open_beyond_target",
    ),
    _long(
        "an ask at the target refuses a long",
        "100190 + 10: it could only lose",
        [(100_190, 100_300, 100_100, 100_260)],
        "open_beyond_target",
    ),
    _short(
        "an ask at the stop refuses a short",
        "100090 + 10",
        [(100_090, 100_095, 100_000, 100_050)],
        "open_beyond_stop",
    ),
    _short(
        "a bid at the target refuses a short",
        "99800: it could only lose",
        [(99_800, 99_900, 99_700, 99_850)],
        "open_beyond_target",
    ),
    # Signals that make no sense.
    _long("a long stop above the close", "100001 > 100000", [QUIET], "stop_wrong_side", stop=100_001),
    _long("a long stop at the close", "no way to lose", [QUIET], "stop_wrong_side", stop=100_000),
    _long("a long target below the close", "99950 < 100000", [QUIET], "target_wrong_side", target=99_950),
    _short("a short stop below the close", "99999 < 100000", [QUIET], "stop_wrong_side", stop=99_999),
    _short("a short target above the close", "100050", [QUIET], "target_wrong_side", target=100_050),
    _long("a signal without stop", "size comes from the stop", [QUIET], "invalid_signal", stop=0),
    Scenario("a signal without direction", "side 0", [QUIET, QUIET], 0, 99_900, 100_200, "invalid_signal"),
    Scenario("a signal on the last bar", "no open follows", [QUIET], 1, 99_900, 100_200, "no_next_bar"),
]
