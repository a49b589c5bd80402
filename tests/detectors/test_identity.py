"""Identifiers: what they are made of, as the documentation says."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.base.events import EVENT, MOST_PER_BAR
from ictcli.detectors.drive import advance, describe, start
from ictcli.detectors.plan import Node, Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.scan import plan_for, scan
from ictcli.market.bars import SeriesKey, concat
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.sim.market import SimMarket
from tests.detectors.adversarial import lagging, walk

README = Path(__file__).parents[2] / "docs" / "detectors" / "README.md"
M15 = TIMEFRAMES["M15"]
QUICK: dict[str, dict[str, Any]] = {
    **{f"ipda.{layer}": {"days": 2} for layer in DETECTORS["ipda"].layers},
    **{f"adr.{layer}": {"days": 2} for layer in DETECTORS["adr"].layers},
    "model2022_search": {"hours": "any", "min_rr": 0.0},
    **{f"smt.{layer}": {"min_correlation": -1.0} for layer in DETECTORS["smt"].layers},
}
"""What lets the rare ones find something in a few days."""


def documented() -> tuple[str, str]:
    """The hashed text of the example in the documentation, and its id."""
    found = re.search(r"^```\n(\w+\|.+)\n```\n\nIts id: `([0-9a-f]{16})`", README.read_text("utf-8"), re.M)
    assert found is not None
    return found[1], found[2]


def test_the_documented_example_hashes_to_its_id() -> None:
    text, identifier = documented()
    assert hashlib.sha256(text.encode("utf-8")).hexdigest()[:16] == identifier


def test_the_documented_example_has_every_part_of_the_recipe() -> None:
    name, version, parameters, symbol, timeframe, direction, formed, confirmed, ordinal = documented()[
        0
    ].split("|")
    pairs = parameters.split(",")
    assert pairs == sorted(pairs)
    assert {"bar.atr_length=14", "layer=internal", "reclaim=3", "swing.internal.left=5"} <= set(pairs)
    assert (name, version) == ("sweep", str(DETECTORS["sweep"].version))
    assert (symbol, timeframe, direction, ordinal) == ("EURUSD", "M15", "1", "1")
    assert int(confirmed) > int(formed) > 0


def test_the_documented_example_is_an_object_of_the_simulated_market() -> None:
    first = int(np.datetime64("2024-03-04", "ns").astype(np.int64))
    market = SimMarket(load_symbols(None), ("EURUSD", "GBPUSD"), 7, 0.0, first)
    bars = concat(list(market.bars("EURUSD", M15, first, first + 2 * NS_PER_DAY)))
    found = scan(bars, SeriesKey("sim", "EURUSD", M15), plan_for(["sweep"], Settings(M15.ns)))
    text, identifier = documented()
    (row,) = (row for row in found.zones.to_pylist() if row["id"] == identifier)
    instants = [str(int(row[name].timestamp() * 1000)) for name in ("formed_at", "confirmed_at")]
    assert instants == text.split("|")[6:8]


@pytest.fixture(scope="module")
def lengths() -> tuple[Plan, Plan]:
    """The plan of all detectors with two lengths of the average range."""
    plans = (
        make_plan(DETECTORS.values(), DETECTORS, Settings(M15.ns, atr_length=atr, overrides=QUICK), pair=True)
        for atr in (14, 50)
    )
    first, second = plans
    return first, second


def alone(node: Node, described: NDArray[np.void], feeds: list[NDArray[np.void]]) -> bytes:
    """The records of one node that is given these records of others."""
    state = node.detector.init_state(node.params, M15.ns)
    buffer = np.zeros(4 * MOST_PER_BAR, EVENT)
    parts, first = [b""], 0
    while first < len(described):
        first, count = node.detector.run(state, buffer, described, first, *feeds)
        parts.append(buffer[:count].tobytes())
    return b"".join(parts)


def test_detectors_that_read_the_average_range_themselves_say_so(lengths: tuple[Plan, Plan]) -> None:
    """Given the same records of others, a step that reads it finds other records or sizes."""
    bars = walk(6000, 11)
    other = lagging(bars)
    found = advance(lengths[0], start(lengths[0]), bars, other)
    described = [describe(start(plan).context, bars, other) for plan in lengths]
    silent = [node.title for node, events in zip(lengths[0].nodes, found, strict=True) if not len(events)]
    assert silent == []
    wrong = []
    for node in lengths[0].nodes:
        feeds = [found[feed] for feed in node.feeds]
        differs = alone(node, described[0], feeds) != alone(node, described[1], feeds)
        wrong += [node.title] if differs != node.detector.uses_atr else []
    assert wrong == []


def test_the_length_is_in_the_id_wherever_a_feed_or_the_detector_reads_it(lengths: tuple[Plan, Plan]) -> None:
    nodes = lengths[0].nodes
    for node, longer in zip(nodes, lengths[1].nodes, strict=True):
        reads = node.detector.uses_atr or any("bar.atr_length=" in nodes[feed].text for feed in node.feeds)
        assert (node.title, "bar.atr_length=14" in node.text.split(",")) == (node.title, reads)
        assert longer.text == node.text.replace("bar.atr_length=14", "bar.atr_length=50")
    texts = {node.title: node.text for node in nodes}
    assert texts["prev_levels"] == ""
    assert texts["level_sweep"].count("prev_levels") == 0
    assert "bar.atr_length" not in texts["kill_zone"] + texts["ipda.20"] + texts["volatility_spike"]
    assert "bar.atr_length=14" in texts["mss.internal"]


def test_a_value_with_commas_is_inherited_whole() -> None:
    overrides = {"kill_zone": {"asia": "20:00-22:00,23:00-24:00"}}
    plan = plan_for(["session_level"], Settings(NS_PER_MINUTE, overrides=overrides))
    text = plan.nodes[-1].text
    assert "kill_zone.asia=20:00-22:00,23:00-24:00,kill_zone.index=False" in text
    assert text.count("=") == text.count("kill_zone.") + 1


def test_the_second_symbol_is_in_the_ids_of_what_compares_and_of_what_listens_to_it() -> None:
    settings = Settings(M15.ns, other="GBPUSD")
    plan = plan_for([], settings, pair=True)
    texts = {node.title: set(node.text.split(",")) for node in plan.nodes}
    assert "with=GBPUSD" in texts["smt.internal"]
    assert "smt.internal.with=GBPUSD" in texts["confluence"]
    assert [name for name, pairs in texts.items() if "with=GBPUSD" in pairs] == ["smt.internal", "smt.swing"]
    assert not any("with=" in node.text for node in plan_for([], replace(settings, other="")).nodes)
