"""Promotion past a gate, and every step of the way back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import Busy, DataError, PolicyRefused, UsageError
from ictcli.models.aliases import NONE, promoted, rolled_back
from ictcli.models.promotion import Gate, check_gate, promote, rollback
from ictcli.models.store import ModelStore
from ictcli.models.version import Version
from ictcli.store.locks import exclusive
from tests.models.sample_models import (
    NOW,
    SECOND,
    WEIGHTS_FILE,
    Logistic,
    card_of,
    files_of,
    load_logistic,
    store_in,
    stored,
)

PASSED = Gate(passed=True, reasons=(), golden=0.0)
FAILED = Gate(passed=False, reasons=("its verdict is no edge",), golden=0.0)


def crown(store: ModelStore, *versions: Version) -> None:
    for version in versions:
        promote(store, version, "champion", PASSED, now=NOW)


def test_the_gate_asks_for_an_edge_and_for_the_golden_rows(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    good = stored(store, 1)
    assert check_gate(good, load_logistic) == Gate(passed=True, reasons=(), golden=0.0)
    bad = stored(store, 2, verdict="no edge", reasons=("p is 0.31",))
    gate = check_gate(bad, load_logistic)
    assert not gate.passed
    assert gate.reasons == ("its verdict is no edge", "p is 0.31")
    believed = check_gate(stored(store, 3, believed="Believed against the tripwire: so"), load_logistic)
    assert not believed.passed
    assert believed.reasons[0] == "Believed against the tripwire: so"
    with pytest.raises(DataError, match="golden rows"):
        check_gate(good, lambda version: Logistic(load_logistic(version).weights * 1.1))


def test_the_gate_reads_every_file(tmp_path: Path) -> None:
    version = stored(store_in(tmp_path), 1)
    path = version.folder / "training.json"
    path.chmod(0o644)
    path.write_bytes(b"{}")
    with pytest.raises(DataError, match=r"training\.json"):
        check_gate(version, load_logistic)


def test_a_version_without_golden_rows_passes_no_gate(tmp_path: Path) -> None:
    files = {WEIGHTS_FILE: files_of(1)[WEIGHTS_FILE]}
    version = store_in(tmp_path).create(card_of(1), files, NOW)
    with pytest.raises(DataError, match=r"golden\.npz"):
        check_gate(version, load_logistic)


def test_a_champion_without_an_edge_needs_force_and_a_reason(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = stored(store, 1, verdict="no edge")
    with pytest.raises(PolicyRefused, match="no edge") as refused:
        promote(store, version, "champion", FAILED, now=NOW, reason="please")
    assert int(refused.value.code) == 11
    with pytest.raises(UsageError, match="reason"):
        promote(store, version, "champion", FAILED, now=NOW, force=True, reason=" ")
    assert store.aliases("gold") == NONE
    move = promote(store, version, "champion", FAILED, now=NOW, force=True, reason="paper only")
    assert move.after.champion == version.id
    assert store.audit("gold")[-1].forced
    assert store.audit("gold")[-1].reason == "paper only"


def test_shadow_and_challenger_need_no_edge_and_previous_cannot_be_set(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = stored(store, 1, verdict="no edge")
    promote(store, version, "shadow", FAILED, now=NOW)
    promote(store, version, "challenger", FAILED, now=NOW)
    assert store.aliases("gold").of(version.id) == ("challenger", "shadow")
    assert not store.audit("gold")[-1].forced
    with pytest.raises(UsageError, match="previous"):
        promote(store, version, "previous", PASSED, now=NOW)


def test_a_new_champion_leaves_its_other_posts_and_remembers_the_one_before(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second = stored(store, 1), stored(store, 2)
    crown(store, first)
    promote(store, second, "challenger", PASSED, now=NOW)
    crown(store, second)
    aliases = store.aliases("gold")
    assert (aliases.champion, aliases.previous, aliases.challenger) == (second.id, first.id, "")


def test_promoting_what_is_there_already_changes_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = stored(store, 1)
    crown(store, first)
    before = (store.folder / "gold" / "aliases.json").read_bytes(), store.audit("gold")
    move = promote(store, first, "champion", PASSED, now=NOW + SECOND)
    assert not move.changed
    assert ((store.folder / "gold" / "aliases.json").read_bytes(), store.audit("gold")) == before


def test_rolling_back_walks_through_the_former_champions(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second, third = (stored(store, seed) for seed in (1, 2, 3))
    crown(store, first, second, third)
    assert rollback(store, "gold", now=NOW, reason="drift").after.champion == second.id
    assert store.aliases("gold").previous == first.id
    assert rollback(store, "gold", now=NOW, reason="drift").after.champion == first.id
    assert store.aliases("gold").previous == ""
    with pytest.raises(DataError, match="no former champion"):
        rollback(store, "gold", now=NOW, reason="drift")
    assert store.aliases("gold").champion == first.id
    crown(store, third)
    assert store.aliases("gold").previous == first.id


def test_rolling_back_needs_a_reason_but_no_gate_no_loader_and_no_whole_files(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second = stored(store, 1), stored(store, 2)
    crown(store, first, second)
    with pytest.raises(UsageError, match="reason"):
        rollback(store, "gold", now=NOW, reason="")
    for path in second.folder.rglob("*.*"):
        path.unlink()
    assert rollback(store, "gold", now=NOW, reason="damaged").after.champion == first.id


def test_a_deleted_former_champion_is_passed_over(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second, third = (stored(store, seed) for seed in (1, 2, 3))
    crown(store, first, second, third)
    store.delete("gold", first.id, NOW)
    assert rollback(store, "gold", now=NOW, reason="x").after.champion == second.id
    assert store.aliases("gold").previous == ""
    with pytest.raises(DataError, match="no former champion"):
        rollback(store, "gold", now=NOW, reason="x")


def test_the_audit_tells_who_when_what_from_where_to_where_and_why(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second = stored(store, 1), stored(store, 2)
    crown(store, first)
    promote(store, second, "champion", PASSED, now=NOW + SECOND, reason="better")
    rollback(store, "gold", now=NOW + 2 * SECOND, reason="worse")
    *_, up, back = store.audit("gold")
    assert (up.action, up.alias, up.before, up.after, up.reason) == (
        "promote",
        "champion",
        first.id,
        second.id,
        "better",
    )
    assert (back.action, back.before, back.after, back.reason) == ("rollback", second.id, first.id, "worse")
    assert [entry.change for entry in store.audit("gold")] == [0, 0, 1, 2, 3]
    assert up.metrics == second.card.metrics
    assert "@" in up.who
    assert up.at.endswith("Z")


def test_a_version_deleted_meanwhile_is_not_promoted(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = stored(store, 1)
    store.delete("gold", version.id, NOW)
    with pytest.raises(DataError, match="is gone"):
        crown(store, version)


def test_a_reader_needs_no_lock_and_a_second_writer_is_told_who_has_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = stored(store, 1)
    with exclusive(tmp_path / "state" / "models.lock", "a model", now=NOW):
        assert store.load("gold", version.id).id == version.id
        with pytest.raises(Busy, match="pid"), exclusive(tmp_path / "state" / "models.lock", "it", now=NOW):
            pass


@pytest.mark.parametrize("data", ["", "[]", '{"champion": "../../x"}', '{"schema": 2}', '{"history": ["x"]}'])
def test_damaged_aliases_are_refused_and_left_alone(tmp_path: Path, data: str) -> None:
    store = store_in(tmp_path)
    version = stored(store, 1)
    path = store.folder / "gold" / "aliases.json"
    path.write_text(data)
    for act in (lambda: store.load("gold"), lambda: crown(store, version)):
        with pytest.raises(DataError, match=r"aliases\.json"):
            act()
    assert path.read_text() == data


def test_half_a_line_of_the_audit_is_cut_off_and_a_damaged_one_refused(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = stored(store, 1)
    path = store.folder / "gold" / "audit.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"action": "prom')
    assert len(store.audit("gold")) == 1
    crown(store, version)
    assert [entry.action for entry in store.audit("gold")] == ["create", "promote"]
    assert path.read_bytes().startswith(whole)
    path.write_bytes(b"{\n" + whole)
    with pytest.raises(DataError, match="line 1"):
        store.audit("gold")


def ids(number: int) -> str:
    return f"20260101T0000{number:02d}-{number:08x}"


@given(st.lists(st.integers(0, 6), max_size=30))
def test_a_rollback_undoes_the_last_promotion_whatever_came_before(moves: list[int]) -> None:
    aliases = NONE
    for move in moves:
        if move < 6 and aliases.champion != ids(move):
            before = aliases
            aliases = promoted(aliases, "champion", ids(move))
            assert aliases.previous == before.champion
            undone = rolled_back(aliases, lambda version: True)
            assert undone is None if not before.champion else undone and undone.champion == before.champion
        elif move == 6:
            aliases = rolled_back(aliases, lambda version: True) or aliases
        assert aliases.champion not in aliases.history
        assert len(set(aliases.history)) == len(aliases.history)
        assert aliases.previous == (aliases.history[-1] if aliases.history else "")
