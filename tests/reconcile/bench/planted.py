"""What an injector says of a fault: the root finding that must come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench.records import Pair


@dataclass(frozen=True, slots=True)
class Planted:
    """One expected root.

    ``severity``, ``policy``: where they are not those of the kind. ``says``: something its note must say.
    """

    kind: Kind
    key: str
    field: str = ""
    severity: str = ""
    policy: str = ""
    says: str = ""

    @property
    def name(self) -> str:
        """As ``findings.Finding`` is named."""
        return " ".join(part for part in (self.kind.value, self.key, self.field) if part)


Plant = Callable[[Pair, Random], list[Planted]]
"""Changes a pair and says what must be found; an empty list, and no change, where there is no target."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a kind shows.

    Attributes:
        kind: which.
        name: of the form.
        plant: puts it into a pair.
        absence: it follows from what the broker lacks, so that incomplete records hide it.
    """

    kind: Kind
    name: str
    plant: Plant
    absence: bool = False

    @property
    def label(self) -> str:
        return f"{self.kind.value}-{self.name}"
