"""What people see of detections: one line per kind, then the newest rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ictcli.clock import iso
from ictcli.detectors.plan import NEEDS_PAIR
from ictcli.detectors.reading import Log, View
from ictcli.detectors.registry import DETECTORS
from ictcli.store.partlog import DataRevision

LATEST = 10
"""Rows shown to people."""

_SUMMARY = ["kind", "total", "bull", "bear", "alive", "alive bull", "alive bear"]

Table = Callable[[Sequence[str], Iterable[Sequence[Any]]], str]


def rows_of(tables: Iterable[pa.Table]) -> Iterator[dict[str, Any]]:
    """Rows of tables, few in memory at a time."""
    for table in tables:
        for batch in table.to_batches(max_chunksize=1000):
            yield from batch.to_pylist()


def series_text(facts: Mapping[str, Any], log: Log, view: View, table: Table, *, events: bool) -> str:
    """One series: how many objects of each kind there are, and its newest rows.

    Args:
        facts: the series' entry of the JSON document.
        log: its detections.
        view: what to show.
        table: makes a text table.
        events: show records instead of objects.
    """
    title = f"{facts['source']}/{facts['symbol']}/{facts['timeframe']}"
    if facts["with"]:
        title += f" with {facts['with']}"
    if facts["as_of"]:
        title += f" as of {facts['as_of']}"
    latest, total = log.latest_events(view, LATEST) if events else log.latest_zones(view, LATEST)
    shown = [_cells(row) for row in rows_of([latest])]
    if not shown:
        return f"{title}: nothing found"
    summary = table(_SUMMARY, summary_rows(facts["counts"]))
    newest = table(list(shown[0]), [list(row.values()) for row in shown])
    return f"{title}\n{summary}\n\nLatest {len(shown)} of {total} rows (times in UTC)\n{newest}"


def summary_rows(counts: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """One row per kind: all objects and those that have not ended, also by direction.

    Points do not live; their cells are empty, as are those of directions that a kind does not have.
    """
    found: dict[str, dict[str, int]] = {}
    for row in counts:
        own = found.setdefault(row["kind"], {})
        alive = row["state"] not in {"point", *DETECTORS[row["kind"]].ends}
        for column, counted in (("total", True), (row["dir"], True), ("alive", alive)):
            own[column] = own.get(column, 0) + row["count"] * counted
        own[f"alive {row['dir']}"] = own.get(f"alive {row['dir']}", 0) + row["count"] * alive
    return [
        [
            kind,
            *(
                own.get(column) if DETECTORS[kind].ends or "alive" not in column else None
                for column in _SUMMARY[1:]
            ),
        ]
        for kind, own in sorted(found.items())
    ]


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row that fit a terminal."""
    event = "record" in row
    price = row["level"]
    if price is None and row["bottom"] is not None:
        price = f"{row['bottom']}-{row['top']}"
    moment = row["at"] if event else row["confirmed_at"]
    label = "MSS" if row["mss"] else row["label"]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "dir": row["dir"],
        "label": label,
        "known at" if event else "confirmed": f"{moment:%Y-%m-%d %H:%M}",
        "price": price,
        "record" if event else "state": row["record"] if event else row["state"],
        "fill": None if row["fill"] is None else f"{row['fill']:.0%}",
    }


def revision_text(title: str, revision: DataRevision) -> str:
    """What a changed bar did to the log of a series."""
    return (
        f"{title}: data_revision: closed bars changed from {iso(revision.first_ts)} on; "
        f"{revision.withdrawn} records were withdrawn and computed again"
    )


def by_detector(refused: Mapping[str, str], working: Iterable[str]) -> dict[str, str]:
    """Why detectors are left out, by name; by name and layer only where another layer works."""
    whole = set(working)
    names = {title: title.partition(".")[0] for title in refused}
    return {title if name in whole else name: refused[title] for title, name in names.items()}


def left_out_text(timeframe: str, refused: Mapping[str, str]) -> str:
    """One line about all that is left out; the reason of one is told when it is asked for by name."""
    pair = [name for name, reason in refused.items() if reason == NEEDS_PAIR]
    bars = [name for name in refused if name not in pair]
    parts = [f"{', '.join(bars)} (need shorter bars)"] if bars else []
    parts += [f"{', '.join(pair)} (needs --with)"] if pair else []
    return f"left out on {timeframe}: {'; '.join(parts)}"
