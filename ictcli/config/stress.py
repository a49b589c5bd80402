"""Thresholds of ``stress``."""

from typing import Annotated

from msgspec import Meta

from ictcli.config.fields import Record, Share, doc

Positive = Annotated[float, Meta(gt=0)]


class StressConfig(Record, frozen=True):
    """What a certificate demands, of the bound behind each measured value (docs/stress.md)."""

    trades_per_hour: Annotated[float, Meta(ge=0), doc("Trades that an hour must be able to hold.")] = 100.0
    bar_ms: Annotated[
        Positive,
        doc("Milliseconds of work for each closed bar, orders included, 99 of 100 minutes stay below."),
    ] = 50.0
    signal_to_order_ms: Annotated[
        Positive, doc("Milliseconds from a signal to the answer to its order, 99 of 100 stay below.")
    ] = 500.0
    error_rate: Annotated[Share, doc("Share of orders that may end in an error of ours.")] = 0.001
    recovery_s: Annotated[
        Positive, doc("Seconds from a restart to trading again, 95 of 100 recoveries stay below.")
    ] = 30.0
    availability: Annotated[
        Share, doc("Least share of a broker's own time online during which orders can be sent.")
    ] = 0.999
    memory_bytes_per_bar: Annotated[
        Positive,
        doc("Bytes by which memory may grow with each bar; 64 are 2.6 MB in a month of minutes."),
    ] = 64.0
    memory_bytes_per_order: Annotated[
        Positive,
        doc("Bytes of history that may stay of each order, its close and their deals, besides."),
    ] = 1_500.0
    alert_s: Annotated[Positive, doc("Seconds to the delivery of an alert, 95 of 100 stay below.")] = 30.0
    alerts_per_minute: Annotated[float, Meta(ge=0), doc("Alerts that a minute must be able to hold.")] = 100.0
    alert_memory_mib: Annotated[
        Positive, doc("Memory of the process that delivers alerts stays below, MiB.")
    ] = 50.0
