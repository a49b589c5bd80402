"""Scans as tables: identifiers, instants, order, refusals."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Overrides, Plan, Settings
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.scan import plan_for, scan
from ictcli.errors import DataError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES

KEY = SeriesKey("desk", "XAUUSD", TIMEFRAMES["M1"])
V1 = [
    *((100, 102, 99, 101), (101, 110, 101, 109), (109, 112, 106, 111), (111, 113, 108, 112)),
    *((112, 112, 105, 107), (107, 108, 104, 108), (108, 109, 102, 103), (103, 104, 98, 100)),
]
Build = Callable[..., Bars]


def plan(*names: str, overrides: Overrides | None = None) -> Plan:
    return plan_for(names, Settings(NS_PER_MINUTE, overrides=overrides or {}))


def minute(at: int) -> datetime:
    return datetime(1970, 1, 1, 0, at, tzinfo=UTC)


def walk(build: Build, count: int = 400) -> Bars:
    rng = np.random.default_rng(5)
    closes = 5000 + np.cumsum(rng.integers(-9, 10, count))
    opens = np.append(5000, closes[:-1])
    highs, lows = np.maximum(opens, closes) + 2, np.minimum(opens, closes) - 2
    return build(np.column_stack([opens, highs, lows, closes]))


@pytest.mark.jit_off
def test_a_gap_row_has_its_whole_life_in_instants_and_prices(build: Build) -> None:
    (row,) = scan(build(V1), KEY, plan("fvg")).zones.to_pylist()
    assert (
        row
        | {
            "source": "desk",
            "kind": "fvg",
            "dir": "bull",
            "state": "invalidated",
            "formed_at": minute(1),
            "confirmed_at": minute(3),
            "tapped_at": minute(5),
            "ce_at": minute(6),
            "filled_at": minute(7),
            "invalidated_at": minute(8),
            "bottom": Decimal("1.02"),
            "top": Decimal("1.06"),
            "level": None,
            "fill": 1.0,
            "touch_count": 1,
            "expired_at": None,
            "label": None,
            "mss": None,
            "parents": [],
        }
        == row
    )


def test_a_live_gap_shows_its_fill_and_touches_up_to_the_last_bar(build: Build) -> None:
    (row,) = scan(build(V1[:6]), KEY, plan("fvg")).zones.to_pylist()
    assert (row["state"], row["fill"], row["touch_count"]) == ("ce", 0.5, 1)


def test_negative_prices_stay_decimals(build: Build) -> None:
    shifted = [tuple(price - 200 for price in row) for row in V1]
    (row,) = scan(build(shifted), KEY, plan("fvg")).zones.to_pylist()
    assert (row["bottom"], row["top"]) == (Decimal("-0.98"), Decimal("-0.94"))


@pytest.mark.jit_off
def test_the_id_is_the_published_hash_recipe(build: Build) -> None:
    chosen = plan("fvg")
    (row,) = scan(build(V1), KEY, chosen).zones.to_pylist()
    pairs = chosen.nodes[-1].text.split(",")
    assert pairs == sorted(pairs)
    assert {"bar.atr_length=14", "max_active=128", "min_size_atr=0.0"} <= set(pairs)
    text = f"fvg|{DETECTORS['fvg'].version}|{','.join(pairs)}|XAUUSD|M1|1|60000|180000"
    assert row["id"] == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_ids_are_unique_and_change_with_the_parameters(build: Build) -> None:
    bars = walk(build)
    ids = scan(bars, KEY, plan()).zones["id"].to_pylist()
    assert len(set(ids)) == len(ids) > 50
    other = scan(bars, KEY, plan("fvg", overrides={"fvg": {"max_active": 7}})).zones["id"].to_pylist()
    assert not set(ids) & set(other)


def test_the_log_replays_into_the_states_of_the_zones(build: Build) -> None:
    found = scan(walk(build), KEY, plan())
    told = [row for row in found.events.to_pylist() if row["record"] not in {"extended", "parent_added"}]
    last = {row["id"]: row["record"] for row in told}
    for row in found.zones.to_pylist():
        first = "confirmed" if row["state"] in {"active", "point"} else row["state"]
        assert last[row["id"]] == first
        assert (row["state"] == "point") == (not DETECTORS[row["kind"]].ends)


def test_records_of_one_bar_follow_the_fixed_order(build: Build) -> None:
    found = scan(walk(build), KEY, plan())
    on_open = {row["kind"] for row in found.zones.to_pylist() if row["known_on_open"]}

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        phase = DETECTORS[row["kind"]].phase if row["record"] == "confirmed" else 1
        return (row["at"], phase, ("bull", "none", "bear").index(row["dir"]), row["formed_at"], row["id"])

    order = [place(row) for row in found.events.to_pylist() if row["kind"] not in on_open]
    assert len(order) > 500
    assert order == sorted(order)


def test_detectors_together_find_what_each_finds_alone(build: Build) -> None:
    bars = walk(build)
    together = scan(bars, KEY, plan()).zones.to_pylist()
    alone = [row for name in ("swing", "fvg") for row in scan(bars, KEY, plan(name)).zones.to_pylist()]
    assert sorted(row["id"] for row in together if row["kind"] in {"swing", "fvg"}) == sorted(
        row["id"] for row in alone
    )


def test_no_bars_give_empty_tables_with_all_columns(build: Build) -> None:
    found = scan(build([]), KEY, plan())
    full = scan(walk(build), KEY, plan())
    assert (found.zones.num_rows, found.events.num_rows) == (0, 0)
    assert found.zones.schema == full.zones.schema
    assert found.events.schema == full.events.schema


def test_a_bar_whose_prices_contradict_each_other_is_refused_with_its_row(build: Build) -> None:
    bad = [*V1[:4], (100, 99, 98, 100), *V1[4:]]
    with pytest.raises(DataError, match="row 4"):
        scan(build(bad), KEY, plan())


def test_bars_out_of_order_are_refused_with_their_row(build: Build) -> None:
    bars = build(V1, [0, 1, 2, 2, 4, 5, 6, 7])
    with pytest.raises(DataError, match="row 3"):
        scan(bars, KEY, plan())


def test_what_is_known_on_the_open_of_a_bar_is_known_before_it_closes(build: Build) -> None:
    bars = walk(build, 400)
    chosen = plan()
    full = scan(bars, KEY, chosen)
    told = full.events.to_pylist()
    on_open = {row["id"]: row["confirmed_at"] for row in full.zones.to_pylist() if row["known_on_open"]}
    checked = 0
    for at in range(1, 400):
        opened = datetime.fromtimestamp(int(bars.ts[at]) / 1e9, UTC)
        fresh = {identifier for identifier, moment in on_open.items() if moment == opened}
        if not fresh or checked == 3:
            continue
        known = scan(bars.slice(0, at), KEY, chosen, opened=(bars.slice(at, at + 1), int(bars.ts[at])))
        checked += 1
        assert fresh <= set(known.zones["id"].to_pylist())
        assert {row["id"] for row in known.events.to_pylist()} <= {row["id"] for row in told}
        assert all(row["at"] <= opened for row in known.events.to_pylist())
    assert checked
