"""Charts of detections as files: a page or a picture, told by the name."""

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from ictcli.detectors.reading import Log, View
from ictcli.detectors.registry import choose
from ictcli.detectors.scan import Detections
from ictcli.detectors.tables import joined
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.reports.detection_chart import MOST_BARS, Chart, build_chart, within
from ictcli.store.atomic import named

USUAL_BARS = 500
"""Bars shown when nobody says which."""

_LIBRARIES = {".html": "plotly", ".png": "matplotlib"}


def require_library(path: Path) -> None:
    """See to it early that a chart could be written.

    Raises:
        UsageError: the name ends in neither ``.html`` nor ``.png``, or what draws it is not installed.
    """
    library = _LIBRARIES.get(path.suffix.lower())
    if library is None:
        raise UsageError(
            f"a chart cannot be written as {path.name!r}",
            hint=f"Let the name end in {' or '.join(_LIBRARIES)}.",
        )
    if find_spec(library) is None:
        raise UsageError(
            f"charts as {path.suffix} need {library}, which is not installed",
            hint='Run `pip install "ictcli[plot]"`.',
        )


def require_folder(path: Path) -> None:
    """See to it early that a chart could be put there.

    Raises:
        UsageError: the folder does not exist or may not be written.
    """
    if not path.parent.is_dir():
        raise UsageError(f"no such folder: {path.parent}", hint="Create it first, or choose another file.")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"cannot write in {path.parent}", hint="Choose a folder that you may write.")


def chart_of(key: SeriesKey, bars: Bars, log: Log, view: View) -> Chart:
    """The chart of the bars that open within a view's span, the last 500 when it has no start.

    Only what the chart shows is kept in memory, however long the log is.

    Args:
        key: of the series.
        bars: all closed bars that the detections were found on.
        log: detections.
        view: kinds to draw, and the bars.

    Raises:
        DataError: no bar lies in the span.
        UsageError: more bars than a chart can show.
    """
    stop = len(bars) if view.end is None else int(np.searchsorted(bars.ts, view.end))
    first = max(0, stop - USUAL_BARS)
    if view.start is not None:
        first = int(np.searchsorted(bars.ts, view.start))
    if first >= stop:
        raise DataError(f"no bars of {key} between --start and --end", hint="Run `ictcli status`.")
    if stop - first > MOST_BARS:
        raise UsageError(
            f"{stop - first:,} bars do not fit one chart, {MOST_BARS:,} at most",
            hint="Give --start and --end closer together, or a longer timeframe.",
        )
    shown = bars.slice(first, stop)
    kinds = View(view.names)
    zones = joined([within(table, shown) for table in log.zones(kinds)])
    ids = zones["id"].combine_chunks()
    events = joined([table.filter(pc.is_in(table["id"], value_set=ids)) for table in log.events(kinds)])
    chart = build_chart(key, shown, Detections(events, zones))
    return replace(chart, asked=frozenset(choose(view.names) if view.names else ()))


def write_chart(path: Path, chart: Chart, *, dark: bool = False) -> None:
    """Write the page (``.html``), which follows the browser's theme, or the picture (``.png``).

    Raises:
        UsageError: as :func:`require_library`, or no file can be created there.
        DataError: the disk refuses.
    """
    require_library(path)
    if path.suffix.lower() == ".html":
        from ictcli.reports.chart_page import page

        drawn = page(chart).encode()
    else:
        from ictcli.reports.chart_image import picture

        drawn = picture(chart, theme="dark" if dark else "light")
    with named(path) as file:
        file.write(drawn)
