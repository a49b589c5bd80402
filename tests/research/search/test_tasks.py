"""What a worker process loads is what the main one loaded, or it refuses."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.config.records import Config
from ictcli.errors import ConfigError, DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Workshop, load_floor
from ictcli.research.choices import choose_strategies
from ictcli.research.search.backends import check_backend, each
from ictcli.research.search.identity import identity
from ictcli.research.search.tasks import fingerprint, make_site, open_floor, open_strategies
from ictcli.telemetry import silent
from tests.research.conftest import keep, random_walk
from tests.research.test_backtest import M5, request


@pytest.fixture
def floor(shop: Workshop) -> Floor:
    found, _ = load_floor(request("EURUSD", "XAUUSD"), shop, silent)
    return found


def test_a_site_travels_and_opens_to_the_same_bars(shop: Workshop, floor: Floor) -> None:
    site = make_site(floor, request("EURUSD", "XAUUSD"), shop)
    there = pickle.loads(pickle.dumps(site))
    assert there == site
    opened = open_floor(there)
    assert fingerprint(opened) == site.key
    assert open_floor(site) is opened


def test_bars_that_changed_meanwhile_are_refused(shop: Workshop, floor: Floor) -> None:
    site = make_site(floor, request("EURUSD", "XAUUSD"), shop)
    keep(shop.store, SeriesKey("walk", "EURUSD", M5), random_walk(9, 3_000, 110_000, 5))
    open_floor.cache_clear()
    with pytest.raises(DataError, match="changed while the search was running"):
        open_floor(site)


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "spread", "ts_close", "tick_volume"])
def test_the_fingerprint_sees_every_column(floor: Floor, name: str) -> None:
    first = floor.series[0]
    column = getattr(first.bars, name).copy()
    column[100] += 1
    changed = replace(first, bars=replace(first.bars, **{name: column}))
    assert fingerprint(replace(floor, series=(changed, *floor.series[1:]))) != fingerprint(floor)


def test_the_fingerprint_sees_specifications_and_shorter_bars(floor: Floor) -> None:
    first = floor.series[0]
    spec = msgspec.structs.replace(first.spec, volume_step=first.spec.volume_step * 2)
    other = replace(floor, series=(replace(first, spec=spec), *floor.series[1:]))
    fine = replace(floor, fine=(first.bars, *floor.fine[1:]))
    assert len({fingerprint(one) for one in (floor, other, fine)}) == 3


def _account(config: Config) -> Config:
    return msgspec.structs.replace(
        config, account=msgspec.structs.replace(config.account, risk_per_trade=0.003)
    )


def _slippage(config: Config) -> Config:
    changed = msgspec.structs.replace(config.backtest, slippage_points=3)
    return msgspec.structs.replace(config, backtest=changed)


def _detector(config: Config) -> Config:
    changed = msgspec.structs.replace(config.detect, params={"fvg": {"min_size_atr": 0.3}})
    return msgspec.structs.replace(config, detect=changed)


@pytest.mark.parametrize("change", [_account, _slippage, _detector])
def test_a_trial_is_another_with_other_settings(change: Callable[[Config], Config]) -> None:
    choices = choose_strategies(["fvg_retest"], {}, {})
    assert identity(choices, Config()) != identity(choices, change(Config()))


def test_a_trial_is_the_same_however_its_intervals_are_made() -> None:
    choices = choose_strategies(["fvg_retest"], {}, {})
    changed = msgspec.structs.replace(Config().backtest, seed=77, resamples=100)
    assert identity(choices, Config()) == identity(
        choices, msgspec.structs.replace(Config(), backtest=changed)
    )
    assert identity(choices, Config()) != identity(choose_strategies(["breaker"], {}, {}), Config())


def test_a_strategy_file_that_changed_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.py"
    path.write_text("DETECTORS = ()\n\n\ndef signals(bars, detections):\n    return bars\n")
    with pytest.raises(DataError, match="file changed"):
        open_strategies((str(path),), ("0" * 64,))


def test_a_site_names_strategy_files_from_anywhere(
    shop: Workshop, floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    site = make_site(floor, request("EURUSD", strategies=("own.py:signals", "breaker")), shop)
    assert site.request.strategies == (f"{tmp_path / 'own.py'}:signals", "breaker")


def _double(number: int) -> int:
    return 2 * number


def test_one_job_works_here_and_in_order() -> None:
    assert list(each(_double, [3, 1, 2], 1, "loky")) == [6, 2, 4]


def test_two_jobs_do_all_of_it() -> None:
    assert sorted(each(_double, list(range(20)), 2, "loky")) == [2 * one for one in range(20)]


def _fail(number: int) -> Any:
    if number == 3:
        raise DataError("the third is bad", hint="Leave it out.")
    return np.int64(number)


def test_an_error_of_a_worker_arrives_as_it_was_raised() -> None:
    with pytest.raises(DataError, match="the third is bad") as raised:
        list(each(_fail, list(range(6)), 2, "loky"))
    assert raised.value.hint == "Leave it out."


@pytest.mark.parametrize(("backend", "jobs"), [("threads", 2), ("loky", 0), ("loky", 5000)])
def test_what_cannot_be_spread_is_refused(backend: str, jobs: int) -> None:
    with pytest.raises((UsageError, ConfigError)):
        check_backend(backend, jobs)
