"""What somebody who may write the control folder lays there: links, FIFOs, second names."""

import os
import stat
from pathlib import Path

import pytest

from ictcli.errors import DataError
from ictcli.ledger.chain import read_key
from ictcli.trading.acknowledgement import Acknowledgement, acknowledge, acknowledgement
from ictcli.trading.latch import LATCH_FILE, RESERVE_FILE, Latch
from ictcli.trading.lock import Trader, only_trader, traders
from ictcli.trading.pulse import Pulse, pulse_file
from ictcli.trading.spool import waiting

pytestmark = pytest.mark.skipif(os.name == "nt", reason="FIFOs, links and modes are POSIX")

NOW = 1_700_000_000_000_000_000


@pytest.fixture
def control(tmp_path: Path) -> Path:
    (tmp_path / "state" / "control").mkdir(parents=True)
    (tmp_path / "victim").write_bytes(b"mine")
    return tmp_path / "state" / "control"


@pytest.mark.parametrize("second_name", [True, False])
def test_a_reserve_that_leads_elsewhere_is_not_written_to(control: Path, *, second_name: bool) -> None:
    victim = control.parents[1] / "victim"
    if second_name:
        (control / RESERVE_FILE).hardlink_to(victim)
    else:
        (control / RESERVE_FILE).symlink_to(victim)
    latch = Latch(control)
    latch.engage("news", "anna", NOW)
    assert latch.reason() == "news"
    assert victim.read_bytes() == b"mine"
    latch.release("over", "anna", NOW + 1)
    latch.reserve()
    latch.engage("again", "anna", NOW + 2)
    assert (latch.reason(), victim.read_bytes()) == ("again", b"mine")


def test_a_fifo_as_reserve_keeps_nobody_waiting(control: Path) -> None:
    os.mkfifo(control / RESERVE_FILE)
    latch = Latch(control)
    assert latch.released() is None
    latch.engage("news", "anna", NOW)
    assert latch.reason() == "news"
    latch.release("over", "anna", NOW + 1)
    latch.reserve()
    assert (control / RESERVE_FILE).is_file()


@pytest.mark.parametrize("kind", ["fifo", "link to nowhere", "link to a lifted stop"])
def test_a_stop_file_that_is_none_stops_and_is_lifted_by_removing_it(control: Path, kind: str) -> None:
    latch = Latch(control)
    if kind == "fifo":
        os.mkfifo(control / LATCH_FILE)
    else:
        (control / LATCH_FILE).symlink_to("nowhere" if kind == "link to nowhere" else "../../victim")
    assert "cannot be read: not a regular file" in (latch.reason() or "")
    assert latch.engage("news", "anna", NOW).epoch == 0, "it holds already"
    assert latch.release("found by anna", "anna", NOW) is not None
    assert latch.reason() is None
    assert (control.parents[1] / "victim").read_bytes() == b"mine"
    latch.engage("news", "anna", NOW + 1)
    assert latch.reason() == "news"


def test_locks_notes_and_heartbeats_follow_no_link_and_wait_for_nobody(control: Path) -> None:
    victim, trader = control.parents[1] / "victim", Trader(7, "", "paper", 1, NOW)
    os.mkfifo(control / "trade.8.json")
    os.mkfifo(control / "ACK.7")
    assert traders(control) == []
    assert acknowledgement(control, 7, 1) is None
    (control / "trade.7.lock").symlink_to(victim)
    with pytest.raises(DataError, match="cannot open lock"), only_trader(control, trader):
        pass
    (control / "trade.7.lock").unlink()
    os.mkfifo(control / "trade.7.lock")
    with pytest.raises(DataError, match="Not a regular file"), only_trader(control, trader):
        pass
    pulse_file(control, 7).symlink_to(control.parents[1] / "elsewhere")
    Pulse(pulse_file(control, 7)).beat(NOW)
    assert not (control.parents[1] / "elsewhere").exists()
    assert victim.read_bytes() == b"mine"


def test_a_fifo_as_key_or_in_the_spool_is_refused_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.json")
    found, refused = waiting(tmp_path, bytes(32))
    assert (found, [one.path.name for one in refused]) == ([], ["1.json"])
    with pytest.raises(DataError, match="not a regular file"):
        read_key(tmp_path / "1.json")


def test_everything_of_the_control_folder_is_its_owners_alone_under_any_umask(tmp_path: Path) -> None:
    control = tmp_path / "state" / "control"
    before = os.umask(0)
    try:
        latch = Latch(control)
        latch.reserve()
        latch.engage("news", "anna", NOW)
        latch.release("over", "anna", NOW)
        acknowledge(control, Acknowledgement(1, 7, NOW, "heard"))
        Pulse(pulse_file(control, 7)).beat(NOW)
        with only_trader(control, Trader(7, "", "paper", 1, NOW)):
            pass
        Latch(tmp_path / "other" / "control").engage("news", "anna", NOW)
    finally:
        os.umask(before)
    made = [control.parent, control, tmp_path / "other" / "control", *control.iterdir()]
    wrong = [path.name for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert (wrong, len(made)) == ([], 8)
