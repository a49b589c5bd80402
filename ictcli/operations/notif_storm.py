"""A storm of alerts, fed as others feed them, and what became of it: for certification and proofs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ictcli.operations.alerts import Alert
from ictcli.operations.alerts_spool import lay_alert
from ictcli.operations.outbox_listing import listing

KIND = "storm"


@dataclass(frozen=True, slots=True)
class Weathered:
    """What became of a storm.

    Attributes:
        alerts: that were taken in.
        told: of them, on every channel that they are for.
        seconds: from the instant that each happened to when the slowest of its channels took it, in order.
    """

    alerts: int
    told: int
    seconds: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Seconds within which this share was told; infinity where fewer were."""
        place = max(0, -int(-share * self.alerts // 1) - 1)
        return self.seconds[place] if place < len(self.seconds) else float("inf")


def feed(state: Path, numbers: Sequence[int], at: int, name: str = KIND) -> None:
    """Hand over alerts that each say something of their own.

    Args:
        state: the workspace's state folder.
        numbers: of the alerts, each once in a storm.
        at: when they happen, ns UTC.
        name: of the storm; alerts of another one are others.

    Raises:
        DataError: the disk refuses.
    """
    for number in numbers:
        lay_alert(state, Alert(f"{name}:{number}", KIND, "warning", f"{name} {number}", at, name))


def weathered(state: Path, name: str = KIND) -> Weathered:
    """What became of a storm so far.

    Raises:
        DataError: the outbox is damaged or of a later version.
    """
    own = [one for one in listing(state, everything=True) if one.source == name]
    told = [one for one in own if one.deliveries and all(each.sent is not None for each in one.deliveries)]
    took = [(max(each.sent or 0 for each in one.deliveries) - one.at) / 1e9 for one in told]
    return Weathered(len(own), len(told), tuple(sorted(took)))
