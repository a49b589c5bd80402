"""Copies for dry runs: gone behind the run, and behind one that was killed a day later."""

import os
from pathlib import Path

from ictcli.clock import NS_PER_DAY, now_ns
from ictcli.ledger.address import paper_place
from ictcli.trading.throw_away import Ground, throw_away
from ictcli.workspace import create


def test_a_copy_that_a_killed_dry_run_left_is_removed_a_day_later(tmp_path: Path) -> None:
    create(tmp_path)
    state = tmp_path / "state"
    old, young = state / ".dry-old", state / ".dry-young"
    for folder in (old, young):
        folder.mkdir()
    yesterday = now_ns() - NS_PER_DAY - 1
    os.utime(old, ns=(yesterday, yesterday))
    with throw_away(Ground(paper_place(state), state / "paper", state / "spool", tmp_path / "data")):
        assert len(list(state.glob(".dry-*"))) == 2
    assert list(state.glob(".dry-*")) == [young]
