"""Charts as files."""

import os
from pathlib import Path

import pytest

from ictcli.detectors.reading import HeldLog, View
from ictcli.errors import DataError, UsageError
from ictcli.reports import chart_file
from ictcli.reports.chart_file import USUAL_BARS, chart_of, require_folder, require_library, write_chart
from ictcli.reports.detection_chart import MOST_BARS
from tests.reports.charts import KEY, found_on, story, walk


def test_the_name_tells_page_from_picture(tmp_path: Path) -> None:
    write_chart(tmp_path / "chart.html", story())
    write_chart(tmp_path / "chart.PNG", story())
    assert (tmp_path / "chart.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "chart.PNG").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_dark_picture_differs_from_a_light_one(tmp_path: Path) -> None:
    write_chart(tmp_path / "light.png", story())
    write_chart(tmp_path / "dark.png", story(), dark=True)
    assert (tmp_path / "light.png").read_bytes() != (tmp_path / "dark.png").read_bytes()


def test_other_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be written as 'chart\.svg'") as refusal:
        write_chart(tmp_path / "chart.svg", story())
    assert refusal.value.hint == "Let the name end in .html or .png."


def test_no_folder_is_made_for_a_chart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such folder: .*nowhere") as refusal:
        require_folder(tmp_path / "nowhere" / "chart.html")
    assert refusal.value.hint == "Create it first, or choose another file."
    with pytest.raises(UsageError, match=r"cannot create .*chart\.html: no such file or directory"):
        write_chart(tmp_path / "nowhere" / "chart.html", story())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_folder(tmp_path / "chart.html")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="cannot write in ") as refusal:
        require_folder(tmp_path / "chart.html")
    assert refusal.value.hint == "Choose a folder that you may write."


@pytest.mark.parametrize(("name", "library"), [("chart.html", "plotly"), ("chart.png", "matplotlib")])
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    name: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart_file, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=f"need {library}, which is not installed") as refusal:
        require_library(Path(name))
    assert refusal.value.hint == 'Run `pip install "ictcli[plot]"`.'


def test_the_newest_bars_are_shown_unless_a_span_is_given() -> None:
    bars = walk(USUAL_BARS + 40)
    log = HeldLog(found_on(bars, "fvg"))
    assert chart_of(KEY, bars, log, View()).bars.ts[0] == bars.ts[40]
    early = chart_of(KEY, bars, log, View(end=int(bars.ts[30]))).bars
    assert (early.ts[0], early.ts[-1]) == (bars.ts[0], bars.ts[29])
    middle = chart_of(KEY, bars, log, View((), int(bars.ts[7]), int(bars.ts[9]))).bars
    assert middle.ts.tolist() == bars.ts[7:9].tolist()


def test_a_span_without_bars_or_with_too_many_is_refused() -> None:
    bars = walk(MOST_BARS + 1)
    log = HeldLog(found_on(bars.slice(0, 10), "fvg"))
    with pytest.raises(DataError, match="no bars of sim/XAUUSD/M15"):
        chart_of(KEY, bars, log, View((), int(bars.ts[5]), int(bars.ts[5])))
    with pytest.raises(UsageError, match="5,001 bars do not fit"):
        chart_of(KEY, bars, log, View(start=int(bars.ts[0])))
    assert len(chart_of(KEY, bars, log, View(start=int(bars.ts[1]))).bars) == MOST_BARS


def test_a_chart_of_a_span_draws_what_the_chart_of_everything_draws_there() -> None:
    bars = walk(600)
    log = HeldLog(found_on(bars, "fvg", "swing", "structure"))
    part = chart_of(KEY, bars, log, View(("fvg",), int(bars.ts[400]), int(bars.ts[500])))
    assert {drawing.kind for drawing in part.drawings} == {"fvg"}
    whole = chart_of(KEY, bars, log, View(("fvg",), int(bars.ts[0])))
    for position in (0, 99):
        alive = {
            one.drawing.id: (one.state, one.live) for one in whole.at(400 + position) if one.right > 399.5
        }
        assert {one.drawing.id: (one.state, one.live) for one in part.at(position)} == alive
