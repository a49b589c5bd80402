"""A plain run is judged as one of all attempts that the store remembers."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ictcli.research.backtest import Backtest, Workshop
from tests.research.conftest import MONDAY
from tests.research.searching import GRID, PARAMS, run_sweep, run_walk, search
from tests.research.test_backtest import M5, NOW, request, run

DSR_OR_PSR = '[[checks]]\nmetric = "dsr"\nop = ">="\nvalue = 0\ninstead = "psr"\n'


def plain(shop: Workshop, later: int = 1, **changes: Any) -> Backtest:
    params = {**PARAMS, **changes.pop("params", {})}
    return run(
        shop, request(*changes.pop("symbols", ("EURUSD",)), params=params, **changes), NOW + later * 10**10
    )


def winner(found: Backtest) -> dict[str, str]:
    values: dict[str, str] = found.document["search"]["best"]["values"]
    return values


def test_the_winner_of_a_sweep_run_alone_has_the_sweeps_deflated_sharpe_ratio(
    long_shop: Workshop, tmp_path: Path
) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text(DSR_OR_PSR)
    short = plain(long_shop, params={"max_bars": "12", "reward_risk": "1"}, end=MONDAY + 200 * M5.ns)
    assert short.document["earlier"] is None
    assert short.document["metrics"]["dsr"]["why"].startswith("too few trades or days")
    swept = run_sweep(long_shop, search())
    alone = plain(long_shop, 2, params=winner(swept), gate=gate)
    told = alone.document["earlier"]
    assert swept.run in told["runs"]
    assert told["trials"] == swept.document["search"]["trials"] == 6
    assert told["effective_trials"] == pytest.approx(swept.document["search"]["effective_trials"])
    assert told["average_correlation"] == pytest.approx(swept.document["search"]["average_correlation"])
    assert alone.document["metrics"]["dsr"]["value"] == pytest.approx(
        swept.document["metrics"]["dsr"]["value"]
    )
    assert alone.document["gate"]["checks"][0]["judged"] == "dsr"


def test_plain_runs_with_other_parameters_are_trials_and_repetitions_are_not(long_shop: Workshop) -> None:
    first = plain(long_shop, 1, params={"reward_risk": "1"})
    again = plain(long_shop, 2, params={"reward_risk": "1"})
    assert first.document["earlier"] is again.document["earlier"] is None
    other = plain(long_shop, 3, params={"reward_risk": "3"})
    told = other.document["earlier"]
    assert (told["runs"], told["trials"]) == ([first.run], 2)
    assert 1 <= told["effective_trials"] < 2
    assert other.document["metrics"]["dsr"]["value"] < other.document["metrics"]["psr"]["value"]
    third = plain(long_shop, 4, params={"reward_risk": "2"}).document["earlier"]
    assert (third["runs"], third["trials"]) == ([first.run, other.run], 3)


def test_trials_of_plain_runs_and_of_a_sweep_are_the_same(shop: Workshop) -> None:
    swept = run_sweep(shop, search()).document
    shutil.rmtree(shop.store.runs.folder)
    for at, (reward, bars) in enumerate((r, b) for r in ("1", "2", "3") for b in ("12", "48")):
        last = plain(shop, at, params={"reward_risk": reward, "max_bars": bars})
    told = last.document["earlier"]
    assert told["trials"] == 6
    assert told["effective_trials"] == pytest.approx(swept["search"]["effective_trials"])


@pytest.mark.parametrize(
    "changes",
    [{"symbols": ("XAUUSD",)}, {"strategies": ("ob_retest",)}, {"end": MONDAY + 1000 * M5.ns}],
    ids=["symbol", "strategy", "span"],
)
def test_attempts_at_another_question_are_not_counted(shop: Workshop, changes: dict[str, Any]) -> None:
    asked = {"start": MONDAY + 1000 * M5.ns, "params": {"reward_risk": "1"}, **changes}
    if "strategies" in changes:
        run(shop, request("EURUSD", strategies=("ob_retest",), params={}))
    else:
        plain(shop, 1, **{**asked, "start": None})
    later = plain(shop, 2, params={"reward_risk": "3"}, start=MONDAY + 1000 * M5.ns)
    assert later.document["earlier"] is None


def test_the_folds_of_a_walk_forward_are_trials_too(shop: Workshop) -> None:
    walked = run_walk(shop, search(*GRID), "train=4D,test=2D")
    assert walked.document["metrics"]["dsr"]["value"] == walked.document["metrics"]["psr"]["value"]
    told = plain(shop, 1, params={"reward_risk": "2", "max_bars": "12"}).document["earlier"]
    assert (told["runs"], told["trials"]) == ([walked.run], 6)


def test_what_was_tried_earlier_does_not_change_the_content_hash(shop: Workshop) -> None:
    first = plain(shop, 1, params={"reward_risk": "2"})
    run_sweep(shop, search())
    later = plain(shop, 2, params={"reward_risk": "2"})
    assert first.document["content_hash"] == later.document["content_hash"]
    assert first.document["earlier"] != later.document["earlier"]
    same = plain(shop, 3, params={"reward_risk": "2"})
    assert same.document["metrics"] == later.document["metrics"]


def test_settings_of_the_account_make_another_trial(shop: Workshop) -> None:
    plain(shop, 1)
    sizing = msgspec.structs.replace(shop.config.sizing, compound=not shop.config.sizing.compound)
    other = replace(shop, config=msgspec.structs.replace(shop.config, sizing=sizing))
    assert plain(other, 2).document["earlier"]["trials"] == 2


def test_a_run_that_cannot_be_read_is_named_and_does_not_stop_another(shop: Workshop) -> None:
    broken = plain(shop, 1, params={"reward_risk": "1"})
    old = {key: value for key, value in broken.document.items() if key != "sizing"}
    shop.store.runs.create(broken.run, old, {})
    later = plain(shop, 2, params={"reward_risk": "2"})
    assert later.document["earlier"]["unreadable"] == [broken.run]
    assert later.document["metrics"]["dsr"]["value"] is None
