"""What a version was like out of sample when it was made: what its health is measured against later."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.ensemble import log_losses
from ictcli.models.monitoring import Reference

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

REFERENCES_FILE = "references.json"
COMBINED = "all together"
"""Name of the probability that decides: combined and calibrated."""


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member, or all together, on events that it had not learned from.

    Attributes:
        log_loss, brier: means.
        deviation: of the log-losses of single events.
        independent: what the events are worth where labels overlap.
    """

    log_loss: float
    brier: float
    deviation: float
    independent: float

    def reference(self, name: str, probabilities: Floats) -> Reference:
        """As ``monitoring`` takes it, with probabilities that the member gave on bars it had not seen."""
        return Reference(name, probabilities, self.log_loss, self.brier)


class References(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a version, in the order of its members.

    Attributes:
        members: name = what is known of it, not calibrated.
        combined: of the calibrated probability.
    """

    members: dict[str, Known]
    combined: Known

    @classmethod
    def decode(cls, data: bytes, origin: str) -> Self:
        """Read what ``encode`` wrote.

        Raises:
            DataError: it is something else.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except msgspec.DecodeError as error:
            raise DataError(f"{origin} is damaged: {error}", hint="Train the model again.") from error

    def encode(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self, order="deterministic")


def known_of(probabilities: Floats, labels: Int64, weights: Floats) -> Known:
    """What is to be remembered of probabilities out of sample; NaN are left out.

    Args:
        probabilities: of events, n, at least one of them a number.
        labels: 0 or 1.
        weights: average uniqueness of the labels.
    """
    given = ~np.isnan(probabilities)
    p, y, w = probabilities[given], labels[given], weights[given]
    losses = np.where(y == 1, log_losses(p, 1), log_losses(p, 0))
    return Known(
        log_loss=float(losses.mean()),
        brier=float(((p - y) ** 2).mean()),
        deviation=float(losses.std()),
        independent=float(w.sum()),
    )
