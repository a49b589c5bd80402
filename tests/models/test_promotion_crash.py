"""A process killed while it changes models leaves the old state or the new one, never a mixture."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from ictcli.models.promotion import rollback
from tests.models.sample_models import NOW, SECOND, load_logistic, store_in

SCRIPT = Path(__file__).with_name("killed_promotion.py")
ACTIONS = ("promote", "rollback", "create", "delete")
AFTERWARDS = NOW + 7200 * SECOND

State = tuple[str, str, tuple[str, ...], tuple[str, ...]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL")


def state(root: Path) -> State:
    """What counts, read without a lock; every version in it must be whole."""
    store = store_in(root)
    aliases = store.aliases("gold")
    for version in store.versions("gold"):
        version.verify()
        load_logistic(version)
    assert store.load("gold").id == aliases.champion
    return aliases.champion, aliases.previous, aliases.history, tuple(store.ids("gold"))


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kills")
    subprocess.run([sys.executable, str(SCRIPT), str(root)], check=True, capture_output=True)
    return root


@pytest.mark.parametrize("action", ACTIONS)
def test_a_kill_at_any_point_leaves_the_old_state_or_the_new_one(kills: Path, action: str) -> None:
    old, new = state(kills / "base"), state(kills / f"{action}-whole-before")
    assert old != new
    found = [state(root) for root in sorted(kills.glob(f"{action}-[0-9]*"))]
    assert len(found) >= 8
    assert set(found) == {old, new}


@pytest.mark.parametrize("action", ACTIONS)
def test_the_next_change_completes_the_audit_and_leaves_nothing_behind(kills: Path, action: str) -> None:
    for root in sorted(kills.glob(f"{action}-[0-9]*")):
        store = store_in(root)
        rollback(store, "gold", now=AFTERWARDS, reason="next")
        aliases, audit = store.aliases("gold"), store.audit("gold")
        changes = [entry for entry in audit if entry.change]
        assert [entry.change for entry in changes] == list(range(1, aliases.change + 1))
        assert changes[-1] == aliases.last
        for before, after in pairwise(changes):
            assert after.before == before.after
        assert changes[-1].after == aliases.champion
        assert not list((root / "models").rglob(".tmp-*"))
