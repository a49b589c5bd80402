"""The state of a workspace as a text file for Prometheus' node exporter: for machines with cron alone."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ictcli.clock import NS_PER_SECOND, parse_instant
from ictcli.operations.metrics_families import Family, Shown, one_value, text_of
from ictcli.operations.metrics_loop import build_info, halt_state


def status_metrics(found: Mapping[str, Any], version: str, config: str) -> bytes:
    """What ``status`` found, as text.

    Args:
        found: document of ``ictcli status --json``.
        version: of the program.
        config: hash of the configuration.

    Raises:
        ConfigError: prometheus-client is not installed.
    """
    return text_of(lambda: _families(found, version, config))


def _families(found: Mapping[str, Any], version: str, config: str) -> Iterator[Shown]:
    now = _seconds(found["time"])
    yield build_info(version, config)
    yield one_value("status_timestamp_seconds", "When this was written.", now)
    yield one_value("disk_free_bytes", "Room on the disk of the data.", found["disk"]["free_bytes"])
    yield one_value("data_bytes", "Bytes of the data folder.", found["disk_bytes"])
    ages = [
        ((one["source"], one["symbol"], one["timeframe"]), now - _seconds(one["last"]))
        for one in found["series"]
        if one["last"]
    ]
    labels = ("source", "symbol", "timeframe")
    yield Family("series_age_seconds", "Age of the last stored bar.", ages, labels)
    yield from _of_trading(found["trading"])
    yield from _of_operation(found)


def _of_trading(found: Mapping[str, Any]) -> Iterator[Shown]:
    halt = found["halt"]
    yield halt_state(halt["reason"] if halt else None)
    running = [((one["mode"], one["broker"]), float(one["running"])) for one in found["traders"]]
    yield Family("trader_running", "1 while a trader holds its account.", running, ("mode", "broker"))
    told: dict[str, tuple[str, Callable[[Mapping[str, Any]], float]]] = {
        "positions": ("Open positions.", lambda one: len(one["positions"])),
        "open_intents": (
            "Orders that are under way or rest at the broker.",
            lambda one: len(one["open_intents"]),
        ),
        "unknown_orders": ("Orders whose outcome is not known.", lambda one: one["unresolved"]),
        "ledger_events": ("Events of the ledger.", lambda one: one["events"]),
    }
    for name, (text, measure) in told.items():
        values = [((one["ledger"],), float(measure(one))) for one in found["ledgers"]]
        yield Family(name, text, values, ("ledger",))
    clocks = [((one["ledger"],), one["clock"]["offset_seconds"]) for one in found["ledgers"] if one["clock"]]
    yield Family("clock_offset_seconds", "The broker's clock less this machine's.", clocks, ("ledger",))


def _of_operation(found: Mapping[str, Any]) -> Iterator[Shown]:
    reconciled = [((one["ledger"],), _seconds(one["at"])) for one in found["reconciliations"]]
    told = "When the last reconciliation ended; 0 for never."
    yield Family("last_reconcile_timestamp_seconds", told, reconciled, ("ledger",))
    stale = [((one["ledger"],), float(one["stale"])) for one in found["reconciliations"]]
    yield Family("reconcile_stale", "1 where no reconciliation came to a result in time.", stale, ("ledger",))
    open_alerts = [((name,), float(n)) for name, n in found["alerts"]["unacknowledged"].items()]
    yield Family("unacknowledged_alerts", "Alerts that nobody acknowledged.", open_alerts, ("severity",))
    yield one_value("last_backup_timestamp_seconds", "When the last backup was made; 0 for never.",
                    _seconds(found["backup"]["last"]))  # fmt: skip
    measured = found["measurements"]
    yield one_value(
        "measurements_judged", "Measurements that were held against what is usual.", measured["judged"]
    )
    beyond = [
        ((one["metric"], one["label"]), one["distance"] / max(one["limit"], 1.0))
        for one in measured["unusual"]
    ]
    told = "How far away, as a multiple of what is usual (at least a spread); only the unusual."
    yield Family("measurement_deviation", told, beyond, ("metric", "label"))


def _seconds(instant: str | None) -> float:
    return parse_instant(instant, now=0) / NS_PER_SECOND if instant else 0.0
