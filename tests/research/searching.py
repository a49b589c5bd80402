"""Searches over two weeks of five-minute bars, small enough to be played many times."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ictcli.research.backtest import Backtest, Workshop
from ictcli.research.search.ranges import parse_axis
from ictcli.research.search.sweep_run import Search, sweep
from ictcli.research.search.walk_forward import parse_walk_forward
from ictcli.research.search.walk_forward_run import walk_forward
from ictcli.research.studies.request import Studies
from ictcli.store.atomic import TEMPORARY
from ictcli.telemetry import Progress, silent
from tests.research.test_backtest import NOW, request

PARAMS = {"windows": "", "min_size_atr": "0.05"}
GRID = ("reward_risk=1:3:1", "max_bars=12,48")


def search(*axes: str, **changes: Any) -> Search:
    plain = Search(tuple(map(parse_axis, axes or GRID)), None, "sharpe_daily", "zero")
    return replace(plain, **changes)


def run_sweep(
    shop: Workshop,
    how: Search,
    studies: Studies | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Backtest:
    asked = request("EURUSD", **{"params": PARAMS, **changes})
    return sweep(asked, shop, how, studies or Studies(), now=NOW, provenance={}, progress=progress)


def run_walk(
    shop: Workshop, how: Search, plan: str, studies: Studies | None = None, **changes: Any
) -> Backtest:
    asked = request("EURUSD", **{"params": PARAMS, **changes})
    cut = parse_walk_forward(plan)
    return walk_forward(asked, shop, how, cut, studies or Studies(), now=NOW, provenance={}, progress=silent)


def table(shop: Workshop, run: str, name: str) -> Any:
    found = shop.store.runs.load(run).table(name)
    assert found is not None
    return found


def parts(shop: Workshop) -> list[Path]:
    """Files of finished trials that wait for the rest of their search."""
    found = (shop.store.state_dir / "sweeps").rglob("*.parquet")
    return sorted(path for path in found if not path.name.startswith(TEMPORARY))
