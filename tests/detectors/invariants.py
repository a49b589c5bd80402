"""What must hold of every detector, as checks of one case; exemptions are named with their reason."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, EVENT, NO_BAR, RECORD_NAMES
from ictcli.detectors.base.zones import ZONE_ENDS
from ictcli.detectors.drive import Memory, advance, start
from ictcli.detectors.identity import identifiers
from ictcli.detectors.verification import one_by_one
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from tests.detectors.adversarial import Case, changed_prices, shifted_in_time, with_prices, without

UNSIGNED: dict[str, str] = {}
"""Detectors that negated bars change."""
ROUNDED = {
    "ote": "the edges of its zone are shares of a leg, rounded to points",
    "implied_fvg": "midpoints of wicks are rounded to points",
    "opening_gap": "quarters are rounded to half points",
    "unicorn": "stops and targets are rounded to whole and half points",
    "model2022_search": "stops are rounded to points",
    "model2022": "stops are rounded to points",
    "silver_bullet_setup": "stops and targets are rounded to whole and half points",
    "round_number": "multiples of a number of points",
}
"""Detectors whose prices are exact only to a point: multiplied prices give the product to that precision."""
UNSHIFTED = {
    "volatility_spike": "log returns are relative to the price",
    "round_number": "multiples of a number of points",
}
"""Detectors that a constant added to all prices changes."""
TIMED = {
    "confluence": "weighs the H4 bias and the kill zone",
    "session_sweep": "sweeps levels of sessions",
    "adr": "measures trading days",
    "ipda": "looks back over trading days",
    "round_number": "levels of trading days",
    "opening_price": "prices of midnight, 08:30 and the week's open",
    "level_sweep": "sweeps levels of days, weeks and months",
    "prev_levels": "levels of days, weeks and months",
    "htf_bias": "bars of higher timeframes begin on the clock",
    "kill_zone": "a window of the New York day",
    "silver_bullet": "a window of the New York day",
    "macro": "a window of the New York day",
    "session_level": "levels of windows of the New York day",
    "opening_gap": "gaps at the day's and the week's open",
    "first_fvg": "the first gap of a window of the New York day",
    "model2022_search": "trades in kill zones and not past 16:00",
    "model2022": "trades in kill zones and not past 16:00",
    "silver_bullet_setup": "a window of the New York day",
    "asian_range": "a window of the New York day",
    "cbdr": "a window of the New York day",
    "flout": "a window of the New York day",
    "judas": "a window of the New York day",
    "amd": "windows of the New York day",
}
"""Detectors that read the New York clock."""
FLAT: dict[str, str] = {}
"""Detectors for which flat bars are a pattern."""

REPEATED = {"extended", "parent_added", "tapped", "swept", "reclaimed", "rearmed", "entered"}
"""Records that an object may have more than once."""

INSTANTS = tuple(name for name in EVENT.names or () if name.endswith("_ts"))


def check_prefixes(case: Case, cuts: list[int]) -> None:
    """A prefix knows exactly what the full run knew by then (P1)."""
    full = case.logs()
    for known in cuts:
        for prefix, whole in zip(case.logs(case.bars.slice(0, known)), full, strict=True):
            assert prefix.tobytes() == whole[whole["at"] < known].tobytes()


def check_steps(case: Case, restart: int) -> None:
    """One bar at a time with a restart equals batch bit for bit (P2)."""
    plan, bars, other = case.plan, case.bars, case.other
    whole = start(plan)
    batch = advance(plan, whole, bars, other)
    memory = start(plan)
    before = one_by_one(plan, memory, bars, 0, restart, other)
    memory = Memory.load(plan, memory.save())
    after = one_by_one(plan, memory, bars, restart, len(bars), other)
    for first, second, both in zip(before, after, batch, strict=True):
        assert first.tobytes() + second.tobytes() == both.tobytes()
    assert memory.save() == whole.save()


def check_negation(case: Case) -> None:
    """Negated bars give the negated events (P3)."""
    if case.detector.name in UNSIGNED:
        return
    other = with_prices(case.other, np.negative, swap=True) if case.other else None
    mirrored = case.logs(with_prices(case.bars, np.negative, swap=True), other)
    for found, original in zip(mirrored, case.logs(), strict=True):
        expected = changed_prices(case.detector, original, np.negative, distance=1)
        bottom = expected["bottom"].copy()
        expected["bottom"], expected["top"] = expected["top"], bottom
        expected["direction"] *= -1
        for extra in case.detector.extras:
            if extra.kind == "signed":
                expected["extra"][:, extra.slot] *= -1
        assert without(found) == without(expected)


def check_scale(case: Case, factor: int) -> None:
    """Prices times a power of two give as many times higher levels at the same bars (P4)."""
    if case.detector.name in ROUNDED:
        return

    def grow(price: Any) -> Any:
        return price * factor

    other = with_prices(case.other, grow) if case.other else None
    for found, original in zip(case.logs(with_prices(case.bars, grow), other), case.logs(), strict=True):
        assert found.tobytes() == changed_prices(case.detector, original, grow, distance=factor).tobytes()


def check_shift(case: Case, shift: int) -> None:
    """A constant added to all prices is added to all levels, at the same bars (P5)."""
    if case.detector.name in UNSHIFTED:
        return

    def move(price: Any) -> Any:
        return price + shift

    other = with_prices(case.other, move) if case.other else None
    for found, original in zip(case.logs(with_prices(case.bars, move), other), case.logs(), strict=True):
        assert found.tobytes() == changed_prices(case.detector, original, move, distance=1).tobytes()


def check_time(case: Case, shift: int) -> None:
    """The same prices at another time give the same events (P6)."""
    other = shifted_in_time(case.other, shift) if case.other else None
    ignored = ("extra",) if case.detector.name in TIMED else ()  # what tells the date itself
    for found, original in zip(case.logs(shifted_in_time(case.bars, shift), other), case.logs(), strict=True):
        expected = original.copy()
        for column in INSTANTS:
            there = expected[column] != NO_BAR
            expected[column][there] += shift
        for extra in case.detector.extras:
            if extra.kind == "instant":
                there = expected["extra"][:, extra.slot] != NO_BAR
                expected["extra"][there, extra.slot] += shift
        assert without(found, *ignored) == without(expected, *ignored)


def check_pause(case: Case, at: int, pause: int) -> None:
    """A pause before a bar changes nothing but the mark and the clock (P8)."""
    name = case.detector.name
    leaves_out = any(getattr(node.params, "exclude_spans_gap", False) for node in case.plan.nodes)
    if name in TIMED or leaves_out or not len(case.bars):
        return
    instant = case.bars.ts[at]

    def late(bars: Bars) -> Bars:
        return shifted_in_time(bars, np.where(bars.ts >= instant, pause, 0))

    ignored = (*INSTANTS, "marks", "extra")
    changed = case.logs(late(case.bars), late(case.other) if case.other else None)
    for found, original in zip(changed, case.logs(), strict=True):
        assert without(found, *ignored) == without(original, *ignored)


def check_lives(case: Case) -> None:
    """Records of one object only move forward, and nothing follows its end (P9, P10, P11)."""
    ends = set(case.detector.ends)
    for events in case.logs():
        assert (np.diff(events["at"]) >= 0).all()
        assert (events["formed"] <= events["confirmed"]).all()
        assert (events["confirmed"] <= events["at"]).all()
        assert (events["bottom"] <= events["top"]).all()
        if "level" in case.detector.columns:
            assert (events["bottom"] == events["top"]).all()
        elif ends >= set(ZONE_ENDS):
            assert (events["bottom"] < events["top"]).all()
        born = events[events["record"] == CONFIRMED]
        assert born["serial"].tolist() == list(range(len(born)))
        order = np.argsort(events["serial"], kind="stable")
        for own in np.split(events[order], np.cumsum(np.bincount(events["serial"]))[:-1]):
            names = [RECORD_NAMES[record] for record in own["record"]]
            assert names[:1] == ["confirmed"][: len(names)]
            assert names.count("confirmed") == min(len(names), 1)
            assert not ends & set(names[:-1])
            assert (np.diff(own["fill"]) >= 0).all()
            assert ends or len(own) <= 1
            once = [word for word in names if word not in REPEATED]
            assert len(set(once)) == len(once)


def check_identifiers(case: Case) -> None:
    """No two objects share an identifier."""
    key = SeriesKey("test", "TEST", TIMEFRAMES["M1"])
    for (_, node), events in zip(case.wanted(), case.logs(), strict=True):
        ids = identifiers(node, key, events[events["record"] == CONFIRMED])
        assert len(np.unique(ids)) == len(ids)


def check_parents(case: Case) -> None:
    """A parent is an object that was known before."""
    found = advance(case.plan, start(case.plan), case.bars, case.other)
    for at, node in case.wanted():
        heard = [births(found[feed]) if feed >= 0 else found[at][:0] for feed in (*node.feeds, at)]
        for event in found[at]:
            for parent in event["parent"][event["parent"]["feed"] != NO_BAR]:
                source = heard[parent["feed"]]
                assert parent["serial"] < len(source)
                same = source[parent["serial"]]
                assert same["serial"] == parent["serial"]
                for column in ("formed_ts", "confirmed_ts", "direction", "ordinal"):
                    assert same[column] == parent[column]
                assert same["at"] <= event["at"]


def births(events: NDArray[np.void]) -> NDArray[np.void]:
    """The confirmations among records, by birth order."""
    born: NDArray[np.void] = events[events["record"] == CONFIRMED]
    return born
