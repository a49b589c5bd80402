"""The store of models: versions that never change, found again by every name they have."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import iso
from ictcli.errors import DataError, PolicyRefused, UsageError
from ictcli.models.card import Metric, encode_card
from ictcli.models.promotion import Gate, promote
from ictcli.models.store import ModelStore
from ictcli.models.version import is_inside, split_reference
from tests.models.sample_models import (
    NOW,
    SECOND,
    WEIGHTS_FILE,
    card_of,
    files_of,
    load_logistic,
    store_in,
    stored,
)

PASSED = Gate(passed=True, reasons=(), golden=0.0)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_version_is_read_as_it_was_stored(tmp_path: Path) -> None:
    made = stored(store_in(tmp_path), 1)
    found = store_in(tmp_path).load("gold", made.id)
    assert found.card == made.card
    assert found.card.created == NOW + 60 * SECOND
    assert found.card.version == found.id
    assert {name: found.read(name) for name in found.files} == files_of(1)
    assert load_logistic(found).weights.shape == (3,)
    found.verify()


def test_the_id_is_the_time_and_eight_digits_of_the_content(tmp_path: Path) -> None:
    made = stored(store_in(tmp_path), 1)
    at = iso(made.card.created).replace("-", "").replace(":", "").removesuffix("Z")
    lines = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files_of(1).items())
    )
    content = hashlib.sha256(f"{made.card.identity}\n{lines}".encode()).hexdigest()
    assert made.id == f"{at}-{content[:8]}"


def test_time_command_line_and_latency_are_no_part_of_the_content(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    again = store.create(card_of(1, argv=("train", "--json")), files_of(1), NOW + 999 * SECOND)
    assert again.id == made.id
    assert again.card == made.card
    assert store.ids("gold") == [made.id]
    assert [entry.action for entry in store.audit("gold")] == ["create"]


def test_other_files_or_another_identity_make_another_version(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    other_files = store.create(card_of(1), files_of(2), NOW + 60 * SECOND)
    other_identity = store.create(card_of(2), files_of(1), NOW + 60 * SECOND)
    assert len({made.id, other_files.id, other_identity.id}) == 3
    assert [version.id for version in store.versions("gold")] == sorted(store.ids("gold"))


def test_storing_something_new_leaves_every_byte_of_the_old_versions(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    before = snapshot(made.folder)
    stored(store, 2)
    store.create(card_of(1), files_of(3), NOW + 60 * SECOND)
    assert snapshot(made.folder) == before


def test_files_are_read_only_and_sha256sum_can_check_them(tmp_path: Path) -> None:
    made = stored(store_in(tmp_path), 1)
    assert {p.stat().st_mode & 0o222 for p in made.folder.rglob("*") if p.is_file()} == {0}
    if sys.platform == "linux":
        checked = subprocess.run(
            ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=made.folder, capture_output=True, check=False
        )
        assert checked.returncode == 0


def test_a_version_is_found_by_alias_beginning_hash_and_latest(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second = stored(store, 1), stored(store, 2)
    promote(store, first, "champion", PASSED, now=NOW)
    assert store.load("gold").id == first.id
    assert store.load("gold", "latest").id == second.id
    assert store.load("gold", second.id[-8:]).id == second.id
    assert store.load("gold", second.id[-8:-3]).id == second.id
    assert store.load("gold", second.id[:-2]).id == second.id


def test_what_is_not_there_is_refused_with_the_next_thing_to_do(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with pytest.raises(DataError, match="no model 'gold'") as refused:
        store.load("gold")
    assert "ictcli train" in refused.value.hint
    made = stored(store, 1)
    stored(store, 2)
    with pytest.raises(DataError, match="has no champion") as refused:
        store.load("gold")
    assert "promote" in refused.value.hint
    with pytest.raises(DataError, match="no model 'golt'") as refused:
        store.load("golt", made.id)
    assert refused.value.hint == "Did you mean gold?"
    with pytest.raises(UsageError, match="2 versions"):
        store.load("gold", made.id[:6])
    with pytest.raises(DataError, match="no version '20'"):
        store.load("gold", "20")


@pytest.mark.parametrize("name", ["", "..", "a/b", "../gold", ".tmp-1", "gold@1", "a\\b", "x" * 65, "a b"])
def test_a_name_that_is_no_plain_word_is_refused(tmp_path: Path, name: str) -> None:
    store = store_in(tmp_path)
    with pytest.raises(UsageError, match="not usable"):
        store.create(card_of(1, name=name), files_of(1), NOW)
    with pytest.raises(UsageError, match="not usable"):
        store.load(name)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    "file", ["../x", "/x", "a/../x", "a\\x", "", "a//x", "c:x", "card.json", "SHA256SUMS"]
)
def test_a_file_outside_the_version_or_in_place_of_its_own_is_refused(tmp_path: Path, file: str) -> None:
    store = store_in(tmp_path)
    with pytest.raises(UsageError):
        store.create(card_of(1), {**files_of(1), file: b""}, NOW)
    assert store.names() == []


@given(st.text(alphabet="ab./\\ :~", max_size=12))
def test_no_accepted_file_name_leaves_its_folder(name: str) -> None:
    if is_inside(name):
        parts = name.split("/")
        assert parts
        assert all(part not in {"", ".", ".."} for part in parts)
        assert not set(name) & set("\\: ~")


def test_a_changed_file_is_refused_with_its_name_and_both_hashes(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    path = made.folder / WEIGHTS_FILE
    wanted, data = made.sums[WEIGHTS_FILE], path.read_bytes()
    for bad in (data[:-1], data[:-1] + bytes([data[-1] ^ 1]), b""):
        overwrite(path, bad)
        with pytest.raises(DataError) as refused:
            store.load("gold", made.id).read(WEIGHTS_FILE)
        assert WEIGHTS_FILE in refused.value.message
        assert wanted[:12] in refused.value.message
        assert hashlib.sha256(bad).hexdigest()[:12] in refused.value.message
    path.unlink()
    with pytest.raises(DataError, match=r"logistic\.npz"):
        made.verify()


def test_every_byte_of_the_card_and_of_the_sums_counts(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    for name in ("card.json", "SHA256SUMS"):
        path = made.folder / name
        whole = path.read_bytes()
        for at in range(0, len(whole), 41):
            overwrite(path, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(DataError):
                store.load("gold", made.id).verify()
        overwrite(path, whole)
    store.load("gold", made.id).verify()


def test_a_version_copied_to_another_name_or_id_is_refused(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    shutil.copytree(made.folder, tmp_path / "models" / "silver" / "versions" / made.id)
    with pytest.raises(DataError, match="card of gold"):
        store.load("silver", made.id)
    moved = made.folder.with_name(made.id[:-8] + "00000000")
    made.folder.rename(moved)
    with pytest.raises(DataError, match="card of gold"):
        store.load("gold", moved.name)


def test_sums_swapped_together_with_a_file_do_not_fit_the_id(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    other = files_of(2)[WEIGHTS_FILE]
    overwrite(made.folder / WEIGHTS_FILE, other)
    sums = (made.folder / "SHA256SUMS").read_text()
    sums = sums.replace(made.sums[WEIGHTS_FILE], hashlib.sha256(other).hexdigest())
    overwrite(made.folder / "SHA256SUMS", sums.encode())
    with pytest.raises(DataError, match="not those of"):
        store.load("gold", made.id)


def test_a_file_that_is_not_listed_is_noticed(tmp_path: Path) -> None:
    made = stored(store_in(tmp_path), 1)
    (made.folder / "members" / "extra.txt").write_text("x")
    with pytest.raises(DataError, match="not listed"):
        made.verify()
    with pytest.raises(DataError, match="has no file"):
        made.read("members/extra.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    outside = tmp_path / "outside"
    shutil.copytree(made.folder, outside / "versions" / made.id)
    (tmp_path / "models" / "silver").symlink_to(outside)
    with pytest.raises(DataError, match="leads out"):
        store.load("silver", made.id)
    (made.folder / WEIGHTS_FILE).unlink()
    (made.folder / WEIGHTS_FILE).symlink_to(outside / "versions" / made.id / WEIGHTS_FILE)
    with pytest.raises(DataError, match="leads out"):
        made.read(WEIGHTS_FILE)
    linked = store.folder / "gold" / "versions" / ("20000101T000000" + made.id[-9:])
    linked.symlink_to(outside / "versions" / made.id)
    with pytest.raises(DataError, match="leads out"):
        store.load("gold", linked.name)


def test_a_damaged_version_is_not_up_to_date_and_is_made_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    identity = made.card.identity
    found = store.find_identity("gold", identity)
    assert found is not None
    assert found.id == made.id
    assert store.find_identity("gold", "another") is None
    assert store.find_identity("silver", identity) is None
    overwrite(made.folder / WEIGHTS_FILE, b"")
    assert store.find_identity("gold", identity) is None
    again = store.create(card_of(1), files_of(1), NOW + 999 * SECOND)
    assert again.id != made.id
    again.verify()
    overwrite(again.folder / WEIGHTS_FILE, b"")
    with pytest.raises(DataError, match="exists and is damaged"):
        store.create(card_of(1), files_of(1), NOW + 999 * SECOND)


def test_an_older_version_with_the_same_files_is_given_back_too(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    store.create(card_of(1), files_of(2), NOW + 120 * SECOND)
    assert store.create(card_of(1), files_of(1), NOW + 180 * SECOND).id == made.id


def test_deleting_is_refused_while_an_alias_points_there(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second, third = (stored(store, seed) for seed in (1, 2, 3))
    promote(store, first, "champion", PASSED, now=NOW)
    promote(store, second, "champion", PASSED, now=NOW)
    promote(store, third, "shadow", PASSED, now=NOW)
    for version, post in ((first, "previous"), (second, "champion"), (third, "shadow")):
        with pytest.raises(PolicyRefused, match=post):
            store.delete("gold", version.id, NOW)
    promote(store, first, "shadow", PASSED, now=NOW)
    store.delete("gold", third.id, NOW)
    assert store.ids("gold") == [first.id, second.id]
    assert not list(store.folder.rglob(".tmp-*"))
    assert [(entry.action, entry.before) for entry in store.audit("gold")][-1] == ("delete", third.id)
    with pytest.raises(DataError, match="is gone"):
        store.delete("gold", third.id, NOW)


def test_what_killed_writers_left_is_removed_by_the_next(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    made = stored(store, 1)
    draft = made.folder.with_name(".tmp-1-x")
    shutil.copytree(made.folder, draft)
    assert store.ids("gold") == [made.id]
    stored(store, 2)
    assert not draft.exists()


def test_a_card_that_would_not_come_back_is_not_stored(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with pytest.raises(DataError, match="thresholds"):
        store.create(card_of(1, thresholds={"low": float("nan")}), files_of(1), NOW)
    assert store.names() == []


def test_the_card_of_a_new_version_is_the_one_that_is_read_later(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    metrics = {"sharpe": Metric(value=float("nan"))}
    made = store.create(card_of(1, metrics=metrics, label={"bars": (1, 2)}), files_of(1), NOW)
    assert made.card == store.load("gold", made.id).card
    assert made.card.metrics == {"sharpe": Metric(value=None)}


def test_whoever_wants_to_know_is_told_after_each_change(tmp_path: Path) -> None:
    told: list[int] = []
    store = ModelStore(tmp_path / "models", on_change=lambda: told.append(1))
    made = store.create(card_of(1), files_of(1), NOW)
    store.create(card_of(1), files_of(1), NOW)
    store.delete("gold", made.id, NOW)
    assert len(told) == 2
    assert store.names() == []


def test_a_reference_is_a_name_and_perhaps_a_version() -> None:
    assert split_reference("gold") == ("gold", "")
    assert split_reference("gold@champion") == ("gold", "champion")
    for bad in ("gold@", "@champion", "a/b@c"):
        with pytest.raises(UsageError):
            split_reference(bad)


def test_a_card_on_disk_is_the_canonical_text(tmp_path: Path) -> None:
    made = stored(store_in(tmp_path), 1)
    assert (made.folder / "card.json").read_bytes() == encode_card(msgspec.structs.replace(made.card))
