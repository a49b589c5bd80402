"""The quality report of a fetch as text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ictcli.clock import iso
from ictcli.sources.quality import Delivery, SeriesReport

Table = Callable[[Sequence[str], Iterable[Sequence[Any]]], str]

_HEADERS = ("series", "read", "added", "revised", "bad", "stored", "first", "last", "missing")


def quality_text(reports: Sequence[SeriesReport], table: Table) -> str:
    """One table of all series, then what there is to say about each."""
    lines = [table(_HEADERS, [_row(report) for report in reports])]
    for report in reports:
        lines += [f"\n{report.key}", *(f"  {line}" for line in _details(report))]
    return "\n".join(lines)


def _row(report: SeriesReport) -> tuple[Any, ...]:
    stored = report.coverage
    return (
        str(report.key),
        f"{report.rows:,}",
        "up to date" if report.up_to_date else f"{report.added:,}",
        f"{report.revised:,}",
        f"{sum(report.quarantined.values()):,}",
        f"{stored.rows:,}",
        None if stored.first is None else iso(stored.first)[:10],
        None if stored.last is None else iso(stored.last)[:10],
        f"{stored.missing_bars:,}",
    )


def _details(report: SeriesReport) -> list[str]:
    stored = report.coverage
    complete = f"{stored.completeness:.2f} %"
    lines = [f"digits: {stored.digits}; complete: {complete}; gaps: {_counts(stored.gaps) or 'none'}"]
    if stored.longest is not None:
        gap = stored.longest
        lines.append(f"longest unexplained gap: {iso(gap.start)} to {iso(gap.end)} ({gap.bars:,} bars)")
    for delivery in report.deliveries:
        lines += _delivery(delivery)
    return lines


def _delivery(delivery: Delivery) -> list[str]:
    if delivery.up_to_date:
        return [f"{delivery.name}: up to date"]
    clock = delivery.clock
    lines = [f"{delivery.name}: {delivery.format}, {delivery.rows:,} rows, clock {clock.rule} ({clock.by})"]
    lines += [f"  clock: {line}" for line in clock.evidence]
    if delivery.quarantined:
        lines.append(f"  quarantined: {_counts(delivery.quarantined)}")
    if delivery.reported:
        lines.append(f"  kept, but odd: {_counts(delivery.reported)}")
    lines += [f"  note: {note}" for note in delivery.notes]
    if delivery.outside:
        lines.append(f"  outside the span asked for: {delivery.outside:,}")
    return lines


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
