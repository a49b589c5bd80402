"""Outcomes of scenarios as a run would give them."""

from pathlib import Path
from typing import Any

from ictcli.stats.growth import Slope
from ictcli.stats.intervals import Interval
from ictcli.stress.certificate import Asked, certificate
from ictcli.stress.claims import cases_claim, growth_claim, quantile_claim, share_claim
from ictcli.stress.runner import Outcome
from tests.stress.settings import setting_of

NOW = 1_767_225_600_000_000_000
ARGV = ["stress", "--strategy", "random_entry"]


def passed() -> Outcome:
    claims = (
        share_claim("orders in error", 0, 3_200, "orders", 0.001),
        quantile_claim(
            "time from a signal to the answer to its order", [4.0] * 400, 0.99, "ms", "orders", 500.0
        ),
        cases_claim("ledger and broker differ", 0, 1_600, "deals"),
    )
    return Outcome("throughput", "orders without a pause", claims, 7, 12.5)


def missed() -> Outcome:
    claims = (
        growth_claim("memory with each bar", Slope(100.0, Interval(100.0, 100.0)), 40, "bytes/bar", 64.0),
        quantile_claim("recovery", [1.0] * 20, 0.95, "s", "recoveries", 30.0, note="<b>few</b>"),
    )
    return Outcome("memory", "memory over months of bars", claims, 7, 30.0)


def document(folder: Path, *found: Outcome, left: tuple[str, ...] = ()) -> dict[str, Any]:
    """Their certificate; ``left``: names of those that did not run."""
    provenance = {"argv": ARGV, "config": "ab12", "version": "1.0", "time": "2026-01-01T00:00:00Z"}
    asked = Asked([*(one.name for one in found), *left], 7, NOW, provenance, {"numpy": "2.1"}, 0.5)
    return certificate(asked, setting_of(folder), found, sum(one.seconds for one in found))
