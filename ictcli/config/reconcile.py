"""Configuration of ``reconcile``."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from ictcli.clock import parse_duration
from ictcli.config.fields import Duration, Record, doc


class ReconcileConfig(Record, frozen=True):
    """How ledger and broker are compared (docs/reconcile.md)."""

    since: Annotated[Duration, doc("How far back records are compared when `--since` is not given.")] = "36h"
    lag: Annotated[
        Duration,
        doc(
            "What is younger than this is left for the next time, on both sides: a trader may be writing it."
        ),
    ] = "60s"
    stale_after: Annotated[
        Duration, doc("Age of the last reconciliation from which `status` and `doctor` call it stale.")
    ] = "36h"
    price_ticks: Annotated[Decimal, doc("Ticks that the price of a deal may be apart.")] = Decimal("0.5")
    volume_steps: Annotated[Decimal, doc("Steps by which a volume must be apart to be a difference.")] = (
        Decimal("0.5")
    )
    money_units: Annotated[
        int, Meta(ge=0, le=1_000_000), doc("Minor units (cents) that one amount may be apart.")
    ] = 1
    aggregate_units: Annotated[
        Decimal, doc("Minor units that a sum may be apart, for each amount in it.")
    ] = Decimal("0.5")
    time: Annotated[Duration, doc("Time that two records of a deal may be apart.")] = "2s"
    average: Annotated[
        Decimal, doc("Share of the price that the average price of a position may be apart.")
    ] = Decimal("0.0001")
    clock_warn: Annotated[Duration, doc("Offset of the broker's clock that is reported.")] = "1s"
    clock_halt: Annotated[Duration, doc("Offset of the broker's clock that is critical.")] = "5s"

    def __post_init__(self) -> None:
        for name, most in (
            ("price_ticks", 1000), ("aggregate_units", 1000), ("average", 1),
        ):  # fmt: skip
            value = getattr(self, name)
            if not (value.is_finite() and 0 <= value <= most):
                raise ValueError(f"{name} must be from 0 to {most}")
        if not (self.volume_steps.is_finite() and 0 < self.volume_steps <= 1):
            raise ValueError("volume_steps must be above 0 and at most 1")
        if parse_duration(self.since) == 0:
            raise ValueError("since must be above 0")
        if parse_duration(self.clock_halt) < parse_duration(self.clock_warn):
            raise ValueError("clock_halt must not be below clock_warn")
