"""Charts of detections as files: a page or a picture, told by the name."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ictcli.detectors.scan import Detections
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.reports.detection_chart import MOST_BARS, Chart, build_chart
from ictcli.store.atomic import write_file

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


def chart_of(
    key: SeriesKey, bars: Bars, found: Detections, start: int | None = None, end: int | None = None
) -> Chart:
    """The chart of the bars that open within a span, the last 500 when no start is given.

    Args:
        key: of the series.
        bars: all closed bars that ``found`` was found on.
        found: what to draw.
        start: first instant, nanoseconds UTC.
        end: first instant left out.

    Raises:
        DataError: no bar lies in the span.
        UsageError: more bars than a chart can show.
    """
    stop = len(bars) if end is None else int(np.searchsorted(bars.ts, end))
    first = max(0, stop - USUAL_BARS) if start is None else int(np.searchsorted(bars.ts, start))
    if first >= stop:
        raise DataError(f"no bars of {key} between --start and --end", hint="Run `ictcli status`.")
    if stop - first > MOST_BARS:
        raise UsageError(
            f"{stop - first:,} bars do not fit one chart, {MOST_BARS:,} at most",
            hint="Give --start and --end closer together, or a longer timeframe.",
        )
    return build_chart(key, bars, found, first, stop)


def write_chart(path: Path, chart: Chart, *, dark: bool = False) -> None:
    """Write the page (``.html``), which follows the browser's theme, or the picture (``.png``).

    Raises:
        UsageError: as :func:`require_library`.
    """
    require_library(path)
    if path.suffix.lower() == ".html":
        from ictcli.reports.chart_page import page

        write_file(path, page(chart).encode())
    else:
        from ictcli.reports.chart_image import picture

        write_file(path, picture(chart, theme="dark" if dark else "light"))
