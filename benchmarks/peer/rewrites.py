"""Replaying growing prefixes of our detectors, counted as the library's functions are counted."""

from dataclasses import dataclass

import numpy as np

from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.verification import Verification, verify
from ictcli.market.bars import Bars


@dataclass(frozen=True, slots=True)
class Rewrites:
    """What prefixes said and the whole run does not.

    Attributes:
        detectors: that ran.
        records: distinct records that some prefix knew.
        vanished: those of them that a later prefix did not know, or knew differently.
    """

    detectors: int
    records: int
    vanished: int


def every_detector(bar_ns: int) -> Plan:
    """All detectors that need no second symbol."""
    single = [detector for detector in DETECTORS.values() if not detector.pair]
    return make_plan(single, DETECTORS, Settings(bar_ns))


def our_rewrites(bars: Bars, first: int, every: int) -> Rewrites:
    """Run all detectors afresh over every prefix of ``first``, ``first + every``... bars."""
    plan = every_detector(int(np.median(bars.ts_close - bars.ts)))
    names = {node.detector.name for node in plan.nodes}
    known: set[bytes] = set()
    vanished: set[bytes] = set()
    before: set[bytes] = set()
    for count in range(first, len(bars) + 1, every):
        found = advance(plan, start(plan), bars.slice(0, count))
        now = {
            at.to_bytes(2, "little") + record.tobytes() for at, rows in enumerate(found) for record in rows
        }
        known |= now
        vanished |= before - now
        before = now
    return Rewrites(len(names), len(known), len(vanished))


def our_verification(bars: Bars) -> Verification:
    """What ``detect --verify`` finds."""
    return verify(every_detector(int(np.median(bars.ts_close - bars.ts))), bars)
