"""``ictcli train``: one screen, one document, a version; refusals leave the registry as it was."""

import json
import shutil
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.workspace import create

QUICK = ("--model", "logistic", "--folds", "3", "--every", "2")
ASK = ("train", "EURUSD", "-t", "M5", *QUICK)
NAME = "EURUSD-M5-barriers"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which a model was trained once."""
    folder = tmp_path_factory.mktemp("desk")
    create(folder)
    span = ("--start", "2024-01-01", "--end", "2024-01-25")
    assert run(["-w", str(folder), "fetch", "EURUSD", "XAUUSD", "--source", "sim", *span, "-q"]) == 0
    assert run(["-w", str(folder), *ASK, "-q"]) == 0
    return folder


@pytest.fixture
def desk(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be changed."""
    copy = tmp_path / "desk"
    shutil.copytree(trained, copy)
    monkeypatch.chdir(copy)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return copy


def versions(desk: Path, name: str = NAME) -> list[str]:
    return sorted(path.name for path in (desk / "data/models" / name / "versions").glob("*"))


def refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run([*arguments, "--json"])
    error = json.loads(capsys.readouterr().out)["error"]
    return code, error["message"]


def test_unchanged_inputs_are_up_to_date(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = versions(desk)
    assert run([*ASK]) == 0
    assert "up to date" in capsys.readouterr().out
    assert versions(desk) == before


def test_the_document_says_verdict_model_and_scores(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASK, "--seed", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "no edge"
    assert document["model"].startswith(f"{NAME}@")
    assert document["scores"]["accuracy"]["low"] < 0.5 < document["scores"]["accuracy"]["high"]
    (model,) = document["models"]
    assert model["data"]["features"] == 26
    assert len(model["folds"]) == 3
    assert len(model["reasons"]) == 4
    assert model["evidence"]["trials"] == 2  # this one, and the one before it on the same bars
    assert model["lockbox"] is None


def test_people_get_one_screen_with_the_verdict_and_the_next_command(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASK, "--seed", "4"]) == 0
    said = capsys.readouterr()
    for part in ("Out of sample, by fold", "Calibration", "What moves it most", "Verdict: NO EDGE", "Next:"):
        assert part in said.out
    assert "events tested in 3 folds" in said.err
    assert len(said.out.splitlines()) < 80


def test_two_trainings_give_the_same_files(desk: Path) -> None:
    (first,) = versions(desk)
    folder = desk / "data/models" / NAME / "versions"
    before = {path.name: path.read_bytes() for path in (folder / first).rglob("*") if path.is_file()}
    shutil.rmtree(desk / "data/models")
    assert run([*ASK, "-q"]) == 0
    (second,) = versions(desk)
    after = {path.name: path.read_bytes() for path in (folder / second).rglob("*") if path.is_file()}
    assert second[-8:] == first[-8:]
    timed = {"card.json", "SHA256SUMS"}
    assert {name for name in before if before[name] != after[name]} <= timed


def test_a_strategy_s_signals_are_judged_with_their_side(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("train", "EURUSD", "-t", "M5", *QUICK[:4], "--strategy", "fvg_retest", "--param", "windows=")
    assert run([*ask, "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert model["strategy"] == "fvg_retest"
    assert "side" in {one["name"] for one in model["importance"]}


def test_every_symbol_gets_a_model_and_answers_for_the_others(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "EURUSD", "XAUUSD", "-t", "M5", *QUICK, "--seed", "6", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["symbol"] for one in document["models"]] == ["EURUSD", "XAUUSD"]
    assert [one["evidence"]["series"] for one in document["models"]] == [2, 2]
    assert document["model"] is None


def test_a_model_that_is_up_to_date_stays_among_the_tests_of_the_command(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "EURUSD", "XAUUSD", "-t", "M5", *QUICK, "--json"]) == 0
    known, fresh = json.loads(capsys.readouterr().out)["models"]
    assert (known["up_to_date"], fresh["up_to_date"]) == (True, False)
    assert (known["evidence"]["series"], fresh["evidence"]["series"]) == (1, 2)


def test_the_same_recipe_on_other_bars_is_the_same_attempt(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASK, "--end", "2024-01-22", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert model["up_to_date"] is False
    assert model["evidence"]["trials"] == 1
    (line,) = (desk / "state/attempts/sim-EURUSD-M5.jsonl").read_text().splitlines()
    assert json.loads(line)["key"] == model["evidence"]["attempt"]


def test_a_deleted_log_does_not_make_a_second_try_the_first(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASK, "--seed", "3", "-q"]) == 0
    (desk / "state/attempts/sim-EURUSD-M5.jsonl").unlink()
    capsys.readouterr()
    assert run([*ASK, "--seed", "4", "--json"]) == 0
    said = capsys.readouterr()
    (model,) = json.loads(said.out)["models"]
    assert model["evidence"]["trials"] == 2
    assert model["evidence"]["choices"] is None
    assert "the log of attempts holds 1, a version counted 2" in said.err


def test_the_lockbox_opens_once(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASK, "--open-lockbox", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert model["lockbox"]["events"] > 0
    code, message = refused((*ASK, "--open-lockbox"), capsys)
    assert (code, "was opened once before" in message) == (11, True)
    before = versions(desk)
    assert refused((*ASK, "--open-lockbox", "--seed", "9"), capsys)[0] == 11
    assert versions(desk) == before  # refused before anything was learned
    assert run([*ASK, "--open-lockbox", "--reason", "a bug in the labels", "-q"]) == 0


def test_bars_that_were_learned_from_are_no_lockbox(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASK, "--lockbox", "0", "-q"]) == 0
    capsys.readouterr()
    code, message = refused((*ASK, "--open-lockbox"), capsys)
    assert (code, "was learned from before" in message) == (11, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("train", "NOSUCH", "-t", "M5"), 4, "NOSUCH"),
        (("train", "EURUSD", "--source", "none", "-t", "M5"), 5, "none"),
        (("train", "EURUSD", "-t", "M5", "--features", "core27"), 2, "unknown feature set 'core27'"),
        (("train", "EURUSD", "-t", "M5", "--strategy", "nope"), 2, "unknown strategy 'nope'"),
        ((*ASK, "--strategy", "fvg_retest", "--label", "trend"), 2, "exclude each other"),
        (("train", "EURUSD", "XAUUSD", "-t", "M5", "--name", "one"), 2, "names one model"),
        ((*ASK, "--reason", "why"), 2, "belongs to --open-lockbox"),
        ((*ASK, "--believe", " "), 2, "--believe needs a reason"),
        ((*ASK, "--param", "windows="), 2, "--param belongs to --strategy"),
        ((*ASK, "--name", "CON"), 2, "model name 'CON'"),
        ((*ASK, "--name", "lpt1.eur"), 2, "model name 'lpt1.eur'"),
        (("train", "EURUSD", "-t", "M5", "--folds", "50", "--horizon", "3000"), 5, ""),
        (("train", "EURUSD", "-t", "M5", "--start", "2099-01-01"), 5, "no M5 bars"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_line(
    desk: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, words: str
) -> None:
    before = sorted(path.as_posix() for path in (desk / "data/models").rglob("*"))
    found, message = refused(arguments, capsys)
    assert (found, "\n" in message) == (code, False)
    assert words in message
    assert sorted(path.as_posix() for path in (desk / "data/models").rglob("*")) == before


def test_a_damaged_model_is_not_up_to_date(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (version,) = versions(desk)
    path = desk / "data/models" / NAME / "versions" / version / "calibration.json"
    path.chmod(0o600)
    path.write_bytes(b"{}")
    assert run([*ASK, "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert model["up_to_date"] is False
    assert len(versions(desk)) == 2


def test_a_page_is_written_for_new_and_for_known_versions(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASK, "--html", "known.html"]) == 0
    assert run(["models", "show", NAME, "--html", "shown.html"]) == 0
    page = (desk / "known.html").read_bytes()
    assert b"Verdict: no edge" in page
    assert page == (desk / "shown.html").read_bytes()
    assert "known.html: 1 model" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_refused_before_the_training(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = versions(desk)
    for name in ("page.txt", "nowhere/page.html"):
        code, message = refused((*ASK, "--seed", "9", "--html", name), capsys)
        assert code == 2
        assert Path(name).parent.name in message
    assert versions(desk) == before
