"""A stored run read for its page: trades on their bars, each with its cause, doubts where facts are gone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from ictcli.config.records import BacktestConfig, Config, DetectConfig
from ictcli.errors import DataError
from ictcli.market.bars import SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.reports.run_reading import story_of_run
from ictcli.reports.run_story import RunStory
from ictcli.research.backtest import Request, Workshop, backtest
from ictcli.store.runs import Run
from ictcli.store.store import Store
from ictcli.telemetry import silent
from tests.research.conftest import MONDAY, keep, random_walk

M5 = parse_timeframe("M5")
EURUSD = SeriesKey("walk", "EURUSD", M5)
QUICK = Config(backtest=BacktestConfig(resamples=100))


def shop_in(folder: Path, config: Config | None = None) -> Workshop:
    return Workshop(Store(folder / "data", folder / "state", 0), load_symbols(None), config or QUICK, folder)


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run of two strategies; not to be changed."""
    folder = tmp_path_factory.mktemp("traded")
    shop = shop_in(folder)
    keep(shop.store, EURUSD, random_walk(1, 1_000, 110_000, 5))
    request = Request(
        ("EURUSD",), ("fvg_retest", "sma_cross"), {"windows": "", "fast": "20", "slow": "60"}, M5,
        None, None, None, None, None,
    )  # fmt: skip
    backtest(request, shop, now=MONDAY, provenance={"argv": ["backtest"]}, progress=silent)
    return folder


@pytest.fixture(scope="module")
def told(traded: Path) -> RunStory:
    shop = shop_in(traded)
    return story_of_run(shop.store.runs.load(), shop)


def changed(traded: Path, folder: Path, change: Callable[[Run], None] | None = None) -> RunStory:
    """The story in a copy of the workspace, of a run that was changed in memory."""
    shutil.copytree(traded, folder, dirs_exist_ok=True)
    shop = shop_in(folder)
    run = shop.store.runs.load()
    if change is not None:
        change(run)
    return story_of_run(run, shop)


def test_every_trade_lies_on_the_bars_that_filled_it(told: RunStory) -> None:
    trades = told.trades.to_pylist()
    assert len(told.windows.shown) == len(trades) > 20
    for window in told.windows.shown:
        row, bars = trades[window.trade], window.bars
        assert window.decided is not None
        assert window.decided < window.opened <= window.closed < len(bars)
        assert int(bars.ts_close[window.decided]) == int(row["signal_at"].timestamp()) * 10**9
        assert int(bars.ts[window.opened]) == int(row["opened_at"].timestamp()) * 10**9
        reach = float(bars.high[window.opened] - bars.low[window.opened]) * 1e-5 + 1e-3
        assert abs(float(row["entry"]) - float(bars.open[window.opened]) * 1e-5) < reach


def test_a_trade_of_a_gap_has_that_gap_as_its_cause(told: RunStory) -> None:
    trades = told.trades.to_pylist()
    for window in told.windows.shown:
        row = trades[window.trade]
        causes = [one.shape for one in window.shapes if one.role == "cause"]
        if row["strategy"] == "sma_cross":
            assert window.shapes == ()
            continue
        gaps = [shape for shape in causes if shape.drawing.kind == "fvg"]
        assert len(gaps) == 1
        assert gaps[0].drawing.direction == {"long": "bull", "short": "bear"}[row["side"]]
        assert gaps[0].right <= (window.decided or 0) + 0.5
    assert told.windows.doubts == ("no zones of sma_cross: it listens to no detector",)


def test_the_page_s_drawdown_and_money_are_those_of_the_run(told: RunStory) -> None:
    assert told.curve.drawdown.max() == pytest.approx(told.metrics["max_drawdown"]["value"])
    closing = 100_000 + float(np.sum(told.trades["net"].cast(pa.float64()).to_numpy()))
    assert told.curve.balance[-1] == pytest.approx(closing)


def test_zones_follow_the_run_and_not_what_is_configured_today(
    traded: Path, tmp_path: Path, told: RunStory
) -> None:
    shutil.copytree(traded, tmp_path, dirs_exist_ok=True)
    detect = DetectConfig(params={"fvg": {"min_size_atr": 1.0}})
    shop = shop_in(tmp_path, msgspec.structs.replace(QUICK, detect=detect))
    run = shop.store.runs.load()

    def shapes(one: RunStory) -> list[object]:
        return [window.shapes for window in one.windows.shown]

    assert shapes(story_of_run(run, shop)) == shapes(told)
    del run.document["detect"]
    older = story_of_run(run, shop)
    assert shapes(older) != shapes(told)
    assert "does not keep the parameters of its detectors" in older.windows.doubts[0]


def test_bars_that_are_gone_or_changed_are_said(traded: Path, tmp_path: Path) -> None:
    def other_bars(run: Run) -> None:
        run.document["series"][0]["content"] = "00" * 32

    found = changed(traded, tmp_path / "changed", other_bars)
    assert "the stored bars of EURUSD have changed since the run" in found.windows.doubts
    shutil.copytree(traded, tmp_path / "gone")
    shutil.rmtree(tmp_path / "gone" / "data" / "bars")
    shop = shop_in(tmp_path / "gone")
    gone = story_of_run(shop.store.runs.load(), shop)
    assert gone.windows.shown == ()
    assert gone.windows.doubts[0].startswith("no bars of EURUSD")
    assert len(gone.trades) > 20


def test_a_strategy_that_the_package_does_not_have_gives_bars_without_zones(
    traded: Path, tmp_path: Path
) -> None:
    def from_file(run: Run) -> None:
        run.document["strategies"][0]["source"] = "ab" * 32
        run.document["strategies"][1]["version"] = 99

    found = changed(traded, tmp_path, from_file)
    assert found.windows.shown
    assert all(window.shapes == () for window in found.windows.shown)
    assert any("no strategy of the package" in doubt for doubt in found.windows.doubts)
    assert any("it ran in version 99" in doubt for doubt in found.windows.doubts)


def test_a_run_of_an_older_version_is_refused(traded: Path, tmp_path: Path) -> None:
    def older(run: Run) -> None:
        run.document["schema"] = 1

    with pytest.raises(DataError, match="another version"):
        changed(traded, tmp_path, older)
