"""Reconciliations while a trader writes at full speed: it waits for none, and none invents anything."""

import json
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from ictcli.clock import monotonic
from ictcli.priority import in_the_background
from ictcli.reconcile.from_ledger import ledger_faults, ledger_story
from ictcli.reconcile.matching import Verdict, reconcile
from ictcli.reconcile.rereading import without_news
from ictcli.reconcile.story import Story, Window
from ictcli.reconcile.tolerances import Tolerances
from tests.ledger.stories import SECOND
from tests.reconcile.full_speed import ACCOUNT, broker, dealt, ledger_in

ROOT = Path(__file__).parents[2]
LAG = 20 * SECOND
MOST_LOG = 64 << 20
"""Bytes of the write-ahead log: what SQLite folds in by itself at the latest."""
ROUNDS, ROUND_S = 12, 3.0


@dataclass
class Writer:
    """A trader in a process of its own."""

    folder: Path
    process: subprocess.Popen[str]
    took: list[tuple[float, float]]

    @property
    def log(self) -> int:
        """Bytes of its write-ahead log."""
        path = self.folder / "ledger" / "ledger.db-wal"
        return path.stat().st_size if path.exists() else 0

    def wait(self, deals: int) -> None:
        """Wait until so many deals were made."""
        end = monotonic() + 60
        while dealt(self.folder) < deals:
            assert self.process.poll() is None
            assert monotonic() < end
            threading.Event().wait(0.01)

    def end(self) -> None:
        """Let it end; whatever it met would be its exit code."""
        out, err = self.process.communicate("\n", timeout=120)
        assert self.process.returncode == 0, err
        self.took = [(when, took) for when, took in json.loads(out.splitlines()[-1])]


@contextmanager
def writing(folder: Path, how: str) -> Iterator[Writer]:
    command = [sys.executable, "-m", "tests.reconcile.full_speed", str(folder), how]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n", process.stderr
        yield Writer(folder, process, [])
    finally:
        process.kill()
        process.communicate()


@in_the_background()
def compared(folder: Path, *, whole: bool = True) -> tuple[Verdict, Story]:
    """One reconciliation as the command does it, ``whole`` with the ledger's chain; the broker's side."""
    place = ledger_in(folder)
    faults = ledger_faults(place) if whole else ()

    def local() -> Story:
        return ledger_story(place, ACCOUNT, Window(0, 2**62), faults=faults)

    before = local()
    theirs = broker(dealt(folder), LAG)
    ours = without_news(before, local(), theirs)
    return reconcile(ours, theirs, Tolerances()), theirs


@dataclass(frozen=True)
class Spell:
    """Reconciliations beside one trader: how many, the trader, its largest log, deals of the last one."""

    count: int
    writer: Writer
    log: int
    deals: int


def run(folder: Path, count: int, *, whole_every: int = 1, patience: float = 600) -> Spell:
    """So many reconciliations beside a trader, or as many as there are begun in ``patience`` seconds."""
    largest = deals = done = 0
    began = monotonic()
    folder.mkdir(exist_ok=True)
    with writing(folder, "durable") as writer:
        writer.wait(50)
        while done < count and monotonic() - began < patience:
            verdict, theirs = compared(folder, whole=done % whole_every == 0)
            assert (verdict.result, verdict.findings) == ("clean", ())
            assert theirs.fills.height >= deals
            deals, largest, done = theirs.fills.height, max(largest, writer.log), done + 1
        writer.end()
    return Spell(done, writer, largest, deals)


def test_twenty_reconciliations_beside_a_trader_find_nothing_and_stop_nothing(tmp_path: Path) -> None:
    spell = run(tmp_path, 20, whole_every=5)
    assert spell.count == 20
    assert len(spell.writer.took) > spell.deals > 50
    assert spell.log < MOST_LOG


def test_what_is_really_missing_is_found_beside_a_trader(tmp_path: Path) -> None:
    with writing(tmp_path, "quick") as writer:
        writer.wait(60)
        place = ledger_in(tmp_path)
        theirs = broker(dealt(tmp_path), LAG)
        extra = theirs.fills.head(1).with_columns(pl.lit(5_000_000, pl.Int64).alias("deal"))
        theirs = replace(theirs, fills=pl.concat([theirs.fills, extra]))

        before = ledger_story(place, ACCOUNT, Window(0, 2**62))
        ours = without_news(before, ledger_story(place, ACCOUNT, Window(0, 2**62)), theirs)
        found = reconcile(ours, theirs, Tolerances())
        writer.end()
    assert "deal:5000000" in {one.key for one in found.roots}


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(20))
def test_a_thousand_reconciliations_beside_a_trader(
    tmp_path: Path, shard: int, proof_facts: dict[str, object]
) -> None:
    """Every trader begins anew after ten; the first of a shard goes on for up to a minute.

    A ledger that grows while it is read takes longer to read the next time: at full speed it grows without
    end, and a few hours of it would be the ledger of years.
    """
    spells = [run(tmp_path / "first", 50, patience=60)]
    while left := 50 - sum(spell.count for spell in spells):
        spells.append(run(tmp_path / str(len(spells)), min(left, 10)))
    proof_facts["reconciliations"] = sum(spell.count for spell in spells)
    proof_facts["deals"] = sum(spell.deals for spell in spells)
    proof_facts["most_deals"] = max(spell.deals for spell in spells)
    proof_facts["commits"] = sum(len(spell.writer.took) for spell in spells)
    proof_facts["largest_log_bytes"] = max(spell.log for spell in spells)
    assert all(spell.log < MOST_LOG for spell in spells)


def slowest(took: list[float]) -> float:
    """The 99th percentile."""
    return sorted(took)[len(took) * 99 // 100]


@pytest.mark.proof
def test_a_traders_commits_take_as_long_as_without(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    spells: list[tuple[float, float, bool]] = []
    largest = 0
    with writing(tmp_path, "durable") as writer:
        writer.wait(200)
        for number in range(2 * ROUNDS):
            begun = monotonic()
            while monotonic() - begun < ROUND_S:
                if number % 2:
                    assert compared(tmp_path)[0].result == "clean"
                else:
                    threading.Event().wait(0.05)
                largest = max(largest, writer.log)
            spells.append((begun, monotonic(), bool(number % 2)))
        writer.end()

    alone, beside = (
        statistics.median(
            slowest([took for when, took in writer.took if begun <= when < ended])
            for begun, ended, with_others in spells
            if with_others == wanted
        )
        for wanted in (False, True)
    )
    proof_facts["p99_alone_ms"] = round(1000 * alone, 3)
    proof_facts["p99_beside_ms"] = round(1000 * beside, 3)
    proof_facts["commits"] = len(writer.took)
    proof_facts["largest_log_bytes"] = largest
    assert beside <= 1.5 * alone
    assert largest < MOST_LOG
