"""A reconciliation as a text file for Prometheus' node exporter (text exposition format 0.0.4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from ictcli.clock import NS_PER_SECOND
from ictcli.reconcile.findings import Kind
from ictcli.reconcile.outcome import SEVERITIES, Outcome
from ictcli.reports.reconcile_document import difference

_PREFIX = "ictcli_reconcile_"


@dataclass(frozen=True, slots=True)
class Told:
    """What the file tells of.

    Attributes:
        ledger: broker, paper or replay; empty where there is none.
        mode: what was compared (``outcome.Mode``).
        code: what the process ends with.
        started, ended: ns UTC.
        outcome: None where it came to none.
        last_clean: when a run over this ledger was clean last, ns UTC; 0 for never.
    """

    ledger: str
    mode: str
    code: int
    started: int
    ended: int
    outcome: Outcome | None = None
    last_clean: int = 0


@dataclass(frozen=True, slots=True)
class _Gauge:
    name: str
    help: str
    values: tuple[tuple[dict[str, str], float], ...]


def metrics_text(told: Told) -> str:
    """The file's content."""
    lines = []
    for gauge in _gauges(told):
        name = _PREFIX + gauge.name
        lines += [f"# HELP {name} {gauge.help}", f"# TYPE {name} gauge"]
        for labels, value in gauge.values:
            named = {"ledger": told.ledger, "mode": told.mode, **labels}
            shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in named.items())
            lines.append(f"{name}{{{shown}}} {value!r}")
    return "\n".join(lines) + "\n"


def _gauges(told: Told) -> Iterator[_Gauge]:
    seconds = (told.ended - told.started) / NS_PER_SECOND
    yield _Gauge("last_run_timestamp_seconds", "When it ended.", _one(told.ended / NS_PER_SECOND))
    yield _Gauge(
        "last_clean_timestamp_seconds",
        "When it was clean last; 0 for never.",
        _one(told.last_clean / NS_PER_SECOND),
    )
    yield _Gauge("duration_seconds", "How long it took.", _one(seconds))
    yield _Gauge(
        "exit_code", "0 clean, 9 findings, 10 inconclusive, others: it came to no result.", _one(told.code)
    )
    if told.outcome is not None:
        yield from _of_outcome(told.outcome)


def _of_outcome(outcome: Outcome) -> Iterator[_Gauge]:
    counts = outcome.counts
    kinds = tuple(({"kind": one.value}, float(counts["by_kind"].get(one.value, 0))) for one in Kind)
    weights = tuple(({"severity": str(one)}, float(counts["by_severity"].get(one, 0))) for one in SEVERITIES)
    yield _Gauge("findings", "Findings that no other one explains.", kinds)
    yield _Gauge("findings_by_severity", "The same by severity.", weights)
    yield _Gauge("applied", "Findings that were put right.", _one(len(outcome.applied)))
    if outcome.mode == "backtest":
        told = "Decisions and fills that are others than the backtest's."
        yield _Gauge("differences", told, _one(len(outcome.differences)))
    if outcome.ledger:
        yield _Gauge("ledger_events", "Events that were verified.", _one(outcome.events))
    apart = difference(outcome)
    if apart is not None:
        value = (({"currency": outcome.currency}, float(apart)),)
        yield _Gauge("balance_difference", "Balance added up here less the one that is stated.", value)
    if outcome.clock_offset is not None:
        offset = outcome.clock_offset / NS_PER_SECOND
        yield _Gauge("clock_offset_seconds", "The broker's clock less this machine's.", _one(offset))


def _one(value: float) -> tuple[tuple[dict[str, str], float], ...]:
    return (({}, float(value)),)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
