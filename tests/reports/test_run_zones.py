"""Zones beside a trade are those known at its decision: exactly what a scan of the bars so far finds."""

from dataclasses import replace

import pytest

from ictcli.detectors.plan import Settings
from ictcli.detectors.scan import scan
from ictcli.market.bars import Bars
from ictcli.reports.detection_chart import build_chart
from ictcli.reports.run_windows import MOST, Place, choose_trades, windows_on
from ictcli.reports.run_zones import Moment, known_at
from ictcli.research.metrics.values import floats
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.wiring import Wiring, wire
from tests.reports.charts import KEY, LENGTH, walk
from tests.reports.stories import trades_of

SIZE = 400


@pytest.fixture(scope="module")
def bars() -> Bars:
    return walk(SIZE)


@pytest.fixture(scope="module")
def wiring() -> Wiring:
    strategy = STRATEGIES["fvg_retest"]
    return wire(strategy, strategy.params(), Settings(LENGTH))


def moments(*places: int) -> list[Moment]:
    return [Moment(trade, bar, max(0, bar - 80), None, "long") for trade, bar in enumerate(places)]


def test_what_is_drawn_is_what_a_scan_of_the_bars_so_far_finds(bars: Bars, wiring: Wiring) -> None:
    asked = moments(90, 200, 201, 399)
    found = known_at(KEY, bars, wiring, asked)
    plan = replace(wiring.plan, nodes=tuple(replace(node, wanted=True) for node in wiring.plan.nodes))
    most = []
    for moment in asked:
        past = bars.slice(0, moment.bar + 1)
        chart = build_chart(KEY, past, scan(past, KEY, plan), moment.first, moment.bar + 1)
        expected = {shape.drawing.id: shape for shape in chart.at(moment.bar - moment.first)}
        shown = {one.shape.drawing.id: one.shape for one in found[moment.trade]}
        assert shown == {name: expected[name] for name in shown}
        most.append(len(shown))
    assert min(most) > 0
    assert max(most) <= 12


def test_where_nothing_is_known_nothing_is_drawn(bars: Bars, wiring: Wiring) -> None:
    assert known_at(KEY, bars, wiring, moments(0, 1)) == {0: (), 1: ()}


def test_later_bars_change_nothing(bars: Bars, wiring: Wiring) -> None:
    asked = moments(150, 220)
    assert known_at(KEY, bars, wiring, asked) == known_at(KEY, bars.slice(0, 221), wiring, asked)


def test_nothing_of_a_zone_stands_right_of_the_decision(bars: Bars, wiring: Wiring) -> None:
    (window,) = windows_on(bars, [Place(0, 200, 202, 210, None, "short")], KEY, wiring)
    assert window.decided is not None
    assert window.shapes
    assert all(one.shape.right <= window.decided + 0.5 for one in window.shapes)
    assert (window.opened - window.decided, window.closed - window.opened) == (2, 8)


def test_the_gap_behind_a_trade_is_its_cause(bars: Bars, wiring: Wiring) -> None:
    plan = replace(wiring.plan, nodes=tuple(replace(node, wanted=True) for node in wiring.plan.nodes))
    zones = scan(bars, KEY, plan).zones.to_pylist()
    gap = next(row for row in zones if row["kind"] == "fvg" and row["dir"] == "bull" and row["touch_count"])
    formed = next(at for at, ts in enumerate(bars.ts) if ts == int(gap["formed_at"].timestamp()) * 10**9)
    asked = [Moment(number, formed + 2, 0, formed, side) for number, side in enumerate(("long", "short"))]
    found = known_at(KEY, bars, wiring, asked)
    causes = [{one.shape.drawing.id for one in found[number] if one.role == "cause"} for number in (0, 1)]
    assert gap["id"] in causes[0]
    assert gap["id"] not in causes[1]


def test_a_long_trade_is_cut_but_its_entry_is_shown(bars: Bars) -> None:
    (window,) = windows_on(bars, [Place(0, 10, 15, SIZE - 1, None, "long")])
    assert len(window.bars) == 320
    assert window.opened < window.closed == 319


def test_chosen_trades_hold_the_best_the_worst_and_the_last() -> None:
    few = trades_of(MOST)
    assert choose_trades(few) == (list(range(MOST)), "")
    trades = trades_of(5_000)
    rows, told = choose_trades(trades)
    net = floats(trades, "net")
    assert len(rows) == MOST
    assert rows == sorted(set(rows))
    assert {int(net.argmax()), int(net.argmin()), *range(4_970, 5_000)} <= set(rows)
    assert told.startswith(f"{MOST} of 5,000 trades")
