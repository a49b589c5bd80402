"""A disk that is full at any moment: said at once, nothing acknowledged lost, spilled events taken in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.ledger import bodies
from ictcli.ledger.address import find_place
from ictcli.ledger.copies import check_ledger
from ictcli.ledger.journal import open_journal
from tests.ledger.conftest import KEY
from tests.ledger.stories import NOW

pytestmark = pytest.mark.skipif(os.name == "nt", reason="file size limits are Unix")

ROOT = Path(__file__).parents[2]
WRITER = """
import resource, sys
from pathlib import Path
from ictcli.ledger import bodies
from ictcli.ledger.address import find_place
from ictcli.errors import LedgerUnwritable
from ictcli.ledger.journal import open_journal
from tests.ledger.stories import NOW, start, trade

def fill(journal):
    journal.append([start()], NOW)
    for number in range(10_000):
        for batch in trade(number):
            journal.append(batch, NOW)

_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
for folder, limit in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    journal = open_journal(find_place(Path(folder), {}), now=NOW)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    for attempt in (fill, fill):
        try:
            attempt(journal)
        except LedgerUnwritable as error:
            assert "cannot be written" in error.message, error.message
        else:
            raise AssertionError("written to a full disk")
    journal.spill([bodies.Stop(reason="spilled")], NOW)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    print(journal.last)
    journal.close()
"""


def fill_disks(folder: Path, limits: list[int]) -> list[int]:
    """Write until each limit on the size of files is met; events acknowledged before each."""
    words = []
    for limit in limits:
        state = folder / str(limit)
        state.mkdir()
        (state / "secret.key").write_text(KEY.hex())
        words += [str(state), str(limit)]
    script = folder / "writer.py"
    script.write_text(WRITER)
    done = subprocess.run(
        [sys.executable, str(script), *words],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    acknowledged = [int(line) for line in done.stdout.split()]
    for limit, last in zip(limits, acknowledged, strict=True):
        place = find_place(folder / str(limit), {})
        with open_journal(place, now=NOW) as journal:
            assert [entry.body for entry in journal.read(after=last)] == [bodies.Stop(reason="spilled")]
        assert check_ledger(place).faults == ()
    return acknowledged


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    first, second = fill_disks(tmp_path, [300_000, 360_123])
    assert 0 < first < second


@pytest.mark.proof
def test_a_disk_that_is_full_at_many_moments_loses_nothing(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    limits = [120_000 + 3_517 * step for step in range(100)]
    acknowledged = fill_disks(tmp_path, limits)
    assert acknowledged == sorted(acknowledged)
    proof_facts.update(limits=len(limits), events=sum(acknowledged), lost=0)
