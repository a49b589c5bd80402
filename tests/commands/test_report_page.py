"""``ictcli report`` as page and picture: written by the ending, opened by the browser."""

import webbrowser
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk


@pytest.fixture(scope="module")
def backtested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run; not to be changed."""
    folder = tmp_path_factory.mktemp("paged")
    create(folder)
    store = Store(folder / "data", folder / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 400, 110_000, 5))
    assert run(["-w", str(folder), "backtest", "--strategy", "sma_cross", "-t", "M5", "-q"]) == 0
    return folder


@pytest.fixture
def traded(
    backtested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The id of its run; the current directory is another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ICTCLI_WORKSPACE", str(backtested))
    capsys.readouterr()
    (name,) = Store(backtested / "data", backtested / "state", 0).runs.list()
    return name


def test_page_and_picture_are_written_by_the_ending(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--out", "run.html"]) == 0
    assert run(["report", "--out", "run.png", "--dark"]) == 0
    assert capsys.readouterr().out == ""
    assert traded in Path("run.html").read_text(encoding="utf-8")
    assert Path("run.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_without_a_name_gets_the_run_s_and_says_so(
    traded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "--format", "png"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert f"wrote report-{traded}.png" in said.err
    assert Path(f"report-{traded}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("found", [True, False])
def test_a_page_is_opened_by_the_browser(
    traded: str, found: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = Path("browser")
    browser.write_text('#!/bin/sh\necho "$1" > opened\n' + ("" if found else "exit 1\n"))
    browser.chmod(0o755)
    ours = webbrowser.GenericBrowser(str(browser.resolve()))
    monkeypatch.setattr(webbrowser, "_tryorder", ["ours"])
    monkeypatch.setattr(webbrowser, "_browsers", {"ours": [None, ours]})
    assert run(["report", "--open"]) == 0
    page = Path(f"report-{traded}.html").resolve()
    assert Path("opened").read_text().strip() == page.as_uri()
    assert page.stat().st_size > 100_000
    assert ("no browser was found" in capsys.readouterr().err) == (not found)


def test_a_page_goes_to_the_file_that_was_named(traded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    monkeypatch.setattr(webbrowser, "_browsers", {})
    assert run(["report", "--open", "--out", "page.html", "-q"]) == 0
    assert Path("page.html").is_file()
    assert [path.name for path in Path().iterdir()] == ["page.html"]
