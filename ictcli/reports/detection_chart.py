"""What a chart of detections shows: pure data that the page and the picture both draw.

The horizontal axis counts bars, so times without trading take no room: bar i of the chart spans i - 0.5 to
i + 0.5. Nothing is drawn to the left of its confirmation, however early the pattern began, and at a
position p only what was known at the close of bar p: what a scan of the bars up to p finds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.clock import from_datetime
from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.scan import Detections
from ictcli.market.bars import Bars, Int64, SeriesKey
from ictcli.reports.chart_styles import Form, caption, family, style
from ictcli.store.columns import INSTANT

MOST_BARS = 5_000
"""Bars on one chart; a page with more answers too slowly."""

_DEAD = ("failed", "superseded", "closed", "invalidated", "void", "expired", "evicted")
ENDINGS: Mapping[Form, tuple[str, ...]] = {
    "zone": _DEAD,
    "level": ("swept", "taken", "broken", *_DEAD),
    "break": ("failed", "evicted"),
    "window": _DEAD,
    "point": (),
    "setup": _DEAD,
}
"""Records after which an object is no longer drawn on to the right."""

INFORMATIVE = ("confirmed", "extended", "parent_added")
BREAK_BARS = 8
"""Length of the line that marks a break of structure."""

LASTING: tuple[Form, ...] = ("break", "window", "setup")
"""What stays on a crowded chart after its end."""

FEW = 80
"""Up to this many shapes, a chart shows those that ended too before anybody asks for them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One record of an object.

    Attributes:
        bar: position from which it is known; negative for what was known before the chart begins.
        x: its instant on the axis.
        record: its name.
        at: instant, nanoseconds UTC.
        bottom, top: price of the object from then on; equal for a level, None where it has none.
    """

    bar: int
    x: float
    record: str
    at: int
    bottom: float | None
    top: float | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """One detected object.

    Attributes:
        left: where it begins on the axis.
        formed: open of its anchor bar, nanoseconds UTC.
        changes: its records, oldest first; the first is its confirmation.
        plan: entry, stop and target of a setup.
    """

    id: str
    kind: str
    direction: str
    layer: str
    label: str
    form: Form
    left: float
    formed: int
    changes: tuple[Change, ...]
    plan: tuple[float, float, float] | None = None

    def at(self, position: int) -> "Shape | None":
        """What is drawn of it at the close of a bar; None while it is unknown."""
        known = [change for change in self.changes if change.bar <= position]
        if not known:
            return None
        states = [change.record for change in known if change.record not in INFORMATIVE]
        state = states[-1] if states else "point" if self.form == "point" else "active"
        end = next((change.x for change in known if change.record in ENDINGS[self.form]), None)
        right = max(self.left, position + 0.5 if end is None else end)
        if self.form == "break":
            right = min(right, self.left + BREAK_BARS)
        return Shape(self, state, self.left, right, known[-1].bottom, known[-1].top, end is None)


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawing as known at one bar.

    Attributes:
        state: ``active`` or ``point``, or the last record that changed it.
        left, right: on the axis.
        live: whether nothing has ended it yet.
    """

    drawing: Drawing
    state: str
    left: float
    right: float
    bottom: float | None
    top: float | None
    live: bool

    @property
    def lasting(self) -> bool:
        """Whether it stays on the chart: what is alive, what has no life, and what only time ended."""
        return self.live or self.drawing.form in LASTING

    @property
    def words(self) -> str:
        """What stands beside it; setups tell how they ended once they have."""
        drawing = self.drawing
        words = caption(drawing.kind, drawing.label, drawing.form)
        return words if self.live or drawing.form != "setup" else f"{words} · {drawing.label or self.state}"


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars and everything found on them.

    Attributes:
        title: of the series.
        bars: those shown.
        drawings: in order of confirmation.
        asked: kinds somebody asked for by name, shown from the start.
    """

    title: str
    bars: Bars
    drawings: tuple[Drawing, ...]
    asked: frozenset[str] = frozenset()

    def shows(self, drawing: Drawing) -> bool:
        """Whether a drawing's kind and layer are shown before anybody chooses."""
        return style(drawing.kind).shows(drawing.layer, asked=drawing.kind in self.asked)

    def at(self, position: int) -> list[Shape]:
        """All that is drawn at the close of a bar."""
        shapes = (drawing.at(position) for drawing in self.drawings)
        return [shape for shape in shapes if shape is not None]


def build_chart(
    key: SeriesKey, bars: Bars, found: Detections, first: int = 0, stop: int | None = None
) -> Chart:
    """The chart of the bars ``first`` up to but without ``stop``.

    Args:
        key: of the series.
        bars: closed bars; all that ``found`` was found on, or the last of them.
        found: the result of a scan; kinds that are not on the chart are left out by the caller.
        first: index into ``bars`` of the first bar to show.
        stop: index after the last one to show, None for all.

    Raises:
        ValueError: no bars, or more than ``MOST_BARS``.
    """
    shown = bars.slice(first, len(bars) if stop is None else stop)
    if not 0 < len(shown) <= MOST_BARS:
        raise ValueError(f"{len(shown)} bars on a chart, 1 to {MOST_BARS} possible")
    zones = within(found.zones, shown)
    changes = _changes(zones, found.events, shown)
    rows = zones.to_pylist()
    drawings = (_drawing(row, changes[row["id"]], shown) for row in rows if row["id"] in changes)
    return Chart(str(key), shown, tuple(_on_chart(drawings)))


def within(zones: pa.Table, bars: Bars) -> pa.Table:
    """Objects confirmed by the end of a chart's bars and not over before the first of them."""
    known = pc.less_equal(zones["confirmed_at"], pa.scalar(int(bars.ts_close[-1]), INSTANT))
    over = [pc.less(zones[f"{name}_at"], pa.scalar(int(bars.ts[0]), INSTANT)) for name in _DEAD]
    ended = reduce(pc.or_, (pc.fill_null(one, fill_value=False) for one in over))
    return zones.filter(pc.and_(known, pc.invert(ended)))


def _changes(zones: pa.Table, events: pa.Table, bars: Bars) -> dict[str, list[Change]]:
    """The records of objects by id, as far as the bars tell, oldest first."""
    own = events.filter(pc.is_in(events["id"], value_set=zones["id"].combine_chunks()))
    opens = dict(zip(zones["id"].to_pylist(), zones["known_on_open"].to_pylist(), strict=True))
    found: dict[str, list[Change]] = {}
    columns = ("id", "record", "at", "bottom", "top", "level")
    for row in own.select(columns).to_pylist():
        at = from_datetime(row["at"])
        on_open = opens[row["id"]] and row["record"] in {"confirmed", "closed"}
        bar = _position(bars.ts if on_open else bars.ts_close, at)
        x = -0.5 if bar < 0 else bar - 0.5 if on_open else bar + 0.5
        if bar < len(bars):
            bottom, top = (row["level"] if row[edge] is None else row[edge] for edge in ("bottom", "top"))
            found.setdefault(row["id"], []).append(
                Change(bar, x, row["record"], at, _float(bottom), _float(top))
            )
    for own_changes in found.values():  # within one bar, records stand in the order of their numbers
        own_changes.sort(key=lambda change: (change.bar, RECORD_NAMES.index(change.record)))
    return found


def _position(instants: Int64, at: int) -> int:
    """The bar that brought what became known at an instant; -1 for a bar before the chart."""
    return -1 if at < instants[0] else int(np.searchsorted(instants, at))


def _float(price: Any) -> float | None:
    return None if price is None else float(price)


def _drawing(row: Mapping[str, Any], changes: list[Change], bars: Bars) -> Drawing:
    form = _form(row, changes[0])
    birth = changes[0].bar
    left = float(birth) if form == "point" else changes[0].x
    if form == "point" and birth >= 0 and changes[0].bottom is None:
        price = float(_edge(bars, birth, row["dir"]) * bars.point)
        changes = [replace(change, bottom=price, top=price) for change in changes]
    return Drawing(
        row["id"],
        row["kind"],
        row["dir"],
        row["layer"] or "",
        "MSS" if row["mss"] else row["label"] or "",
        form,
        left,
        from_datetime(row["formed_at"]),
        tuple(changes),
        None if form != "setup" else (float(row["entry"]), float(row["stop"]), float(row["target"])),
    )


def _edge(bars: Bars, bar: int, direction: str) -> Any:
    side = bars.high if direction == "bear" else bars.low
    return int(side[bar])


def _form(row: Mapping[str, Any], birth: Change) -> Form:
    """What the style table says, else what the row has."""
    given = style(row["kind"]).form
    if given:
        return given
    if row.get("entry") is not None:
        return "setup"
    if row["state"] == "point" or birth.bottom is None:
        return "point"
    if family(row["kind"]) == "sessions" and "closed" in DETECTORS[row["kind"]].ends:
        return "window"
    return "level" if birth.bottom == birth.top else "zone"


def _on_chart(drawings: Iterable[Drawing]) -> Iterator[Drawing]:
    """Without what happened or was over before the chart begins."""
    for drawing in drawings:
        past = drawing.changes[0].bar < 0
        ended = any(change.bar < 0 and change.record in ENDINGS[drawing.form] for change in drawing.changes)
        if not ended and not (past and drawing.form in {"point", "break"}):
            yield drawing
