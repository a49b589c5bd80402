"""A simulated terminal and a trader as two processes, and what both leave behind."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ictcli.clock import now_ns
from ictcli.errors import ExitCode
from ictcli.ledger.address import find_place
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.trading.simulation.retold import Retold
from ictcli.trading.simulation.surface import LOGIN

ROOT = Path(__file__).parents[3]
TOKEN = "0123456789abcdef0123456789abcdef"
FAR = 86_400, 2_000_000_000


def environment(**extra: str) -> dict[str, str]:
    return {**os.environ, "ICTCLI_BRIDGE_TOKEN": TOKEN, "PYTHONPATH": str(ROOT), **extra}


def requested(folder: Path) -> list[dict[str, Any]]:
    """Lines of the terminal's own record of requests."""
    lines = (folder / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@dataclass
class Arena:
    """One workspace, one terminal, and trader after trader."""

    folder: Path
    port: int
    terminal: subprocess.Popen[str]
    lives: int = 0
    recoveries: list[float] = field(default_factory=list)

    def trader(self, seconds: float, *words: str, crash: str = "", **extra: str) -> subprocess.Popen[str]:
        """Start a trader."""
        self.lives += 1
        (self.folder / "report.json").unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "tests.trading.crash.trader_process", str(self.folder), str(self.port),
            str(seconds), str(self.lives), *words,
        ]  # fmt: skip
        return subprocess.Popen(
            command, cwd=ROOT, env=environment(ICTCLI_CRASH=crash, **extra), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def finish(self, process: subprocess.Popen[str], limit: float = 60) -> tuple[int, str]:
        """Wait for a trader's end; its code and what it said."""
        _, said = process.communicate(timeout=limit)
        report = self.folder / "report.json"
        if report.is_file():
            self.recoveries.append(json.loads(report.read_text())["recovered"])
        return process.returncode, said

    def live(self, seconds: float, *words: str, crash: str = "") -> tuple[int, str]:
        """Run a trader to its end; again while the terminal has not noticed the end of the last one."""
        for _ in range(5):
            code, said = self.finish(self.trader(seconds, *words, crash=crash), seconds + 60)
            if code != ExitCode.UNREACHABLE:
                break
        return code, said

    def settle(self, seconds: float = 0.7) -> None:
        """Let a trader recover and look, without new wishes."""
        code, said = self.live(seconds, "quiet")
        assert code == 0, said

    def ledger(self) -> Retold:
        """The ledger, told by other code than the trader's."""
        retold = Retold()
        with reading(find_place(self.folder, {}).address) as stored:
            for event in stored.events(0):
                entry = entry_of(event)
                retold.hear(entry.body, entry.ts)
        return retold

    def differences(self) -> list[str]:
        """Where the terminal's records and the ledger do not agree once a trader has looked.

        What a terminal deals while nobody looks, as it does with requests that arrive late, no ledger can
        know: then a trader looks again.
        """
        for _ in range(6):
            before = self._dealt()
            self.settle()
            found = self._told_apart()
            if self._dealt() == before:
                return found
        raise AssertionError("the terminal deals without end")

    def _dealt(self) -> int:
        terminal = self._terminal()
        try:
            return int(terminal.history_deals_total(*FAR))
        finally:
            terminal.shutdown()

    def _terminal(self) -> Any:
        terminal = bridge_terminal("127.0.0.1", self.port, TOKEN, 5.0)
        assert terminal.initialize(), terminal.last_error()
        return terminal

    def _told_apart(self) -> list[str]:
        retold = self.ledger()
        found = list(retold.complaints)
        executed: Counter[int] = Counter()
        asked: dict[int, int] = {}
        for line in requested(self.folder):
            if "arrived" in line and line["request"]["action"] in {1, 5}:
                magic = line["request"]["magic"]
                asked[line["arrived"]] = magic
                story = retold.stories.get(retold.by_magic.get(magic, ""))
                if story is None or not story.sends:
                    found.append(f"order {magic} arrived and the ledger knows of no sending")
            elif line.get("executed") and line["answered"] in asked:
                executed[asked[line["answered"]]] += line["executed"]
        found += [f"doubled: order {magic} executed {n} times" for magic, n in executed.items() if n > 1]
        return found + self._against_terminal(retold)

    def _against_terminal(self, retold: Retold) -> list[str]:
        terminal = self._terminal()
        try:
            deals = terminal.history_deals_get(*FAR)
            positions = terminal.positions_get()
            balance = Decimal(repr(terminal.account_info().balance))
        finally:
            terminal.shutdown()
        trades = {deal.ticket: deal for deal in deals if deal.type < 2}
        found = [f"lost: deal {ticket}" for ticket in trades.keys() - retold.fills.keys()]
        found += [f"invented: deal {ticket}" for ticket in retold.fills.keys() - trades.keys()]
        theirs = {one.identifier: Decimal(repr(one.volume)) for one in positions}
        if retold.open_volumes() != theirs:
            found.append(f"positions {retold.open_volumes()}, at the terminal {theirs}")
        if retold.money() != balance:
            found.append(f"money {retold.money()}, at the terminal {balance}")
        return found


@contextlib.contextmanager
def arena(folder: Path, *words: str) -> Iterator[Arena]:
    """A terminal that serves, and a workspace beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret.key").write_text("5a" * 32)
    (folder / "ledger").mkdir(exist_ok=True)
    command = [
        sys.executable, "-m", "ictcli.brokers.simulated.serve", "--port", "0", "--login", str(LOGIN),
        "--record", str(folder / "requests.jsonl"), "--seed", str(now_ns() % 1000), "--execution",
        "immediate", *words,
    ]  # fmt: skip
    terminal = subprocess.Popen(
        command, cwd=ROOT, env=environment(), text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert terminal.stderr is not None
    said = terminal.stderr.readline()
    match = re.search(r"port (\d+)", said)
    assert match, said
    try:
        yield Arena(folder, int(match[1]), terminal)
    finally:
        terminal.send_signal(signal.SIGCONT)
        terminal.terminate()
        terminal.communicate(timeout=20)


def wait_for(path: Path, limit: float = 20.0) -> None:
    """Wait until a file is there."""
    for _ in range(int(limit / 0.02)):
        if path.is_file():
            return
        time.sleep(0.02)
    raise AssertionError(f"{path.name} did not appear")
