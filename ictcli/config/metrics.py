"""Configuration of metrics and their endpoints."""

from typing import Annotated

from msgspec import Meta

from ictcli.config.fields import Record, doc


class MetricsConfig(Record, frozen=True):
    """What a running trader shows of itself (docs/metrics.md)."""

    port: Annotated[
        int, Meta(ge=0, le=65_535), doc("Loopback port of `/metrics`, `/health` and `/ready`; 0: none.")
    ] = 0
