"""What ``ictcli detect --plot`` does: one chart of one series as a file."""

from dataclasses import dataclass
from pathlib import Path

from ictcli.clock import iso
from ictcli.detectors.journal import Subject, closed_bars
from ictcli.detectors.reading import Log, View
from ictcli.reports.chart_file import chart_of, require_folder, require_library, write_chart
from ictcli.session import Session


@dataclass(frozen=True, slots=True)
class PlotRequest:
    """What to draw.

    Attributes:
        out: file to write; its ending tells page from picture.
        dark: whether the picture is light on dark.
        view: kinds, and the bars to show.
        as_of: instant of interest, nanoseconds UTC; None for the end of the data.
    """

    out: Path
    dark: bool
    view: View
    as_of: int | None

    def __post_init__(self) -> None:
        require_library(self.out)
        require_folder(self.out)


def show_plot(session: Session, subject: Subject, log: Log, request: PlotRequest) -> None:
    """Write the chart and say what is on it."""
    bars = closed_bars(session.store, subject, request.as_of)
    chart = chart_of(subject.key, bars, log, request.view)
    write_chart(session.cwd / request.out, chart, dark=request.dark)
    payload = {
        "plot": str(request.out),
        "series": str(subject.key),
        "first": iso(int(chart.bars.ts[0])),
        "end": iso(int(chart.bars.ts_close[-1])),
        "bars": len(chart.bars),
        "objects": len(chart.drawings),
    }
    text = f"{request.out}: {payload['bars']:,} bars of {subject.key} with {payload['objects']:,} objects"
    session.out.emit(payload, f"{text}, {payload['first']} to {payload['end']}")
