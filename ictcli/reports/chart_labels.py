"""Where the words of a picture stand: the most telling first, none over another, candles left free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.reports.detection_chart import Shape

LETTER, LINE, LANES = 8.4, 19.0, 3
"""Width of a letter, height of a line in dots; rows of names of windows above the chart."""

_ORDER = {"setup": 0, "break": 1, "point": 2, "level": 3, "zone": 4}
_MARK = 9.0
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of a chart that is in view, and how many dots a unit takes.

    Attributes:
        left, right, low, high: limits of the axes.
        wide, tall: dots per bar and per unit of price.
        lows, highs: prices of the bars, the first at 0.
    """

    left: float
    right: float
    low: float
    high: float
    wide: float
    tall: float
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]

    def meets_candles(self, box: Box) -> bool:
        """Whether a rectangle in dots lies over any bar."""
        first, stop = max(0, int(np.floor(box[0] / self.wide))), int(np.ceil(box[2] / self.wide)) + 1
        lows, highs = self.lows[first:stop] * self.tall, self.highs[first:stop] * self.tall
        return bool(((lows < box[3]) & (highs > box[1])).any())

    def clear_of_candles(self, left: float, right: float, *, above: bool) -> float:
        """The price above, or below, all bars between two positions."""
        first, stop = max(0, int(left)), int(np.ceil(right)) + 1
        side = self.highs[first:stop] if above else self.lows[first:stop]
        if not len(side):
            return self.high if above else self.low
        return float(side.max() if above else side.min())


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a shape, the lower left corner at a position and a price."""

    shape: Shape
    text: str
    x: float
    y: float


def place(shapes: Sequence[Shape], frame: Frame) -> list[Words]:
    """The words that find room inside the chart; those of windows stand in :func:`lanes`."""
    named = [shape for shape in shapes if shape.drawing.form != "window" and shape.words]
    ranked = sorted(named, key=lambda one: (_ORDER[one.drawing.form], not one.live, -one.left))
    taken: list[Box] = []
    found: list[Words] = []
    for shape in ranked:
        width = LETTER * len(shape.words) + 4
        boxes = [box for box in _boxes(shape, frame, width) if _inside(box, frame)]
        free = [box for box in boxes if not any(_overlap(box, other) for other in taken)]
        best = next((box for box in free if not frame.meets_candles(box)), None)
        if best is None and free and shape.drawing.form in {"break", "setup"}:
            best = free[0]
        if best is not None:
            taken.append(best)
            found.append(Words(shape, shape.words, best[0] / frame.wide, best[1] / frame.tall))
    return found


def _boxes(shape: Shape, frame: Frame, width: float) -> Iterator[Box]:
    """Rectangles in dots where the words of a shape could stand, the best first."""
    drawing, newest = shape.drawing, len(frame.lows) - 0.5
    if shape.bottom is None or shape.top is None or (drawing.form == "point" and frame.wide < 2):
        return
    middle = (shape.bottom + shape.top) / 2 * frame.tall
    if drawing.form in {"zone", "level"}:
        right = shape.right * frame.wide
        if shape.right >= newest:
            yield _box(right + 5, middle - LINE / 2, width)
        elif (shape.right - max(shape.left, frame.left)) * frame.wide > width + 4:
            floor = middle - LINE / 2 if drawing.form == "zone" else middle + 1
            yield _box(right - width - 2, floor, width)
        return
    above = (drawing.direction == "bear") != (drawing.form == "break")
    start = shape.left * frame.wide - (width / 2 if drawing.form == "point" else 0)
    prices = drawing.plan or (shape.bottom, shape.top)
    edges = [max(prices) if up else min(prices) for up in (above, not above)]
    clear = frame.clear_of_candles(start / frame.wide, (start + width) / frame.wide, above=above)
    away = _MARK if drawing.form == "point" else 1.0
    for price, up in ((edges[0], above), (edges[1], not above)):
        yield _box(start, price * frame.tall + (away if up else -LINE - away), width)
    if drawing.form == "break":
        yield _box(start - width - 3, middle - LINE / 2, width)
        yield _box(shape.right * frame.wide + 3, middle - LINE / 2, width)
    yield _box(start, clear * frame.tall + (away if above else -LINE - away), width)


def _box(x: float, y: float, width: float) -> Box:
    return x, y, x + width, y + LINE


def _inside(box: Box, frame: Frame) -> bool:
    across = box[0] >= frame.left * frame.wide and box[2] <= frame.right * frame.wide
    return across and box[1] >= frame.low * frame.tall and box[3] <= frame.high * frame.tall


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def lanes(shapes: Sequence[Shape], wide: float) -> list[tuple[Shape, int]]:
    """Windows with the lane in which each is named, centred above it; none where not all find room."""
    ends = [-np.inf] * LANES
    found: list[tuple[Shape, int]] = []
    windows = [shape for shape in shapes if shape.drawing.form == "window"]
    for shape in sorted(windows, key=lambda one: one.left + one.right):
        middle, half = (shape.left + shape.right) / 2 * wide, (LETTER * len(shape.words) - 2) / 2
        if middle < half:
            continue  # cut off by the edge of the chart
        lane = next((at for at in range(LANES) if ends[at] <= middle - half), None)
        if lane is None:
            return []
        ends[lane] = middle + half
        found.append((shape, lane))
    return found
