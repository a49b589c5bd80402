"""Writers that are killed at any moment lose nothing that they acknowledged."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from ictcli.errors import Busy
from ictcli.ledger.address import Place
from ictcli.ledger.chain import first_break
from ictcli.ledger.copies import back_up, check_ledger
from ictcli.ledger.journal import open_journal
from ictcli.ledger.opening import reading
from tests.ledger.stories import NOW

SEED = int(os.environ.get("ICTCLI_PROOF_SEED", "1"))
ROOT = Path(__file__).parents[2]
WRITER = """
import os, sys
from pathlib import Path
from ictcli.ledger.address import find_place
from ictcli.ledger.journal import open_journal
from tests.ledger.stories import NOW, start, trade
journal = open_journal(find_place(Path(sys.argv[1]), {}), now=NOW)
if not journal.last:
    journal.append([start()], NOW)
acknowledged = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
number = journal.last
print("ready", flush=True)
while True:
    number += 1
    for batch in trade(number):
        os.write(acknowledged, b"%d %s\\n" % (journal.append(batch, NOW), journal.head.encode()))
"""


def begin(place: Place, folder: Path) -> "subprocess.Popen[bytes]":
    """A process that writes trades until it is killed, and notes what was acknowledged."""
    script = folder / "writer.py"
    script.write_text(WRITER)
    writer = subprocess.Popen(
        [sys.executable, str(script), str(place.anchors.parent), str(folder / "acknowledged")],
        stdout=subprocess.PIPE, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"ready\n"
    return writer


def end(writer: "subprocess.Popen[bytes]") -> None:
    """Kill it."""
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert writer.stdout is not None
    writer.stdout.close()


def storm(place: Place, folder: Path, kills: int) -> tuple[int, int]:
    """Kill a writer again and again; acknowledged events, and those that were written without a word."""
    rng = Random(SEED)
    told = folder / "acknowledged"
    silent = 0
    for _ in range(kills):
        writer = begin(place, folder)
        time.sleep(rng.uniform(0, 0.12))
        end(writer)
        lines = told.read_text().splitlines()
        with reading(place.address) as stored:
            assert first_break(place.key, stored.events()) is None
            last = stored.head()[0]
            if lines:
                seq, head = lines[-1].split()
                event = stored.event(int(seq))
                assert event is not None, f"event {seq} was acknowledged and is lost"
                assert event.hash == head
                silent += last - int(seq)
    return last, silent


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is Unix")
def test_nothing_acknowledged_is_lost_by_killing_the_writer(place: Place, tmp_path: Path) -> None:
    last, _ = storm(place, tmp_path, 3)
    assert check_ledger(place).faults == ()
    with open_journal(place, now=NOW) as journal:
        assert (journal.last, journal.epoch) == (last, 4)


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is Unix")
def test_a_ledger_is_verified_and_backed_up_while_another_process_writes(
    place: Place, tmp_path: Path
) -> None:
    writer = begin(place, tmp_path)
    try:
        reports = [check_ledger(place) for _ in range(3)]
        copy = back_up(place, tmp_path / "copy.db")
        with pytest.raises(Busy, match=f"pid {writer.pid}"):
            open_journal(place, now=NOW)
    finally:
        end(writer)
    assert [report.faults for report in (*reports, copy)] == [()] * 4
    counts = [report.events for report in (*reports, copy)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.proof
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is Unix")
def test_nothing_is_lost_in_a_storm_of_kills(
    place: Place, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    kills = 100
    last, silent = storm(place, tmp_path, kills)
    assert check_ledger(place).faults == ()
    with open_journal(place, now=NOW) as journal:
        assert journal.epoch == kills + 1
    proof_facts.update(kills=kills, events=last, lost=0, written_without_an_answer=silent)
