"""Metrics in the words of Prometheus: plain values in, text of exposition format 0.0.4 out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ictcli.errors import ConfigError
from ictcli.trading.measures import Distribution

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

PREFIX = "ictcli_"
INSTALL = "pip install ictcli[operate]"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its label values.

    Attributes:
        name: without the prefix; a counter's without ``_total``.
        help: one sentence.
        values: label values, in the order of ``labels``, and the value.
        labels: names of labels.
        kind: what Prometheus may do with it.
    """

    name: str
    help: str
    values: Sequence[tuple[tuple[str, ...], float]]
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


@dataclass(frozen=True, slots=True)
class Histogram:
    """A distribution as a metric; ``broker`` and the like have no place on it."""

    name: str
    help: str
    seen: Distribution


Shown = Family | Histogram


class _Collector:
    """What a registry asks at every scrape."""

    def __init__(self, ask: Callable[[], Iterable[Shown]]) -> None:
        self._ask = ask

    def collect(self) -> Iterator["Metric"]:
        """Everything that there is to show now."""
        return (_metric(one) for one in self._ask())


def one_value(name: str, help_text: str, value: float | None, **labels: str) -> Family:
    """A gauge of one value; of none where it is not known."""
    values = [] if value is None else [(tuple(labels.values()), float(value))]
    return Family(name, help_text, values, tuple(labels))


def counted(name: str, help_text: str, label: str, counts: Mapping[str, int]) -> Family:
    """A counter over one label."""
    return Family(name, help_text, [((key,), float(n)) for key, n in counts.items()], (label,), "counter")


def text_of(ask: Callable[[], Iterable[Shown]], *, process: bool = False) -> bytes:
    """Metrics as text.

    Args:
        ask: what there is.
        process: with memory, processor time and descriptors of this process.

    Raises:
        ConfigError: prometheus-client is not installed.
    """
    registry = _registry(process=process)
    from prometheus_client import generate_latest  # noqa: PLC0415 - an extra

    registry.register(_Collector(ask))
    return generate_latest(registry)


def require_client() -> None:
    """Make sure that metrics can be shown.

    Raises:
        ConfigError: prometheus-client is not installed.
    """
    _registry(process=False)


def _registry(*, process: bool) -> "CollectorRegistry":
    try:
        from prometheus_client import CollectorRegistry, ProcessCollector  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("metrics need prometheus-client, which is not installed", hint=INSTALL) from error
    registry = CollectorRegistry()
    if process:
        ProcessCollector(registry=registry)
    return registry


def _metric(shown: Shown) -> "Metric":
    from prometheus_client.core import (  # noqa: PLC0415 - an extra
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    name = PREFIX + shown.name
    if isinstance(shown, Histogram):
        family = HistogramMetricFamily(name, shown.help)
        family.add_metric([], _buckets(shown.seen), shown.seen.total)
        return family
    kind = CounterMetricFamily if shown.kind == "counter" else GaugeMetricFamily
    simple: CounterMetricFamily | GaugeMetricFamily = kind(name, shown.help, labels=list(shown.labels))
    for labels, value in shown.values:
        simple.add_metric(list(labels), value)
    return simple


def _buckets(seen: Distribution) -> list[tuple[str, float]]:
    """Cumulated, as Prometheus wants them."""
    ends = [*map(_end, seen.bounds), "+Inf"]
    return [(end, float(sum(seen.counts[: at + 1]))) for at, end in enumerate(ends)]


def _end(bound: float) -> str:
    return repr(float(bound))
