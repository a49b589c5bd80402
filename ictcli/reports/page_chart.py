"""One chart of a page as a plain plotly figure; the page puts in the colours, which are named in it."""

from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]

USUAL = 300
"""Pixels of a chart's height."""


@dataclass(frozen=True, slots=True)
class PageChart:
    """One chart.

    Attributes:
        name: unique within a page, or within a part of one.
        title: what it shows.
        about: how it is read.
        data: plotly traces; a colour is ``@part`` or ``@part/opacity``.
        layout: plotly layout.
        height: pixels.
        wide: whether it takes the whole width.
    """

    name: str
    title: str
    about: str
    data: list[Figure]
    layout: Figure
    height: int = USUAL
    wide: bool = False

    def figure(self) -> Figure:
        """What the page's program draws."""
        return {"data": self.data, "layout": self.layout, "height": self.height}
