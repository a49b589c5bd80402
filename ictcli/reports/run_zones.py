"""What detectors knew at chosen bars: each answer is given before the next bar is looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.detectors.fold import Fold
from ictcli.detectors.scan import CHUNK, Detections
from ictcli.detectors.tables import joined, sorted_zones
from ictcli.market.bars import Bars, SeriesKey
from ictcli.reports.chart_styles import style
from ictcli.reports.detection_chart import ENDINGS, MOST_BARS, Shape, build_chart
from ictcli.reports.run_story import WindowShape
from ictcli.store.columns import INSTANT
from ictcli.strategies.wiring import Wiring

_OTHERS = 12
"""Shapes beside the cause that a window shows, those nearest to the decision's price."""
_OVER = pa.array(sorted({name for names in ENDINGS.values() for name in names}))
"""States of objects that nothing is expected of any more."""
_DIRECTIONS = {"long": "bull", "short": "bear"}


@dataclass(frozen=True, slots=True)
class Moment:
    """The decision of one trade.

    Attributes:
        trade: its row.
        bar: at whose close it was decided.
        first: first bar of its window.
        formed: bar of the pattern behind it; None where nothing tells.
        side: ``long`` or ``short``.
    """

    trade: int
    bar: int
    first: int
    formed: int | None
    side: str


def known_at(
    key: SeriesKey, bars: Bars, wiring: Wiring, moments: Sequence[Moment]
) -> dict[int, tuple[WindowShape, ...]]:
    """What is drawn of each moment, by trade.

    The bars go through the detectors once, from the first, and stop at each decision: nothing later can be
    in an answer.

    Args:
        key: of the series.
        bars: all that the strategy saw.
        wiring: its detectors; those that only feed others are shown too.
        moments: in the order of their bars.
    """
    heard = {wiring.plan.nodes[at].detector.name for at in wiring.feeds if at >= 0}
    plan = replace(wiring.plan, nodes=tuple(replace(node, wanted=True) for node in wiring.plan.nodes))
    memory = _Memory(Fold(plan, key, bars.digits))
    found: dict[int, tuple[WindowShape, ...]] = {}
    for at, moment in enumerate(moments):
        memory.take_until(bars, moment.bar + 1, min(one.first for one in moments[at:]))
        found[moment.trade] = tuple(_shapes(key, bars, memory.known(), moment, heard))
    return found


class _Memory:
    """A fold with what a window may still show of the past.

    Attributes:
        taken: bars so far.
    """

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._open = fold.open_zones()
        self._ended: list[tuple[int, pa.Table]] = []
        self._events: list[pa.Table] = []
        self.taken = 0

    def take_until(self, bars: Bars, stop: int, first: int) -> None:
        """Take the bars up to ``stop`` and forget what had ended well before bar ``first``."""
        while self.taken < stop:
            end = min(stop, self.taken + CHUNK)
            piece = self._fold.take(bars.slice(self.taken, end))
            self._events.append(piece.events)
            self._ended.append((end, piece.ended))
            self.taken = end
            self._open = self._fold.open_zones()
            self._forget(first)

    def _forget(self, first: int) -> None:
        self._ended = [(end, table) for end, table in self._ended if end > first]
        ids = [chunk for table in self._zones() for chunk in table["id"].chunks]
        known = pa.chunked_array(ids, pa.string()).combine_chunks()
        events = joined(self._events)
        self._events = [events.filter(pc.is_in(events["id"], value_set=known))]

    def _zones(self) -> list[pa.Table]:
        return [*(table for _, table in self._ended), self._open]

    def known(self) -> Detections:
        """Everything known at the close of the last bar taken that has not long been over."""
        return Detections(joined(self._events), sorted_zones(self._zones()))


def _shapes(
    key: SeriesKey, bars: Bars, found: Detections, moment: Moment, heard: set[str]
) -> Iterator[WindowShape]:
    first = max(moment.first, moment.bar + 1 - MOST_BARS)
    close = float(bars.close[moment.bar] * bars.point)
    causes = _causes(found.zones, bars, moment, heard)
    parts = _ancestors(found.zones, causes) - causes
    ids = pa.array(sorted(causes | parts | _around(found.zones, close)), pa.string())
    own = Detections(
        *(table.filter(pc.is_in(table["id"], value_set=ids)) for table in (found.events, found.zones))
    )
    shapes = {
        one.drawing.id: one
        for one in build_chart(key, bars, own, first, moment.bar + 1).at(moment.bar - first)
    }
    for name in sorted(causes & shapes.keys()):
        yield WindowShape(shapes[name], "cause")
    for name in sorted(parts & shapes.keys()):
        yield WindowShape(shapes[name], "part")
    others = [shape for name, shape in shapes.items() if name not in causes | parts]
    for shape in _nearest(others, close):
        yield WindowShape(shape, "other")


def _around(zones: pa.Table, price: float) -> set[str]:
    """Living objects of the kinds that charts show, those nearest to a price."""
    names = set(zip(zones["kind"].to_pylist(), zones["layer"].to_pylist(), strict=True))
    words = sorted(f"{kind} {layer or ''}" for kind, layer in names if style(kind).shows(layer or ""))
    shown = pa.array(words, pa.string())
    titles = pc.binary_join_element_wise(
        zones["kind"].cast(pa.string()), pc.fill_null(zones["layer"].cast(pa.string()), ""), " "
    )
    over = pc.is_in(zones["state"].cast(pa.string()), value_set=_OVER)
    own = zones.filter(pc.and_(pc.is_in(titles, value_set=shown), pc.invert(over)))
    edges = [pc.coalesce(own[edge], own["level"]).cast(pa.float64()).to_numpy() for edge in ("bottom", "top")]
    away = np.maximum(np.maximum(edges[0] - price, price - edges[1]), 0.0)
    nearest = np.argsort(away, kind="stable")[: 2 * _OTHERS]
    return set(own["id"].take(pa.array(nearest[np.isfinite(away[nearest])])).to_pylist())


def _causes(zones: pa.Table, bars: Bars, moment: Moment, heard: set[str]) -> set[str]:
    """Objects that the strategy listens to, formed where the decision says, not of the other side."""
    if moment.formed is None:
        return set()
    at = pc.equal(zones["formed_at"], pa.scalar(int(bars.ts[moment.formed]), INSTANT))
    kind = pc.is_in(zones["kind"], value_set=pa.array(sorted(heard), pa.string()))
    side = pc.is_in(zones["dir"], value_set=pa.array(["none", _DIRECTIONS[moment.side]]))
    return set(zones.filter(pc.and_(pc.and_(at, kind), side))["id"].to_pylist())


def _ancestors(zones: pa.Table, names: set[str]) -> set[str]:
    """What objects were made of, over all generations that are still known."""
    parents = dict(zip(zones["id"].to_pylist(), zones["parents"].to_pylist(), strict=True))
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        for parent in parents.get(waiting.pop()) or ():
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _nearest(shapes: Sequence[Shape], price: float) -> list[Shape]:
    """Living shapes with a price, those nearest to a price."""

    def distance(shape: Shape) -> float:
        if shape.bottom is None or shape.top is None:
            return float("inf")
        return max(shape.bottom - price, price - shape.top, 0.0)

    lasting = [shape for shape in shapes if shape.lasting and shape.bottom is not None]
    return sorted(lasting, key=distance)[:_OTHERS]
