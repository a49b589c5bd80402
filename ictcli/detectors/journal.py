"""Detections of a stored series: computed once, kept beside the bars, read back while nothing changed.

The kept tables always hold every detector over the whole series, so a question about one kind or one
month is a view of them. What was known at an earlier instant is computed from the bars closed by then.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ictcli import __version__
from ictcli.config.records import DetectConfig
from ictcli.detectors.plan import Plan
from ictcli.detectors.registry import choose, configured
from ictcli.detectors.scan import Detections, plan_for, scan
from ictcli.errors import DataError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.calendars import Calendar
from ictcli.market.timeframes import Timeframe
from ictcli.store.columns import INSTANT
from ictcli.store.serving import serve_bars
from ictcli.store.store import Store

ARTIFACT = "detections"
ZONES = "detections"
EVENTS = "detection_events"


@dataclass(frozen=True, slots=True)
class Subject:
    """A series to look at.

    Attributes:
        stored: the stored series; of the wanted timeframe, one that nests in it, or ticks.
        timeframe: wanted.
        calendar: trading hours of the symbol.
    """

    stored: SeriesKey
    timeframe: Timeframe
    calendar: Calendar

    @property
    def key(self) -> SeriesKey:
        """Source and symbol of the stored series with the wanted timeframe."""
        return SeriesKey(self.stored.source, self.stored.symbol, self.timeframe)


@dataclass(frozen=True, slots=True)
class View:
    """Which detections to show.

    Attributes:
        names: detectors, all when empty.
        start, end: bounds of ``confirmed_at`` (of ``at`` for the log), nanoseconds UTC, end exclusive.
    """

    names: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None


def plan_of(subject: Subject, config: DetectConfig, names: Iterable[str] = ()) -> Plan:
    """The plan for the named detectors on a subject, all of them when none is named.

    Raises:
        UsageError: a name is unknown.
        ConfigError: ``detect.params`` is wrong.
    """
    settings = configured(config, subject.timeframe.ns, always_open=subject.calendar.always_open)
    return plan_for(names, settings)


def closed_bars(store: Store, subject: Subject, as_of: int | None = None) -> Bars:
    """The bars of a subject that were closed at ``as_of`` (nanoseconds UTC); None: at the end of the data.

    Raises:
        DataError: there are none.
    """
    bars = serve_bars(store, subject.stored, subject.timeframe, subject.calendar, as_of=as_of)
    if not len(bars):
        raise DataError(
            f"no closed {subject.timeframe} bars of {subject.stored}",
            hint="Run `ictcli status` to see what is stored.",
        )
    return bars


def refresh(
    store: Store,
    subject: Subject,
    config: DetectConfig,
    provenance: Mapping[str, Any],
) -> tuple[Detections, bool]:
    """The detections of a whole series, computed only when bars, parameters or detectors changed.

    Returns:
        The detections and whether they were computed now.

    Raises:
        DataError: nothing is stored, or a file is damaged.
        Busy: another process is computing them.
    """
    kept = store.artifacts(ARTIFACT, subject.key)
    inputs = inputs_hash(store, subject, config)
    if kept.up_to_date(inputs):
        zones, events = kept.read(ZONES), kept.read(EVENTS)
        if zones is not None and events is not None:
            return Detections(events, zones), False
    found = scan(closed_bars(store, subject), subject.key, plan_of(subject, config))
    kept.write({ZONES: found.zones, EVENTS: found.events}, inputs, provenance)
    return found, True


def known_at(
    store: Store, subject: Subject, config: DetectConfig, as_of: int, names: Iterable[str] = ()
) -> Detections:
    """Exactly what was known at an instant: the scan of the bars closed by then."""
    return scan(closed_bars(store, subject, as_of), subject.key, plan_of(subject, config, names))


def inputs_hash(store: Store, subject: Subject, config: DetectConfig) -> str:
    """Identifies everything the detections of a series depend on.

    Raises:
        DataError: the series is not stored.
    """
    manifest = store.manifest(subject.stored)
    if manifest is None:
        raise DataError(f"{subject.stored} is not stored", hint="Run `ictcli status` to see what is.")
    facts = [__version__, manifest.content_hash(), str(subject.stored), str(subject.timeframe)]
    facts.append(subject.calendar.name)
    for node in plan_of(subject, config).nodes:
        facts.append(f"{node.title}|{node.detector.version}|{node.text}")
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def select(table: pa.Table, view: View, column: str) -> pa.Table:
    """The rows of a view, judged by the instants in ``column``."""
    kinds = pa.array(choose(view.names))
    mask = pc.is_in(table["kind"], value_set=kinds)
    if view.start is not None:
        mask = pc.and_(mask, pc.greater_equal(table[column], pa.scalar(view.start, INSTANT)))
    if view.end is not None:
        mask = pc.and_(mask, pc.less(table[column], pa.scalar(view.end, INSTANT)))
    return table.filter(mask)


def state_counts(zones: pa.Table) -> list[dict[str, Any]]:
    """How many objects of each kind, direction and state, in the order of the names."""
    grouped = zones.group_by(["kind", "dir", "state"]).aggregate([([], "count_all")])
    rows: list[dict[str, Any]] = grouped.rename_columns(["kind", "dir", "state", "count"]).to_pylist()
    return sorted(rows, key=lambda row: (row["kind"], row["dir"], row["state"]))
