"""Searches end to end: every trial kept, the same on any number of processes, resumed after a kill."""

import importlib.util
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.errors import ConfigError, DataError, UsageError
from ictcli.research.backtest import Workshop, backtest
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.studies.request import Studies
from ictcli.telemetry import silent
from tests.research.searching import PARAMS, parts, run_sweep, search, table
from tests.research.test_backtest import NOW, request

HAS_DASK = importlib.util.find_spec("distributed") is not None
HAS_RAY = importlib.util.find_spec("ray") is not None
OPT_IN_RAY = "ICTCLI_RAY"


class Witness:
    """Progress that is remembered, and that may stop the work."""

    def __init__(self, stop_at: int = 10**9) -> None:
        self.seen: list[tuple[str, int, int | None]] = []
        self.stop_at = stop_at

    def __call__(self, label: str, done: int, total: int | None) -> None:
        self.seen.append((label, done, total))
        if label == "trials" and done >= self.stop_at:
            raise KeyboardInterrupt

    def trials(self) -> list[int]:
        return [done for label, done, _ in self.seen if label == "trials"]


def test_every_trial_is_kept_with_parameters_metrics_and_days(shop: Workshop) -> None:
    run = run_sweep(shop, search())
    trials, days = table(shop, run.run, "trials"), table(shop, run.run, "trial_days")
    assert trials.num_rows == 6
    assert set(METRICS) <= set(trials.column_names)
    rows = trials.to_pylist()
    assert {(row["param.reward_risk"], row["param.max_bars"]) for row in rows} == {
        (reward, bars) for reward in "123" for bars in ("12", "48")
    }
    calendar = table(shop, run.run, "search_days").column("day").to_pylist()
    opening = float(shop.config.account.balance)
    for row in rows:
        own = [one for one in days.to_pylist() if one["trial"] == row["trial"]]
        assert {one["day"] for one in own} <= set(calendar)
        grown = math.prod(1 + one["return"] for one in own)
        assert grown * opening - opening == pytest.approx(row["net_profit"], abs=1e-6)


def test_the_run_is_the_best_trial_and_each_trial_a_plain_backtest(long_shop: Workshop) -> None:
    run = run_sweep(long_shop, search())
    rows = table(long_shop, run.run, "trials").to_pylist()
    best = max(rows, key=lambda row: row["sharpe_daily"])
    assert run.document["search"]["best"]["trial"] == best["trial"]
    assert run.document["metrics"]["sharpe_daily"]["value"] == best["sharpe_daily"]
    assert run.document["trades"] == best["trades"]
    other = rows[0]
    params = {**PARAMS, "reward_risk": other["param.reward_risk"], "max_bars": other["param.max_bars"]}
    alone = backtest(
        request("EURUSD", params=params), long_shop, now=NOW + 10**10, provenance={}, progress=silent
    ).document["metrics"]
    assert float(alone["net_profit"]["value"]) == pytest.approx(other["net_profit"], abs=0.005)
    assert alone["sharpe_daily"]["value"] == other["sharpe_daily"]
    assert run.document["metrics"]["dsr"]["value"] is not None


def test_account_and_costs_can_be_searched_too(shop: Workshop) -> None:
    how = search("account.risk_per_trade=0.001,0.004", "backtest.slippage_points=0,5", "max_bars=24")
    run = run_sweep(shop, how)
    rows = {
        (row["param.account.risk_per_trade"], row["param.backtest.slippage_points"]): row
        for row in table(shop, run.run, "trials").to_pylist()
    }
    assert len(rows) == 4
    assert rows["0.001", "5"]["net_expectancy_r"] < rows["0.001", "0"]["net_expectancy_r"]
    assert abs(rows["0.001", "0"]["net_profit"]) < abs(rows["0.004", "0"]["net_profit"])
    chosen = run.document["search"]["best"]["values"]
    assert run.document["account"]["risk_per_trade"] == float(chosen["account.risk_per_trade"])
    assert run.document["fills"]["slippage_points"] == int(chosen["backtest.slippage_points"])


def everything(shop: Workshop, run: str) -> tuple[list[Any], ...]:
    return tuple(table(shop, run, name).to_pylist() for name in ("trials", "trial_days", "trades"))


def spread_over(shop: Workshop, studies: Studies) -> tuple[Any, ...]:
    run = run_sweep(shop, search(), studies)
    return *everything(shop, run.run), run.document["search"], run.document["null"], run.run


def test_two_processes_give_the_same_to_the_last_bit(shop: Workshop) -> None:
    one = spread_over(shop, Studies(null=40))
    assert spread_over(shop, Studies(null=40, jobs=2)) == one


@pytest.mark.skipif(not HAS_DASK, reason="dask and distributed are not installed: pip install ictcli[dask]")
@pytest.mark.filterwarnings("default")
def test_a_cluster_of_two_dask_workers_gives_the_same_to_the_last_bit(shop: Workshop) -> None:
    one = spread_over(shop, Studies(null=40))
    assert spread_over(shop, Studies(null=40, jobs=2, backend="dask")) == one


@pytest.mark.skipif(
    not (HAS_RAY and os.environ.get(OPT_IN_RAY)),
    reason=f"ray is checked on request: install ictcli[ray] and set {OPT_IN_RAY}",
)
@pytest.mark.filterwarnings("default")
def test_ray_gives_the_same_to_the_last_bit(shop: Workshop) -> None:
    one = spread_over(shop, Studies(null=40))
    assert spread_over(shop, Studies(null=40, jobs=2, backend="ray")) == one


def test_a_stopped_search_goes_on_where_it_stood(shop: Workshop) -> None:
    whole = run_sweep(shop, search())
    told = everything(shop, whole.run)
    assert parts(shop) == []
    with pytest.raises(KeyboardInterrupt):
        run_sweep(shop, search(), progress=Witness(stop_at=3))
    assert len(parts(shop)) == 3
    again = Witness()
    run = run_sweep(shop, search(), progress=again)
    assert again.trials() == [3, 4, 5, 6]
    assert everything(shop, run.run) == told
    assert parts(shop) == []


def test_a_wider_search_takes_over_what_a_stopped_one_did(shop: Workshop) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_sweep(shop, search("max_bars=12,24"), progress=Witness(stop_at=1))
    again = Witness()
    run_sweep(shop, search("max_bars=6,12,24"), progress=again)
    assert again.trials()[0] == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda shop: replace(shop, config=msgspec.structs.replace(
            shop.config, detect=msgspec.structs.replace(shop.config.detect, atr_length=20))),
        lambda shop: replace(shop, config=msgspec.structs.replace(
            shop.config, risk=msgspec.structs.replace(shop.config.risk, heat=0.01))),
    ],
    ids=["detectors", "risk"],
)  # fmt: skip
def test_trials_of_other_settings_are_not_taken_over(
    shop: Workshop, change: Callable[[Workshop], Workshop]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_sweep(shop, search("max_bars=12,24"), progress=Witness(stop_at=1))
    again = Witness()
    run_sweep(change(shop), search("max_bars=12,24"), progress=again)
    assert again.trials()[0] == 0


def test_a_torn_file_is_computed_again(shop: Workshop) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_sweep(shop, search(), progress=Witness(stop_at=3))
    first = parts(shop)[0]
    first.write_bytes(first.read_bytes()[:100])
    again = Witness()
    run_sweep(shop, search(), progress=again)
    assert again.trials() == [2, 3, 4, 5, 6]


KILLED = """
import sys
from pathlib import Path
from ictcli.config.records import Config
from ictcli.market.symbols import load_symbols
from ictcli.research.backtest import Workshop
from ictcli.store.store import Store
from tests.research.searching import run_sweep, search
folder = Path(sys.argv[1])
shop = Workshop(Store(folder / "data", folder / "state", 0), load_symbols(None), Config(), folder)
run_sweep(shop, search("max_bars=1:400:1"))
"""


def test_a_search_survives_kill_9(shop: Workshop) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(shop.folder)], cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 60
    while len(parts(shop)) < 3 and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    done = len(parts(shop))
    assert done >= 3
    again = Witness(stop_at=0)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(shop, search("max_bars=1:400:1"), progress=again)
    assert again.trials()[0] >= 25 * 3


def test_random_trials_are_a_seeded_part_of_the_grid(shop: Workshop) -> None:
    axes = ("reward_risk=1:3:0.5", "max_bars=12,24,48")
    first = run_sweep(shop, search(*axes, random=3))
    same = run_sweep(shop, search(*axes, random=3))
    other = run_sweep(shop, search(*axes, random=3), seed=99)
    names = ("param.reward_risk", "param.max_bars")

    def points(run: str) -> list[tuple[str, ...]]:
        return [tuple(row[name] for name in names) for row in table(shop, run, "trials").to_pylist()]

    assert len(points(first.run)) == 3
    assert points(first.run) == points(same.run)
    assert points(first.run) != points(other.run)
    assert first.document["content_hash"] == same.document["content_hash"]


def test_a_search_is_part_of_the_content_hash(shop: Workshop) -> None:
    one = run_sweep(shop, search("max_bars=12,24"))
    other = run_sweep(shop, search("max_bars=12,24,48"))
    assert one.document["content_hash"] != other.document["content_hash"]


def test_neighbours_are_one_step_from_the_best_on_one_axis(shop: Workshop) -> None:
    document = run_sweep(shop, search()).document["search"]
    best = document["best"]["values"]
    rewards = ["1", "2", "3"]
    expected = {("max_bars", {"12": "48", "48": "12"}[best["max_bars"]])} | {
        ("reward_risk", rewards[at])
        for at in (rewards.index(best["reward_risk"]) - 1, rewards.index(best["reward_risk"]) + 1)
        if 0 <= at < 3
    }
    assert {(one["name"], one["value"]) for one in document["neighbours"]} == expected


def test_no_trade_in_any_trial_is_a_named_error(shop: Workshop) -> None:
    with pytest.raises(DataError, match="none of them traded"):
        run_sweep(shop, search("max_bars=12,24"), params={"windows": "03:00-03:01", "min_size_atr": "900"})


def test_a_losing_search_is_not_called_superior(shop: Workshop) -> None:
    document = run_sweep(shop, search()).document["search"]
    assert document["best"]["net_expectancy_r"] < 0
    assert document["spa_p"] == 1.0


def test_the_benchmark_holds_all_symbols_in_equal_parts(shop: Workshop) -> None:
    run = run_sweep(shop, search("max_bars=12,24", benchmark="buy_hold"))
    found = table(shop, run.run, "search_days").column("benchmark").to_numpy()
    manifest = shop.store.manifests()[0]
    bars = shop.store.read(manifest.key)
    assert np.prod(1 + found) == pytest.approx(bars.close[-1] / bars.open[0], rel=1e-12)


def test_a_fixed_parameter_is_not_searched(shop: Workshop) -> None:
    with pytest.raises(UsageError, match="both fixed"):
        run_sweep(shop, search("windows=02:00-05:00|07:00-10:00"))


@pytest.mark.skipif(HAS_RAY, reason="ray is installed")
def test_a_backend_that_is_not_installed_is_named(shop: Workshop) -> None:
    with pytest.raises(ConfigError, match="needs the package ray"):
        run_sweep(shop, search("max_bars=12,24"), Studies(jobs=2, backend="ray"))
