"""``ictcli models``: every subcommand, its two kinds of output, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.learning.trial_log import add_attempts, log_of
from ictcli.models.promotion import Gate, promote
from ictcli.models.store import ModelStore
from ictcli.models.version import Version
from ictcli.workspace import create
from tests.learning.logged import SERIES, good_attempts, lucky_attempts, training_of
from tests.models.sample_models import NOW, SECOND
from tests.models.served_models import WEIGHTS_FILE, served_card, served_files

PASSED = Gate(passed=True, reasons=(), golden=0.0)
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """Two versions with an edge, the first of them champion, and a third without one."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    store = ModelStore(tmp_path / "data" / "models", tmp_path / "state" / "locks" / "models.lock")
    for seed in (1, 2, 3):
        edge = {"verdict": "no edge", "reasons": ("p is 0.31",)} if seed == 3 else {}
        files = {**served_files(seed), "training.json": training_of(12)}
        store.create(served_card(seed, **edge), files, NOW + seed * 60 * SECOND)
    add_attempts(log_of(tmp_path / "state", SERIES), good_attempts(12), now=NOW)
    promote(store, store.versions("gold")[0], "champion", PASSED, now=NOW)
    return store


def document(printed: Printed) -> Any:
    return json.loads(printed.readouterr().out)


def damage(version: Version, file: str = WEIGHTS_FILE) -> None:
    path = version.folder / file
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])


def snapshot(store: ModelStore) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in store.folder.rglob("*") if p.is_file()}


def test_the_list_shows_every_version_with_its_aliases(models: ModelStore, capsys: Printed) -> None:
    first, second, third = models.versions("gold")
    assert run(["models", "list"]) == 0
    text = capsys.readouterr().out
    lines = text.splitlines()[2:]
    assert [first.id in lines[0], second.id in lines[1], third.id in lines[2]] == [True] * 3
    assert lines[0].endswith("champion")
    assert "no edge" in lines[2]
    assert run(["models", "list", "gold", "--json"]) == 0
    found = document(capsys)
    assert found["command"] == "models list"
    assert [row["version"] for row in found["versions"]] == [first.id, second.id, third.id]
    assert found["versions"][0]["aliases"] == ["champion"]
    assert found["versions"][0]["created"].endswith("Z")


def test_without_models_the_command_that_makes_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    for words in (["list"], ["verify"]):
        assert run(["models", *words]) == 0
        assert "ictcli train" in capsys.readouterr().out
    for words in (
        ["list", "gold"],
        ["show", "gold"],
        ["promote", "gold"],
        ["rollback", "gold", "--reason", "x"],
    ):
        assert run(["models", *words]) == 5
        assert "ictcli train" in capsys.readouterr().err
    assert not (tmp_path / "data" / "models").exists()


def test_a_card_is_shown_by_alias_id_hash_and_latest(models: ModelStore, capsys: Printed) -> None:
    first, _, third = models.versions("gold")
    for which, version in (
        ("", first),
        ("@latest", third),
        (f"@{third.id}", third),
        (f"@{third.id[-8:]}", third),
    ):
        assert run(["models", "show", f"gold{which}"]) == 0
        assert capsys.readouterr().out.startswith(f"gold@{version.id}")
    assert run(["models", "show", "gold"]) == 0
    text = capsys.readouterr().out
    for part in (
        "(champion)",
        "verdict: edge",
        "ftmo XAUUSD M15",
        "purged",
        "12, seed 1",
        "accuracy",
        "0.51",
    ):
        assert part in text
    assert run(["models", "show", "gold", "--json"]) == 0
    found = document(capsys)
    assert found["card"]["created"] == "2026-09-21T14:14:20Z"
    assert found["card"]["metrics"]["accuracy"]["low"] == 0.51
    assert found["files"][WEIGHTS_FILE] == first.sums[WEIGHTS_FILE]
    assert [entry["action"] for entry in found["audit"]] == ["create"] * 3 + ["promote"]


def test_promotion_past_the_gate_and_back_again(models: ModelStore, capsys: Printed) -> None:
    first, second, _ = models.versions("gold")
    assert run(["models", "promote", f"gold@{second.id}", "--reason", "better", "--json"]) == 0
    found = document(capsys)
    assert (found["from"], found["to"], found["changed"], found["golden"]) == (first.id, second.id, True, 0.0)
    assert run(["models", "promote", f"gold@{second.id}"]) == 0
    assert "already" in capsys.readouterr().out
    assert run(["models", "rollback", "gold", "--reason", "worse"]) == 0
    assert capsys.readouterr().out == f"gold: champion is now {first.id}, was {second.id}\n"
    assert run(["models", "rollback", "gold", "--reason", "worse"]) == 5
    assert "no former champion" in capsys.readouterr().err


def test_no_edge_is_refused_with_11_unless_forced_with_a_reason(models: ModelStore, capsys: Printed) -> None:
    before = snapshot(models)
    assert run(["models", "promote", "gold", "--json"]) == 11
    error = document(capsys)["error"]
    assert (error["code"], error["name"]) == (11, "PolicyRefused")
    assert "no edge" in error["message"]
    assert run(["models", "promote", "gold", "--force"]) == 2
    assert "--reason" in capsys.readouterr().err
    assert snapshot(models) == before
    assert run(["models", "promote", "gold", "--alias", "shadow"]) == 0
    assert run(["models", "promote", "gold", "--force", "--reason", "paper only"]) == 0
    assert models.aliases("gold").champion == models.ids("gold")[-1]
    assert models.audit("gold")[-1].forced


def test_an_edge_is_weighed_again_against_later_attempts(models: ModelStore, capsys: Printed) -> None:
    second = models.versions("gold")[1]
    state = models.folder.parent.parent / "state"
    add_attempts(log_of(state, SERIES), lucky_attempts(20), now=NOW)
    assert run(["models", "promote", f"gold@{second.id}", "--json"]) == 11
    message = document(capsys)["error"]["message"]
    assert "after 20 attempts since it was trained its edge no longer stands" in message
    assert "deflated Sharpe ratio of 32 trials" in message
    assert run(["models", "promote", f"gold@{second.id}", "--alias", "challenger"]) == 0
    assert run(["models", "promote", f"gold@{second.id}", "--force", "--reason", "paper only"]) == 0
    assert models.audit("gold")[-1].forced


def test_an_edge_whose_log_is_gone_cannot_be_judged(models: ModelStore, capsys: Printed) -> None:
    second = models.versions("gold")[1]
    log_of(models.folder.parent.parent / "state", SERIES).unlink()
    assert run(["models", "promote", f"gold@{second.id}", "--json"]) == 11
    assert "cannot be judged again" in document(capsys)["error"]["message"]


def test_a_damaged_file_is_named_with_its_hash_and_the_registry_untouched(
    models: ModelStore, capsys: Printed
) -> None:
    second = models.versions("gold")[1]
    damage(second)
    before = snapshot(models)
    for words in (
        ["promote", f"gold@{second.id}"],
        ["promote", f"gold@{second.id}", "--force", "--reason", "x"],
    ):
        assert run(["models", *words]) == 5
        error = capsys.readouterr().err
        assert "logistic.json" in error
        assert second.sums[WEIGHTS_FILE][:12] in error
    assert snapshot(models) == before


def test_golden_rows_that_come_out_otherwise_cannot_be_forced(models: ModelStore, capsys: Printed) -> None:
    files = {**served_files(4), "golden.npz": served_files(5)["golden.npz"]}
    made = models.create(served_card(4), files, NOW + 999 * SECOND)
    assert run(["models", "promote", f"gold@{made.id}", "--force", "--reason", "x"]) == 5
    assert "golden rows" in capsys.readouterr().err
    assert run(["models", "verify", f"gold@{made.id}"]) == 5


def test_rolling_back_to_a_damaged_version_works_and_warns(models: ModelStore, capsys: Printed) -> None:
    first, second, _ = models.versions("gold")
    promote(models, second, "champion", PASSED, now=NOW)
    damage(first)
    assert run(["models", "rollback", "gold", "--reason", "x"]) == 0
    assert "serving passes it over" in capsys.readouterr().err
    assert models.aliases("gold").champion == first.id


def test_verify_reads_everything_and_names_the_first_fault(models: ModelStore, capsys: Printed) -> None:
    assert run(["models", "verify"]) == 0
    assert capsys.readouterr().out.count("whole") == 3
    damage(models.versions("gold")[1])
    assert run(["models", "verify"]) == 5
    lines = capsys.readouterr().out.splitlines()[2:]
    assert ["members/logistic.json is damaged" in line for line in lines] == [False, True, False]
    assert run(["models", "verify", "gold", "--json"]) == 5
    printed = capsys.readouterr()
    rows = json.loads(printed.out)["versions"]
    assert [row["fault"] is None for row in rows] == [True, False, True]
    assert "logistic.json" in printed.err
    assert run(["models", "verify", "gold@champion"]) == 0
    assert run(["models", "verify", "silver"]) == 5


def test_a_damaged_card_is_listed_as_such(models: ModelStore, capsys: Printed) -> None:
    damage(models.versions("gold")[1], "card.json")
    assert run(["models", "list"]) == 0
    printed = capsys.readouterr()
    assert "damaged" in printed.out.splitlines()[3]
    assert "card.json" in printed.err


def test_two_versions_are_compared(models: ModelStore, capsys: Printed) -> None:
    first, second, _ = models.versions("gold")
    assert run(["models", "compare", "gold", f"gold@{second.id}"]) == 0
    printed = capsys.readouterr()
    assert "accuracy" in printed.out
    assert "0.531 [0.51, 0.55]" in printed.out
    assert "seed" in printed.out
    assert printed.err == ""
    other = served_card(7, label={"rule": "horizon", "bars": 5})
    made = models.create(other, served_files(7), NOW + 999 * SECOND)
    assert run(["models", "compare", "gold", f"gold@{made.id}", "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert not found["same_events"]
    assert "same events" in printed.err
    assert found["inputs"]["label.bars"] == {"first": 20, "second": 5}
    assert found["metrics"]["sharpe"]["difference"] is None
    assert found["first"] == first.reference


def test_deleting_asks_refuses_and_deletes(models: ModelStore, capsys: Printed) -> None:
    first, second, _ = models.versions("gold")
    for words, code in (
        (["gold", "--yes"], 2),
        ([f"gold@{second.id}"], 2),
        ([f"gold@{first.id}", "--yes"], 11),
        (["gold@champion", "--yes"], 11),
        (["gold@00000000", "--yes"], 5),
    ):
        assert run(["models", "delete", *words]) == code
    assert len(models.ids("gold")) == 3
    capsys.readouterr()
    assert run(["models", "delete", f"gold@{second.id}", "--yes", "--json"]) == 0
    assert document(capsys)["deleted"] == second.id
    assert second.id not in models.ids("gold")


@pytest.mark.parametrize(
    "words",
    [["show", "../x"], ["show", "gold@"], ["promote", "a/b@c"], ["delete", "..@x", "--yes"], ["list", "a b"]],
)
def test_names_that_are_no_plain_words_are_usage_errors(models: ModelStore, words: list[str]) -> None:
    assert run(["models", *words]) == 2


def test_the_catalog_knows_the_models_at_once(models: ModelStore, capsys: Printed) -> None:
    assert run(["query", "SELECT version, verdict, alias FROM models ORDER BY version", "--json"]) == 0
    rows = document(capsys)["rows"]
    assert [row["verdict"] for row in rows] == ["edge", "edge", "no edge"]
    assert rows[0]["alias"] == "champion"
    assert run(["models", "promote", f"gold@{rows[1]['version']}"]) == 0
    capsys.readouterr()
    assert run(["query", "SELECT alias FROM models ORDER BY version", "--json"]) == 0
    assert [row["alias"] for row in document(capsys)["rows"]] == ["previous", "champion", None]
