"""Thresholds of ``stress``."""

from typing import Annotated

from msgspec import Meta

from ictcli.config.fields import Record, doc


class StressConfig(Record, frozen=True):
    """What a certificate demands (docs/stress.md)."""

    trades_per_hour: Annotated[float, Meta(ge=0), doc("Trades that an hour must be able to hold.")] = 100.0
