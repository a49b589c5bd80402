"""What may go wrong, how often, and the record of what did: drawn from one seeded generator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

Menu = tuple[tuple[str, float], ...]
"""Names of faults and the share of draws that each takes; the rest is no fault."""

CALM: Mapping[str, Menu] = {}

ROUGH: Mapping[str, Menu] = {
    "send": (
        ("lost request", 0.05), ("late request", 0.06), ("lost answer", 0.06), ("slow answer", 0.03),
        ("doubled request", 0.03), ("not sent", 0.02), ("timeout executed", 0.03), ("timeout", 0.02),
        ("no connection executed", 0.01), ("no connection", 0.02), ("error", 0.01), ("line cut", 0.02),
    ),
    "read": (("failed", 0.02), ("silent", 0.01), ("line cut", 0.01), ("terminal gone", 0.004)),
    "rows": (("doubled", 0.04), ("shuffled", 0.06)),
    "sync": (("slow", 0.03), ("halted meanwhile", 0.02)),
    "execution": (
        ("partial", 0.15), ("placed", 0.10), ("requote", 0.04), ("reject", 0.03), ("too many", 0.02),
        ("closed", 0.01), ("no money", 0.01),
    ),
    "resting": (("partial", 0.30),),
    "cancel": (("filled first", 0.15), ("partly filled first", 0.15), ("refused", 0.05)),
    "change": (("refused", 0.05), ("no changes", 0.05)),
    "shown": (("late", 0.25),),
    "ghost": (("listed still", 0.15),),
    "hand": (("deposit", 0.01), ("foreign trade", 0.015), ("closed by hand", 0.02), ("withdrawn", 0.02),
             ("stopped", 0.03)),
    "disk": (("full", 0.002),),
}  # fmt: skip
"""The profile of the proofs: every fault often enough that a short world meets several of them."""


@dataclass(slots=True)
class Faults:
    """Draws faults and writes down which ones.

    Attributes:
        random: where draws come from.
        menus: shares by point; a point that is not listed never fails.
        skipped: numbers of faults that are left out, to find the few that a failure needs.
        calm: True ends all faults: the quiet period.
        happened: names in the order drawn, skipped ones included.
    """

    random: Random
    menus: Mapping[str, Menu]
    skipped: frozenset[int] = frozenset()
    calm: bool = False
    happened: list[str] = field(default_factory=list)

    def draw(self, point: str) -> str:
        """The fault that strikes here; empty for none."""
        if self.calm:
            return ""
        share = self.random.random()
        for name, size in self.menus.get(point, ()):
            if share < size:
                return name if self.strikes(f"{point}: {name}") else ""
            share -= size
        return ""

    def strikes(self, what: str) -> bool:
        """Write a fault down that was drawn elsewhere; False when it is to be left out."""
        self.happened.append(what)
        return len(self.happened) - 1 not in self.skipped
