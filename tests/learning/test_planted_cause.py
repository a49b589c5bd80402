"""What moves a market is found and named; in the same market without it nothing is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import parse_instant
from ictcli.learning.trust.tripwire import ImplausibleResult
from ictcli.market.bars import concat
from ictcli.market.symbols import load_symbols
from ictcli.sources.sim.market import SimMarket
from tests.learning.proofs.desk import M15, desk, trained
from tests.learning.proofs.driven_world import CAUSE, leaning

BEYOND_BELIEF = 1.0
"""Strength of the planted edge at which columns know more of the next bars than is believed."""
LEAN = 0.1
"""Deviations of a bar per open gap: 7 % of a bar's variance at most."""
ASKED: dict[str, Any] = {"features": "ict", "label": "horizon", "horizon": 8}
QUICK: dict[str, Any] = {"models": ("logistic",), "folds": 3, "calibration": "identity"}


@pytest.mark.no_cover
def test_a_market_that_follows_its_fair_value_gaps_has_an_edge_and_they_lead(tmp_path: Path) -> None:
    model = trained(desk(tmp_path, leaning(1, 8_000, LEAN)), **ASKED, **QUICK)
    assert model["verdict"] == "edge", model["reasons"]
    assert model["importance"][0]["name"] == CAUSE


def test_the_same_market_without_the_cause_has_no_edge(tmp_path: Path) -> None:
    model = trained(desk(tmp_path, leaning(1, 8_000, 0.0)), **ASKED, **QUICK)
    assert model["verdict"] == "no edge"


@pytest.mark.proof
@pytest.mark.parametrize("seeds", [range(1, 4), range(4, 7)], ids=["1-3", "4-6"])
@pytest.mark.parametrize("lean", [LEAN, 0.0])
def test_the_cause_is_found_by_default_models(
    lean: float, seeds: range, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    edges, first, p_values = 0, [], []
    for seed in seeds:
        model = trained(desk(tmp_path / f"{seed}", leaning(seed, 24_000, lean)), **ASKED)
        edges += model["verdict"] == "edge"
        first.append(model["importance"][0]["name"])
        p_values.append(model["evidence"]["p_value"])
    proof_facts |= {"lean": lean, "bars": 24_000, "edges": edges, "p_values": p_values, "first": first}
    if lean:
        assert first == [CAUSE] * len(seeds)
        assert edges == len(seeds)
    else:
        assert edges <= 1


@pytest.mark.proof
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("edge", [0.0, 0.5, BEYOND_BELIEF])
def test_the_planted_episodes_of_the_simulated_market(
    edge: float, seed: int, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    """Two and a half years of EURUSD; the episodes are a move that goes on, at hours that are known.

    At full strength the cause would be a leak in any real market: training stops and names what the model
    leans on. Who planted it believes it, and then the verdict is the one that it deserves.
    """
    start, end = (parse_instant(day, now=0) for day in ("2023-01-01", "2025-07-01"))
    market = SimMarket(load_symbols(None), ("EURUSD",), seed, edge, start)
    bars = concat(list(market.bars("EURUSD", M15, start, end)))
    bench, doubt, believe = desk(tmp_path, bars), "", ""
    if edge == BEYOND_BELIEF:
        with pytest.raises(ImplausibleResult) as stopped:
            trained(bench, features="all")
        doubt, believe = stopped.value.message, "the simulated market moves so"
        assert not bench.models.names()
    model = trained(bench, features="all", believe=believe)
    names = [one["name"] for one in model["importance"][:5]]
    proof_facts |= {
        "edge": edge,
        "bars": len(bars),
        "episodes": len(np.asarray(market.episodes("EURUSD", start, end))),
        "stopped": doubt,
        "verdict": model["verdict"],
        "reasons": model["reasons"],
        "accuracy": model["scores"]["accuracy"],
        "first": names,
    }
    assert model["verdict"] == ("edge" if edge else "no edge"), model["reasons"]
    if doubt:
        assert doubt.removeprefix("implausible accuracy: column ").split()[0] in names
        assert model["believed"]["doubt"] == doubt
    else:
        assert model["believed"] is None
