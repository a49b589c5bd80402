"""The quality report: what came in, what was kept out and why, and how complete the series now is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ictcli.clock import iso
from ictcli.market.bars import SeriesKey
from ictcli.market.gaps import Gap
from ictcli.market.validation.signs import Sign


@dataclass(frozen=True, slots=True)
class ClockReport:
    """Which clock rule the stamps were read with.

    Attributes:
        rule: canonical name, such as ``ny+7`` or ``utc@close``.
        by: who says so: ``given``, ``confirmed``, ``format``, ``inferred``, ``forced`` or
            ``simulated``.
        evidence: one line each.
    """

    rule: str
    by: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one input delivered.

    Attributes:
        name: file name, or what the source calls it.
        format: importer that read it.
        rows: rows in it, including those that do not parse.
        clock: how its stamps were read.
        quarantined: rows kept out of the store, by rule.
        reported: rows kept despite an oddity, by rule.
        outside: rows outside the requested span.
        notes: what else to know about the input, one line each.
        signs: signs that the file was generated, not recorded.
        up_to_date: the store already had this input; nothing was read.
    """

    name: str
    format: str
    rows: int
    clock: ClockReport
    quarantined: Mapping[str, int] = field(default_factory=dict)
    reported: Mapping[str, int] = field(default_factory=dict)
    outside: int = 0
    notes: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()
    up_to_date: bool = False

    @property
    def good(self) -> int:
        """Rows handed to the store."""
        return self.rows - sum(self.quarantined.values()) - self.outside


@dataclass(frozen=True, slots=True)
class Coverage:
    """How complete a stored series is.

    Attributes:
        rows: rows in the store.
        first, last: first and last ``ts`` (nanoseconds UTC); None when there are none.
        digits: decimal digits of the prices.
        gaps: number of gaps by kind.
        missing_bars: bars of trading hours that nothing explains the absence of.
        longest: the longest unexplained gap.
    """

    rows: int
    first: int | None
    last: int | None
    digits: int
    gaps: Mapping[str, int]
    missing_bars: int
    longest: Gap | None

    @property
    def completeness(self) -> float:
        """Share of the expected bars that are there, in percent."""
        expected = self.rows + self.missing_bars
        return 100.0 * self.rows / expected if expected else 100.0


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """The quality report of one series after one fetch.

    Attributes:
        key: the series.
        deliveries: what came in, input by input.
        added, revised, unchanged: rows by what became of them in the store.
        coverage: the whole series as stored now.
    """

    key: SeriesKey
    deliveries: tuple[Delivery, ...]
    added: int
    revised: int
    unchanged: int
    coverage: Coverage

    @property
    def up_to_date(self) -> bool:
        """Nothing was new."""
        return self.added == 0 and self.revised == 0

    @property
    def rows(self) -> int:
        """Rows in the inputs."""
        return sum(delivery.rows for delivery in self.deliveries)

    @property
    def quarantined(self) -> dict[str, int]:
        """Rows kept out, by rule."""
        return total(delivery.quarantined for delivery in self.deliveries)

    @property
    def reported(self) -> dict[str, int]:
        """Rows kept despite an oddity, by rule."""
        return total(delivery.reported for delivery in self.deliveries)


def total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Sums by name."""
    summed: Counter[str] = Counter()
    for count in counts:
        summed.update(count)
    return dict(summed)


def coverage_of(rows: int, first: int | None, last: int | None, digits: int, gaps: Iterable[Gap]) -> Coverage:
    """Coverage of a series from its gaps."""
    kinds: Counter[str] = Counter()
    missing = 0
    longest: Gap | None = None
    for gap in gaps:
        kinds[gap.kind] += 1
        if gap.kind == "missing":
            missing += gap.bars
            if longest is None or gap.end - gap.start > longest.end - longest.start:
                longest = gap
    return Coverage(rows, first, last, digits, dict(sorted(kinds.items())), missing, longest)


def merged(reports: Iterable[SeriesReport]) -> list[SeriesReport]:
    """One report per series, in order of first appearance; the last coverage counts."""
    by_key: dict[SeriesKey, SeriesReport] = {}
    for report in reports:
        known = by_key.get(report.key)
        by_key[report.key] = (
            report
            if known is None
            else replace(
                report,
                deliveries=known.deliveries + report.deliveries,
                added=known.added + report.added,
                revised=known.revised + report.revised,
                unchanged=known.unchanged + report.unchanged,
            )
        )
    return list(by_key.values())


def document(report: SeriesReport) -> dict[str, Any]:
    """The report as plain values: an element of ``series`` in ``fetch --json``."""
    coverage = report.coverage
    return {
        "source": report.key.source,
        "symbol": report.key.symbol,
        "timeframe": report.key.timeframe.name,
        "rows_in": report.rows,
        "added": report.added,
        "revised": report.revised,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "reported": report.reported,
        "up_to_date": report.up_to_date,
        "stored": {
            "rows": coverage.rows,
            "first": None if coverage.first is None else iso(coverage.first),
            "last": None if coverage.last is None else iso(coverage.last),
            "digits": coverage.digits,
            "gaps": dict(coverage.gaps),
            "missing_bars": coverage.missing_bars,
            "longest_missing": None if coverage.longest is None else _gap(coverage.longest),
            "completeness": round(coverage.completeness, 3),
        },
        "inputs": [_delivery(delivery) for delivery in report.deliveries],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"start": iso(gap.start), "end": iso(gap.end), "bars": gap.bars}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "name": delivery.name,
        "format": delivery.format,
        "rows": delivery.rows,
        "clock": delivery.clock.rule,
        "clock_by": delivery.clock.by,
        "clock_evidence": list(delivery.clock.evidence),
        "quarantined": dict(delivery.quarantined),
        "reported": dict(delivery.reported),
        "outside_span": delivery.outside,
        "notes": list(delivery.notes),
        "signs_of_synthesis": {sign.name: sign.evidence for sign in delivery.signs},
        "up_to_date": delivery.up_to_date,
    }
