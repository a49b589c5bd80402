"""Configuration of metrics and their endpoints."""

from typing import Annotated

from msgspec import Meta

from ictcli.config.fields import Duration, Record, doc


class MetricsConfig(Record, frozen=True):
    """What a running trader shows of itself, and when a measurement is unusual (docs/metrics.md)."""

    port: Annotated[
        int, Meta(ge=0, le=65_535), doc("Loopback port of `/metrics`, `/health` and `/ready`; 0: none.")
    ] = 0
    token_env: Annotated[
        str,
        doc("Environment variable, or with `_FILE` behind it the file, with the token that is asked for."),
    ] = "ICTCLI_METRICS_TOKEN"  # noqa: S105 - the name of a variable
    stalled_after: Annotated[Duration, doc("A loop that has not come round for so long is not healthy.")] = (
        "30s"
    )
    bars_late_after: Annotated[
        Duration, doc("A bar that is later than this, while its market is open, makes a trader not ready.")
    ] = "3m"
    learn_from: Annotated[Duration, doc("How far back baselines are learned from the metric history.")] = (
        "60d"
    )
    false_alarm: Annotated[
        float,
        Meta(ge=0.0001, le=0.1),
        doc("Share of usual quarter hours that may be called unusual, for each metric."),
    ] = 0.001
