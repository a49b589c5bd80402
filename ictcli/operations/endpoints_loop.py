"""What the endpoints of a running trader say: from the last picture of it, never from its own objects."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ictcli.clock import monotonic
from ictcli.errors import IctError
from ictcli.operations.endpoints import JSON, Answer, Page
from ictcli.operations.endpoints_readiness import Check, Expected, Patience, alive, ready
from ictcli.operations.metrics_families import CONTENT_TYPE, Shown, text_of
from ictcli.operations.metrics_loop import Around, families_of
from ictcli.reconcile.freshness import Freshness, freshness
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.trading.measures import Picture

_RECONCILED_S = 10.0
"""How long the look into what was reconciled holds."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What does not change while a trader runs.

    Attributes:
        state: folder.
        ledger: that it writes.
        stale_after: ns, for reconciliations.
        series: whose bars it waits for.
        patience: what is allowed.
        version, config: of the program, and the hash of its configuration.
        now: the instant, ns UTC.
        lost: how many log lines could not be written.
    """

    state: Path
    ledger: str
    stale_after: int
    series: Sequence[Expected]
    patience: Patience
    version: str
    config: str
    now: Callable[[], int]
    lost: Callable[[], int]


class LoopView:
    """The loop as seen from outside.

    The loop calls ``beat`` and ``show``, which only put a value down; everything else is asked for by threads
    of the endpoints.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._picture: Picture | None = None
        self._beaten = monotonic()
        self._latch = Latch(control_folder(around.state))
        self._looked, self._reconciled = float("-inf"), list[Freshness]()

    def beat(self) -> None:
        """The loop has come round."""
        self._beaten = monotonic()

    def show(self, picture: Picture) -> None:
        """This is what it looks like."""
        self._picture = picture

    def pages(self) -> dict[str, Page]:
        """Path = what it says."""
        return {"/metrics": self.metrics, "/health": self.health, "/ready": self.ready}

    def health(self) -> Answer:
        """Whether the loop comes round, whatever it depends on."""
        if self._picture is None:
            return _json({"status": "starting", "lag_seconds": None}, ok=True)
        lag = self._lag()
        ok = alive(lag, self._around.patience).ok
        return _json({"status": "ok" if ok else "stalled", "lag_seconds": round(lag, 3)}, ok=ok)

    def ready(self) -> Answer:
        """Whether it could trade now, and if not, what is missing."""
        checks = self.checks()
        ok = all(one.ok for one in checks)
        told = [{"check": one.name, "ok": one.ok, "detail": one.detail} for one in checks]
        return _json({"ready": ok, "checks": told}, ok=ok)

    def metrics(self) -> Answer:
        """Everything for Prometheus."""
        return Answer(200, CONTENT_TYPE, text_of(self._families, process=True))

    def checks(self) -> list[Check]:
        """What it needs, and whether it has it."""
        around = self._around
        return [
            alive(self._lag(), around.patience),
            *ready(
                self._picture, self._latch.reason(), self._last_reconciled(), around.series,
                now=around.now(), patience=around.patience,
            ),
        ]  # fmt: skip

    def _families(self) -> list[Shown]:
        around = Around(
            self._around.version,
            self._around.config,
            self._lag(),
            self._latch.reason(),
            self.checks(),
            self._last_reconciled(),
            self._around.lost(),
        )
        return list(families_of(self._picture, around))

    def _lag(self) -> float:
        return max(0.0, monotonic() - self._beaten)

    def _last_reconciled(self) -> list[Freshness]:
        """What was reconciled; looked up again every so often, not at every request."""
        if monotonic() - self._looked >= _RECONCILED_S:
            self._looked = monotonic()
            try:
                self._reconciled = freshness(
                    self._around.state, [self._around.ledger], now=self._around.now(),
                    stale_after=self._around.stale_after,
                )  # fmt: skip
            except IctError:
                damaged = Freshness(self._around.ledger, 0, 0, "unreadable", "", 0, 0, stale=True)
                self._reconciled = [damaged]
        return self._reconciled


def _json(body: Mapping[str, object], *, ok: bool) -> Answer:
    return Answer(200 if ok else 503, JSON, (json.dumps(body) + "\n").encode())
