"""Kills real processes that change models, at every point at which they open, sync or rename a file.

Usage: killed_promotion.py ROOT

Makes one folder ``<action>-<point>-<side>`` per kill, and ``<action>-whole-<side>`` of one that finished.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from ictcli.models.promotion import Gate, promote, rollback
from ictcli.models.store import ModelStore
from tests.models.sample_models import NOW, SECOND, card_of, files_of, store_in, stored

LATER = NOW + 3600 * SECOND
PASSED = Gate(passed=True, reasons=(), golden=0.0)


def base(root: Path) -> None:
    """Four versions; the third is champion, after the first and the second."""
    store = store_in(root)
    for seed in (1, 2, 3, 4):
        version = stored(store, seed)
        if seed < 4:
            promote(store, version, "champion", PASSED, now=NOW)


def promote_fourth(store: ModelStore) -> None:
    promote(store, store.load("gold", "latest"), "champion", PASSED, now=LATER, reason="better")


def roll_back(store: ModelStore) -> None:
    rollback(store, "gold", now=LATER, reason="worse")


def create_fifth(store: ModelStore) -> None:
    store.create(card_of(5), files_of(5), LATER)


def delete_fourth(store: ModelStore) -> None:
    store.delete("gold", store.load("gold", "latest").id, LATER)


ACTIONS: dict[str, Callable[[ModelStore], None]] = {
    "promote": promote_fourth,
    "rollback": roll_back,
    "create": create_fifth,
    "delete": delete_fourth,
}


def die_at(wanted: int, side: str) -> None:
    """Kill this process before or after it opens, syncs or renames a file for the n-th time."""
    seen = 0

    def planted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            mine = seen == wanted
            if mine and side == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = call(*args, **named)
            if mine and side == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return counted

    os.fsync = planted(os.fsync)
    setattr(Path, "replace", planted(Path.replace))  # noqa: B010 - a method of somebody else's class
    setattr(Path, "open", planted(Path.open))  # noqa: B010


def killed(root: Path, action: Callable[[ModelStore], None], point: int, side: str) -> bool:
    """Whether a process of its own was killed while it did the action."""
    child = os.fork()
    if child == 0:
        die_at(point, side)
        action(store_in(root))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def main(root: Path) -> None:
    """All actions, killed at all points."""
    base(root / "base")
    for name, action in ACTIONS.items():
        for side in ("before", "after"):
            point = 1
            while killed(copied(root, f"{name}-{point}-{side}"), action, point, side):
                point += 1
            (root / f"{name}-{point}-{side}").rename(root / f"{name}-whole-{side}")


def copied(root: Path, name: str) -> Path:
    """A copy of the base."""
    return shutil.copytree(root / "base", root / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
