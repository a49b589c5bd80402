"""Scenarios one after the other: one that breaks or is stopped is told of, and never passes."""

from dataclasses import replace
from pathlib import Path

from ictcli.errors import DataError
from ictcli.stress.claims import cases_claim
from ictcli.stress.runner import Outcome, run_all, verdict_of
from ictcli.stress.scenario import Measured, Scenario, Verdict
from ictcli.stress.setting import Setting
from ictcli.telemetry import Progress, silent
from tests.stress.settings import setting_of


def good(setting: Setting, seed: int, progress: Progress) -> Measured:
    (setting.folder / "own").write_text("x", encoding="ascii")
    progress("counting", 1, 2)
    return [cases_claim("fine", 0, seed)]


def broken(setting: Setting, seed: int, progress: Progress) -> Measured:
    raise DataError("the checkpoint cannot be read")


def buggy(setting: Setting, seed: int, progress: Progress) -> Measured:
    return [cases_claim("fine", 0, 1 // (seed - seed))]


def run(tmp_path: Path, *runs: Scenario, stopped_after: int = 99) -> list[Outcome]:
    seen: list[Outcome] = []
    setting = replace(setting_of(tmp_path), stopping=lambda: len(seen) >= stopped_after)
    found = run_all(runs, setting, 7, silent, seen.append)
    assert found == seen
    return found


def test_each_scenario_has_a_folder_and_its_progress_names_it(tmp_path: Path) -> None:
    told: list[str] = []
    both = [Scenario("one", "x", good), Scenario("two", "x", good)]
    found = run_all(
        both, setting_of(tmp_path), 7, lambda label, done, total: told.append(label), lambda _: None
    )
    assert [one.verdict for one in found] == [Verdict.PASS, Verdict.PASS]
    assert found[0].claims[0].n == found[0].seed == 7
    assert told == ["one: counting", "two: counting"]
    assert (tmp_path / "one" / "own").exists()
    assert verdict_of(found, finished=True) is Verdict.PASS


def test_one_that_breaks_fails_and_the_next_one_runs(tmp_path: Path) -> None:
    found = run(tmp_path, Scenario("a", "x", broken), Scenario("b", "x", buggy), Scenario("c", "x", good))
    assert [one.verdict for one in found] == [Verdict.FAIL, Verdict.FAIL, Verdict.PASS]
    assert found[0].error == "DataError: the checkpoint cannot be read"
    assert "ZeroDivisionError" in found[1].error
    assert any("buggy" in line for line in found[1].trace)
    assert verdict_of(found, finished=True) is Verdict.FAIL


def test_what_was_stopped_is_never_a_pass(tmp_path: Path) -> None:
    found = run(tmp_path, Scenario("a", "x", good), Scenario("b", "x", good), stopped_after=1)
    assert [one.name for one in found] == ["a"]
    assert verdict_of(found, finished=False) is Verdict.INCONCLUSIVE
    assert replace(found[0], finished=False).verdict is Verdict.INCONCLUSIVE


def test_ctrl_c_inside_a_scenario_marks_it_not_finished(tmp_path: Path) -> None:
    def pressed(setting: Setting, seed: int, progress: Progress) -> Measured:
        raise KeyboardInterrupt

    found = run(tmp_path, Scenario("a", "x", pressed), Scenario("b", "x", good), stopped_after=1)
    assert [one.finished for one in found] == [False]
    assert found[0].verdict is Verdict.INCONCLUSIVE
    assert found[0].error == ""


def test_a_scenario_without_claims_shows_nothing(tmp_path: Path) -> None:
    def idle(setting: Setting, seed: int, progress: Progress) -> Measured:
        return []

    assert run(tmp_path, Scenario("a", "x", idle))[0].verdict is Verdict.INCONCLUSIVE
