"""Names that stand for something else than a file, and modes of what is made, as commands meet them."""

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.clock import now_ns
from ictcli.ledger.address import paper_place
from ictcli.ledger.journal import open_journal
from ictcli.trading.control import control_folder
from ictcli.trading.latch import LATCH_FILE, RESERVE_FILE, Latch
from ictcli.workspace import create
from tests.ledger.stories import start
from tests.operations.desks import keep_terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="FIFOs, links and modes are POSIX")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, which is the current directory, and no configuration of the user."""
    create(tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    return tmp_path / "desk"


@pytest.mark.parametrize("name", ["ictcli.toml", "symbols.toml", "gates.toml"])
@pytest.mark.parametrize("kind", ["link to nowhere", "folder", "fifo", "link to a fifo"])
def test_a_configuration_that_is_no_file_is_refused(
    desk: Path, capsys: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    path = desk / "config" / name
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        os.mkfifo(desk / "fifo")
        path.symlink_to(desk / ("nowhere" if kind == "link to nowhere" else "fifo"))
    assert run(["config", "check"]) == 4
    assert name in capsys.readouterr().err


def test_a_stop_file_that_is_a_fifo_is_a_stop_and_holds_nobody_up(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    control = control_folder(desk / "state")
    control.mkdir()
    os.mkfifo(control / LATCH_FILE)
    assert run(["status", "--json"]) == 0
    assert "cannot be read" in capsys.readouterr().out
    row = emergency_stop(capsys)
    assert (row["state"], "not a regular file" in row["detail"]) == ("fail", True)
    assert run(["halt", "--reason", "again"]) == 0
    assert run(["resume", "--reason", "found by anna"]) == 0
    assert not (control / LATCH_FILE).exists()


def test_a_reserve_that_is_a_link_lets_halt_write_nowhere_else(desk: Path) -> None:
    control = control_folder(desk / "state")
    control.mkdir()
    (desk.parent / "victim").write_text("mine")
    (control / RESERVE_FILE).symlink_to("../../../victim")
    assert run(["halt", "--reason", "news"]) == 0
    assert Latch(control).reason() == "news"
    assert (desk.parent / "victim").read_text() == "mine"


def emergency_stop(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    run(["doctor", "--json"])
    (row,) = (
        one for one in json.loads(capsys.readouterr().out)["checks"] if one["check"] == "emergency stop"
    )
    return dict(row)


def test_doctor_tells_of_the_emergency_stop(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert emergency_stop(capsys)["state"] == "ok"
    run(["halt", "--reason", "broker misquotes gold"])
    row = emergency_stop(capsys)
    assert (row["state"], row["fix"].endswith("ictcli resume --reason TEXT")) == ("warn", True)
    assert row["detail"].endswith("broker misquotes gold")
    run(["resume", "--reason", "it does no more"])
    assert emergency_stop(capsys)["state"] == "ok"
    (control_folder(desk / "state") / RESERVE_FILE).unlink()
    assert "no room is reserved" in emergency_stop(capsys)["detail"]


@pytest.mark.parametrize("words", [["status", "--metrics"], ["ledger", "export", "--out"]])
def test_a_fifo_that_is_named_is_written_into(
    desk: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with open_journal(paper_place(desk / "state"), now=now_ns()) as journal:
        journal.append([start()], now_ns())
    keep_terminal(desk / "state" / "paper" / "terminal.bin")
    os.mkfifo(desk / "fifo")
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.append((desk / "fifo").read_bytes()), daemon=True)
    reader.start()
    assert run([*words, "fifo"]) == 0, capsys.readouterr().err
    reader.join(5)
    assert said
    assert said[0]
    assert stat.S_ISFIFO((desk / "fifo").lstat().st_mode)


def test_what_holds_a_ledger_is_its_owners_alone_and_metrics_are_for_who_collects_them(desk: Path) -> None:
    before = os.umask(0o022)
    try:
        with open_journal(paper_place(desk / "state"), now=now_ns()) as journal:
            journal.append([start()], now_ns())
        keep_terminal(desk / "state" / "paper" / "terminal.bin")
        assert run(["ledger", "export", "--out", "audit.jsonl"]) == 0
        assert run(["report", "paper", "--format", "html", "--out", "page.html"]) == 0
        assert run(["query", "SELECT 1 AS one", "--out", "one.csv"]) == 0
        assert run(["status", "-q", "--metrics", "status.prom"]) == 0
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((desk / name).stat().st_mode) for name in ("audit.jsonl", "page.html")}
    assert modes == {"audit.jsonl": 0o600, "page.html": 0o600}
    assert stat.S_IMODE((desk / "one.csv").stat().st_mode) == 0o600
    assert stat.S_IMODE((desk / "status.prom").stat().st_mode) == 0o644


def test_a_start_says_who_can_read_the_key(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["trade", "EURUSD", "--strategy", "fvg_retest", "--once"]
    (desk / "state" / "secret.key").chmod(0o644)
    assert run(words) == 5, "there are no bars"
    assert f"others can read {desk}/state/secret.key: chmod 600" in capsys.readouterr().err
    (desk / "state" / "secret.key").chmod(0o600)
    assert run(words) == 5
    assert "others can read" not in capsys.readouterr().err
    assert run(["alerts", "watch"]) == 3, "a trader that cannot start did not end in good order"
    assert "its trader ended by itself with exit code 5" in capsys.readouterr().out


def test_nobody_else_can_write_what_init_and_halt_make_under_any_umask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = os.umask(0)
    try:
        assert run(["init", str(tmp_path / "open")]) == 0
        assert run(["-w", str(tmp_path / "open"), "halt", "--reason", "x"]) == 0
    finally:
        os.umask(before)
    made = [tmp_path / "open", *(tmp_path / "open").rglob("*")]
    assert [path.name for path in made if path.stat().st_mode & 0o022] == []
    for name in ("config", "state", "state/control"):
        assert stat.S_IMODE((tmp_path / "open" / name).stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["state/control", "config", "config/ictcli.toml", "strategies"])
def test_doctor_fails_where_others_could_lift_a_stop_or_change_a_setting(
    desk: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run(["halt", "--reason", "x"])
    (desk / "strategies").mkdir(mode=0o755)
    for folder in ("state", "config"):
        (desk / folder).chmod(0o755)
    (desk / name).chmod((desk / name).stat().st_mode | 0o022)
    capsys.readouterr()
    assert run(["doctor", "--json"]) == 3
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)["checks"]}
    assert rows["permissions"]["state"] == "fail"
    assert rows["permissions"]["fix"].endswith(name)
