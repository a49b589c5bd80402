"""The runbooks: their drills, run line by line as they stand, and the words that they quote."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ictcli.__main__ import run
from tests.contract.pages import DOCS, ROOT, blocks, put_programs, read, said, section

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="drills are of a POSIX shell")
BOOKS = (
    *("broker-down", "unknown-order", "mismatch", "ledger-corrupt", "clock", "disk"),
    *("trader-gone", "alerts-undelivered", "key-leak"),
)
PARTS = ("Symptoms", "First minute", "Diagnosis", "Resolution", "Drill")
SHELL = re.compile(r"[|&;<>$()`*]")
PORT = re.compile(r"\b1879\d\b")


@dataclass(frozen=True)
class Line:
    """One line of a drill and the exit code that the page promises."""

    command: str
    code: int


def drill(text: str) -> list[Line]:
    """The lines of the only shell block."""
    (block,) = blocks(text, "sh")
    found = [re.fullmatch(r"(.*?)(?:\s+# exit (\d+))?", line) for line in block.splitlines()]
    return [Line(one[1], int(one[2] or 0)) for one in found if one]


class Operator:
    """Types the lines of a drill; calls of ictcli stay in this process where no shell is needed."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.told: list[tuple[str, str]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        monkeypatch.setenv("PATH", f"{put_programs(folder)}:{os.environ['PATH']}")
        for name in ("ICTCLI_WORKSPACE", "ICTCLI_LEDGER_URL"):
            monkeypatch.delenv(name, raising=False)

    def type(self, line: Line) -> None:
        """Run a line and hold its exit code against the page's; ports of the page may be taken here."""
        line = replace(line, command=PORT.sub(self.port, line.command))
        words = shlex.split(line.command)
        if words[0] == "export":
            self.monkeypatch.setenv(*words[1].split("=", 1))
        elif words[0] == "cd":
            self.monkeypatch.chdir(words[1])
        elif words[0] == "ictcli" and not SHELL.search(line.command):
            code = run(words[1:])
            shown = self.capsys.readouterr()
            self._hold(line, code, shown.out + shown.err)
        else:
            self._shell(line)

    def _shell(self, line: Line) -> None:
        """What goes on in the background gets a file: it would hold a pipe open."""
        with Path("shell.log").open("w+", encoding="utf-8") as log:
            out = log if "& " in line.command else subprocess.PIPE
            done = subprocess.run(
                ["/bin/sh", "-c", line.command], stdout=out, stderr=subprocess.STDOUT, text=True,
                check=False, timeout=60,
            )  # fmt: skip
        self._hold(line, done.returncode, done.stdout or "")

    def _hold(self, line: Line, code: int, shown: str) -> None:
        assert code % 256 == (line.code if line.code != 137 else code % 256), f"{line.command}\n{shown}"
        assert line.code != 137 or code in {137, -signal.SIGKILL}, line.command
        self.told.append((line.command, shown))

    def said(self, beginning: str, at: int = 0) -> str:
        """What a command printed; the one at a place among those that begin alike."""
        return [shown for command, shown in self.told if command.startswith(beginning)][at]


@pytest.fixture
def operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Operator]:
    """Somebody at a terminal; a broker that a drill began is ended with it."""
    monkeypatch.chdir(tmp_path)
    yield Operator(tmp_path, monkeypatch, capsys)
    for file in tmp_path.rglob("broker.pid"):
        subprocess.run(["kill", file.read_text().strip()], check=False, capture_output=True)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the drills begin in, made as their first page tells."""
    folder = tmp_path_factory.mktemp("drills")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("ICTCLI_WORKSPACE", raising=False)
        for line in drill(read("runbooks/README.md")):
            words = shlex.split(line.command)
            if words[0] == "cd":
                patched.chdir(words[1])
            else:
                assert run(words[1:]) == line.code, line.command
    return folder / "drill"


@pytest.fixture
def desk(prepared: Path, operator: Operator, tmp_path: Path) -> Path:
    """A copy of it, in which the operator stands."""
    folder = tmp_path / "drill"
    shutil.copytree(prepared, folder)
    operator.monkeypatch.chdir(folder)
    return folder


def follow(name: str, operator: Operator) -> None:
    for line in drill(section(read(f"runbooks/{name}.md"), "Drill")):
        operator.type(line)


def test_a_broker_that_is_not_there_comes_and_goes(desk: Path, operator: Operator) -> None:
    follow("broker-down", operator)
    assert "cannot connect to the terminal" in operator.said("ictcli halt")
    assert "HALTED" in operator.said("ictcli status")
    assert "not a single difference" in operator.said("ictcli reconcile", 1)


def test_an_order_whose_answer_never_came_is_found_and_executed_once(desk: Path, operator: Operator) -> None:
    follow("unknown-order", operator)
    assert "orders whose outcome is not known: 1" in operator.said("ictcli status")
    assert "sent" in operator.said("ictcli query")
    assert "not known" not in operator.said("ictcli status", 1)
    assert "not a single difference" in operator.said("ictcli reconcile")


def test_an_older_ledger_is_noticed_and_the_newer_one_heals_it(desk: Path, operator: Operator) -> None:
    follow("mismatch", operator)
    assert "foreign" in operator.said("ictcli query")
    assert "reconciliation" in operator.said("ictcli doctor")
    assert "not a single difference" in operator.said("ictcli reconcile", 1)


def test_a_damaged_ledger_is_refused_and_restored(desk: Path, operator: Operator) -> None:
    follow("ledger-corrupt", operator)
    assert "the ledger is not what was written" in operator.said("ictcli ledger verify")
    assert "every event is what was written" in operator.said("ictcli ledger verify", 1)


def test_a_clock_that_contradicts_its_rule_is_refused(desk: Path, operator: Operator) -> None:
    follow("clock", operator)
    assert re.search(r"quotes are [67] hours ahead of our clock by ny\+7", operator.said("ictcli fetch"))


def test_a_full_disk_ends_the_trader_and_does_not_keep_halt_from_stopping(
    desk: Path, operator: Operator
) -> None:
    follow("disk", operator)
    assert "the ledger cannot be written" in operator.said("sh -c 'ulimit -f 280")
    assert re.search(r"error: .*cannot write ", operator.said("sh -c 'ulimit -f 0; exec ictcli trade"))
    assert "cannot be read" in operator.said("ictcli resume")
    assert "not a single difference" in operator.said("ictcli reconcile")


def test_after_a_leak_everything_is_made_anew(desk: Path, operator: Operator) -> None:
    follow("key-leak", operator)
    assert "others can read" in operator.said("ictcli doctor")
    assert "HALTED" in operator.said("ictcli status"), "the stop did not go away with the old folder"
    assert "the emergency stop is on: key leaked" in operator.said("ictcli trade")
    assert "every event is what was written" in operator.said("ictcli ledger verify")


def test_a_trader_that_was_killed_is_found_from_outside_and_the_desk_is_halted(
    desk: Path, operator: Operator
) -> None:
    follow("trader-gone", operator)
    assert "accounts without a living trader: 1" in operator.said("ictcli alerts watch")
    assert "no heartbeat of the trader of account 1" in operator.said("ictcli status")
    assert "trader_gone" in operator.said("ictcli alerts list")
    assert "not a single difference" in operator.said("ictcli reconcile")


def test_what_could_not_be_delivered_is_delivered_once_a_channel_takes_it(
    desk: Path, operator: Operator
) -> None:
    follow("alerts-undelivered", operator)
    assert "no channel is configured" in operator.said("ictcli alerts send")
    assert "no secret in ICTCLI_ALERTS_HOOK" in operator.said("ictcli alerts send", 1)
    assert "not delivered: hook: " in operator.said("ictcli alerts send", 2)
    assert "hook: tried 1 times, connection refused" in operator.said("ictcli alerts list")
    assert "hook: told" in operator.said("ictcli alerts list", 1)


@pytest.mark.parametrize("name", BOOKS)
def test_a_runbook_has_every_part_and_is_listed(name: str) -> None:
    page = read(f"runbooks/{name}.md")
    assert all(section(page, part).strip() for part in PARTS)
    assert f"]({name}.md)" in read("runbooks/README.md")
    assert {path.stem for path in (DOCS / "runbooks").glob("*.md")} == {*BOOKS, "README"}


@pytest.mark.parametrize("name", [*BOOKS, "README"])
def test_messages_that_a_runbook_quotes_are_those_of_the_program(name: str) -> None:
    page = read(f"runbooks/{name}.md")
    part = page if name == "README" else section(page, "Symptoms")
    quoted = [text for text in re.findall(r"`([^`\n]+)`", part) if " " in text and "ictcli" not in text]
    assert quoted
    words = said()
    of_others = {
        "no space left on device",
        "no space left on device: …",
        "cp -a drill drill.keep",
        "# exit N",
    }
    missing = [
        text
        for text in quoted
        if text not in of_others
        and not text.startswith(("cp ", "state/"))
        and not all(one.strip(" :,") in words for one in text.lower().split("…") if one.strip(" :,"))
    ]
    assert missing == []


@pytest.mark.proof
@pytest.mark.parametrize("name", BOOKS)
def test_a_drill_succeeds_in_one_real_shell(
    name: str, prepared: Path, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    """Every line by the program itself, none in this process."""
    folder = tmp_path / "drill"
    shutil.copytree(prepared, folder)
    lines = drill(section(read(f"runbooks/{name}.md"), "Drill"))
    script = "".join(f'{one.command}\necho "line {at} $?" >&9\n' for at, one in enumerate(lines))
    programs = put_programs(tmp_path)
    codes = tmp_path / "codes"
    subprocess.run(
        ["/bin/sh", "-c", f"exec 9> {shlex.quote(str(codes))}\n{script}"],
        cwd=folder,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    assert codes.read_text().split("\n")[:-1] == [f"line {at} {one.code}" for at, one in enumerate(lines)]
    proof_facts["lines"] = len(lines)


def test_the_checkout_says_where_its_runbooks_are() -> None:
    assert "docs/runbooks" in (ROOT / "README.md").read_text(encoding="utf-8")
