"""detect --plot on a real store in a real workspace."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.store import Store
from tests.reports.charts import MONDAY, walk

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command line in a workspace with 700 bars of gold; its exit code, stdout and stderr."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "ictcli.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    for symbol in ("XAUUSD", "XAGUSD"):
        with store.writer(SeriesKey("sim", symbol, TIMEFRAMES["M15"]), {}, now=MONDAY) as writer:
            writer.add(walk(700))
            writer.commit(lambda *_: [])

    def go(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["detect", "-t", "M15", "--kind", "fvg,structure", *argv])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return go


def test_a_chart_of_the_newest_bars_is_written(ask: Ask, tmp_path: Path) -> None:
    code, out, _ = ask("XAUUSD", "--plot", "chart.html", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["plot"], told["series"], told["bars"]) == ("chart.html", "sim/XAUUSD/M15", 500)
    assert told["objects"] > 100
    assert "<title>sim/XAUUSD/M15</title>" in (tmp_path / "chart.html").read_text("utf-8")


def test_a_picture_of_a_span_as_of_an_instant_is_written(ask: Ask, tmp_path: Path) -> None:
    code, out, _ = ask(
        *("XAUUSD", "--plot", "chart.png", "--dark"),
        *("--start", "2024-01-09", "--as-of", "2024-01-10T12:00Z"),
    )
    assert code == 0
    assert out.startswith("chart.png: 144 bars of sim/XAUUSD/M15 with ")
    assert out.endswith("objects, 2024-01-09T00:00:00Z to 2024-01-10T12:00:00Z\n")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (("XAUUSD", "--plot", "chart.svg"), 2, "a chart cannot be written as 'chart.svg'"),
        (("--plot", "chart.png"), 2, "a chart shows one symbol, not 2"),
        (("XAUUSD", "--plot", "chart.png", "--events"), 2, "--plot shows no rows"),
        (("XAUUSD", "--plot", "chart.png", "--score"), 2, "--plot shows no rows"),
        (("XAUUSD", "--plot", "chart.html", "--dark"), 2, "--dark is for --plot OUT.png"),
        (("XAUUSD", "--plot", "nowhere/chart.html"), 2, "no such folder: nowhere"),
        (("XAUUSD", "--dark"), 2, "--dark is for --plot OUT.png"),
        (("XAUUSD", "--plot", "chart.png", "--start", "2024-02-01"), 5, "no bars of sim/XAUUSD/M15"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(
    ask: Ask, tmp_path: Path, argv: tuple[str, ...], code: int, message: str
) -> None:
    found, out, err = ask(*argv)
    assert (found, out) == (code, "")
    assert message in err
    assert not list(tmp_path.rglob("chart.*"))
    assert not (tmp_path / "nowhere").exists()
