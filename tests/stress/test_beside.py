"""Scenarios in a process beside the others: the same outcomes, in their order, and none that is lost."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ictcli.stress.beside import run_lanes, side_by_side
from ictcli.stress.claims import cases_claim
from ictcli.stress.registry import NAMES, scenario
from ictcli.stress.runner import Outcome
from ictcli.stress.scenario import Measured, Scenario, Verdict
from ictcli.stress.setting import Setting
from ictcli.telemetry import Progress, silent
from tests.stress.settings import setting_of

PROGRAM = (sys.executable, str(Path(__file__).with_name("beside_program.py")))


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def fine(setting: Setting, seed: int, progress: Progress) -> Measured:
    return [cases_claim("fine", 0, seed)]


HERE = Scenario("symbols", "x", fine)


def there(name: str) -> Scenario:
    return Scenario(name, "x", fine, beside=True)


def run(
    setting: Setting, *scenarios: Scenario, program: Sequence[str] = PROGRAM, progress: Progress = silent
) -> list[Outcome]:
    told: list[Outcome] = []
    found = run_lanes(scenarios, setting, 7, progress, told.append, program)
    assert sorted(one.name for one in told) == sorted(one.name for one in found)
    return found


def test_only_the_quick_profile_runs_two_at_a_time_and_only_what_trades_no_strategy() -> None:
    setting = setting_of(Path())
    every = [scenario(name) for name in NAMES]
    assert side_by_side(every, setting) == ("connectivity", "recovery", "limits", "corruption")
    assert not any(one.beside and one.traded for one in every)
    assert side_by_side(every, replace(setting, profile="full")) == ()
    assert side_by_side(every, replace(setting, duration=1)) == ()
    assert side_by_side([scenario("limits")], setting) == (), "one after the other needs no other process"
    assert side_by_side([scenario("symbols")], setting) == ()


def test_one_processor_runs_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert side_by_side([scenario(name) for name in NAMES], setting_of(Path())) == ()


def test_outcomes_of_both_processes_come_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    setting = setting_of(tmp_path, limits={"recovery_s": 17.0})
    found = run(setting, there("limits"), HERE, there("recovery"))
    assert [one.name for one in found] == ["limits", "symbols", "recovery"]
    given = found[0].claims[0]
    assert (given.n, given.note, found[0].seed) == (7 + setting.seeds, "17", 7)
    assert (tmp_path / "beside" / "limits" / "own").exists()
    assert [one.verdict for one in found] == [Verdict.PASS, Verdict.PASS, Verdict.FAIL]
    assert found[2].error == "ValueError: no market today"


def test_a_process_that_dies_is_a_failure_of_everything_that_it_left_out(tmp_path: Path) -> None:
    dying = (sys.executable, "-c", "raise SystemExit('no room')")
    found = run(setting_of(tmp_path), HERE, there("limits"), there("recovery"), program=dying)
    assert [one.verdict for one in found] == [Verdict.PASS, Verdict.FAIL, Verdict.FAIL]
    assert [one.error for one in found[1:]] == ["its process ended: exit 1 no room"] * 2


def test_who_stops_one_process_stops_both(tmp_path: Path) -> None:
    """Ctrl-C while the last scenario of the other process would go on for ever."""
    asked: list[str] = []
    setting = replace(setting_of(tmp_path), stopping=lambda: len(asked) > 3)
    found = run(
        setting, HERE, there("limits"), there("corruption"), there("recovery"),
        progress=lambda label, done, total: asked.append(label),
    )  # fmt: skip
    assert next((one.name, one.finished) for one in found) == ("symbols", True)
    assert "recovery" not in [one.name for one in found], "it was never begun"
    assert [one.verdict for one in found if one.name == "corruption"] in ([], [Verdict.INCONCLUSIVE])
    assert asked[0].startswith("beside: ")
