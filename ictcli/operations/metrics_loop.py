"""A running trader as metrics: from the last picture of it, and what its surroundings tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ictcli.clock import NS_PER_SECOND
from ictcli.operations.endpoints_readiness import Check
from ictcli.operations.metrics_families import Family, Histogram, Shown, counted, one_value
from ictcli.reconcile.freshness import Freshness
from ictcli.trading.measures import Picture

_MODES = ("active", "reducing", "halted")
_GAUGES: Mapping[str, str] = {
    "positions": "Open positions.",
    "working_orders": "Orders that are under way or rest at the broker.",
    "unknown_orders": "Orders whose outcome is not known.",
    "ledger_events": "Events of the ledger.",
    "wal_bytes": "Bytes of the ledger's write-ahead log.",
    "clock_offset_seconds": "The broker's clock less this machine's.",
    "balance_difference": "The broker's balance less the ledger's.",
}
_COUNTERS: Mapping[str, tuple[str, str]] = {
    "denials": ("Orders that the gate kept from being sent.", "code"),
    "fills": ("Deals that were booked.", "kind"),
    "bars": ("Closed bars that were taken.", "kind"),
    "alerts": ("Alerts in the ledger.", "severity"),
}
_DISTRIBUTIONS: Mapping[str, str] = {
    "order_ack_seconds": "From the request being recorded to the broker's answer.",
    "ledger_commit_seconds": "How long a durable write of the ledger took.",
    "fill_to_book_seconds": "From the broker's deal to its booking here.",
    "slippage_points": "Points between a deal's price and the one it was decided for; above 0 it cost money.",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What the picture does not tell.

    Attributes:
        version: of the program.
        config: hash of the configuration.
        lag: how long ago the loop came round, seconds.
        halted: why the emergency stop is on; None while it is off.
        checks: of readiness.
        reconciled: how long ago the ledgers were reconciled.
        lost: log lines that could not be written.
    """

    version: str
    config: str
    lag: float
    halted: str | None
    checks: Sequence[Check]
    reconciled: Sequence[Freshness]
    lost: int


def families_of(picture: Picture | None, around: Around) -> Iterator[Shown]:
    """Everything that is known of a running trader."""
    yield build_info(around.version, around.config)
    yield one_value("loop_lag_seconds", "How long ago the loop came round.", around.lag)
    yield halt_state(around.halted)
    checks = [((one.name,), float(one.ok)) for one in around.checks]
    yield Family("ready", "1 for each thing a trader needs and has.", checks, ("check",))
    yield last_reconcile(around.reconciled)
    yield Family("log_lines_lost", "Log lines that could not be written.", [((), around.lost)], (), "counter")
    if picture is not None:
        yield from _of_picture(picture)


def build_info(version: str, config: str) -> Family:
    """What runs here."""
    return one_value("build_info", "What runs: always 1.", 1.0, version=version, config_hash=config)


def halt_state(reason: str | None) -> Family:
    """Whether the emergency stop is on, and so whether it has a reason."""
    return one_value("halt_state", "1 while the emergency stop is on.", float(reason is not None))


def last_reconcile(found: Sequence[Freshness]) -> Family:
    """When each ledger was reconciled last."""
    values = [((one.ledger,), one.conclusive / NS_PER_SECOND) for one in found]
    told = "When a reconciliation last came to a result; 0 for never."
    return Family("last_reconcile_timestamp_seconds", told, values, ("ledger",))


def _of_picture(picture: Picture) -> Iterator[Shown]:
    orders = [
        ((picture.broker or "built-in", key), float(n)) for key, n in picture.counts.get("orders", {}).items()
    ]
    yield Family("orders", "Requests by what the broker, or the gate, made of them.", orders,
                 ("broker", "outcome"), "counter")  # fmt: skip
    for name, (told, label) in _COUNTERS.items():
        yield counted(name, told, label, picture.counts.get(name, {}))
    for name, told in _GAUGES.items():
        yield one_value(name, told, picture.values[name])
    reconnects = [((), picture.values["reconnects"])]
    yield Family("reconnects", "How often the broker answered again.", reconnects, (), "counter")
    for name in ("balance", "equity"):
        told = f"The account's {name}."
        yield Family(name, told, [((picture.currency,), picture.values[name])], ("currency",))
    ages = [((symbol,), age) for symbol, age in picture.labelled.get("quote_age_seconds", {}).items()]
    yield Family("quote_age_seconds", "Age of the last quote that was asked for.", ages, ("symbol",))
    closes = [(key, closed / NS_PER_SECOND) for key, closed in picture.bars.items()]
    yield Family("last_bar_timestamp_seconds", "Close of the last bar.", closes, ("symbol", "timeframe"))
    modes = [((mode,), float(mode == picture.allowed)) for mode in _MODES]
    yield Family("trading_mode", "1 for what trading is allowed at the moment.", modes, ("mode",))
    yield one_value("picture_timestamp_seconds", "When this was measured.", picture.at / NS_PER_SECOND)
    for name, told in _DISTRIBUTIONS.items():
        if name in picture.distributions:
            yield Histogram(name, told, picture.distributions[name])
