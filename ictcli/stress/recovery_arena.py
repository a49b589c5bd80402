"""A served terminal that lives, and trader after trader beside it that does not."""

import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec

from ictcli.brokers.simulated.served import ServedOptions, served_terminal
from ictcli.clock import NS_PER_SECOND, now_ns, parse_instant
from ictcli.config.records import Config
from ictcli.errors import ExitCode
from ictcli.ledger.address import Place, find_place
from ictcli.ledger.bodies import ModeSet, Start
from ictcli.ledger.log import Entry
from ictcli.reconcile.terminal_pull import Historian
from ictcli.stress.parent import Leash
from ictcli.stress.program import clean_environment
from ictcli.stress.recovery_trader import STOP, TASK, TOKEN, Task
from ictcli.stress.simulated_session import LOGIN, RULE, FastTime, make_workspace, traffic_config
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.trading.crashpoints import POINTS, VARIABLE

PROGRAM = (sys.executable, "-m", "ictcli.stress.recovery_trader")
_START, _HISTORY = "2026-01-14T06:00Z", "1d"
_SYMBOLS = ("EURUSD", "BTCUSD", "GBPUSD")
_LONGEST = 120.0
"""Seconds of this machine in which a trader must be ready, or reach its end."""
_TRIES = 5
"""Starts while the terminal has not noticed the end of the last trader."""
_LAST = ("after_record", "after_intent", "after_sent", "before_send")
"""An end there may leave an order of unknown outcome: the next order of its symbol may be long in coming."""


@dataclass(frozen=True, slots=True)
class Life:
    """One process, from its start to its end, instants of this machine in ns UTC."""

    begun: int
    ended: int


@dataclass
class Arena:
    """One workspace, one terminal, and trader after trader.

    Attributes:
        folder: of its own.
        config: under test.
        seed: of market, traffic and moments.
        speed: seconds of the market in a second: a minute bar every few seconds.
        ahead: market that there is, as a duration.
        program: what is started as a trader, with the folder behind it.
        lives: processes so far; one that only found its seat taken is part of the next.
        wrong: lives that ended in another way than they were to.
    """

    folder: Path
    config: Config
    seed: int
    speed: float
    ahead: str
    program: Sequence[str] = PROGRAM
    lives: list[Life] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_workspace(self.folder)
        self.record = self.folder / "requests.jsonl"
        self.start, anchor = parse_instant(_START, now=0), now_ns()
        self.clock = FastTime(anchor, self.start, self.speed)
        market = ServedOptions(
            symbols=_SYMBOLS, seed=self.seed, history=_HISTORY, ahead=self.ahead, execution="immediate",
            login=LOGIN, clock=RULE, record=str(self.record),
        )  # fmt: skip
        self.terminal = served_terminal(market, self.clock.now)
        self._token = secrets.token_hex(32)
        self._bridge = BridgeServer(self.terminal, "127.0.0.1", 0, self._token)
        self._serving = threading.Thread(target=self._bridge.serve, daemon=True)
        self._serving.start()
        self._leash = Leash()
        own = traffic_config(self.config, market, lambda config: config)
        task = Task(self._bridge.port, anchor, self.start, self.speed, _SYMBOLS, self.seed, own)
        (self.folder / TASK).write_bytes(msgspec.json.encode(task))

    @property
    def place(self) -> Place:
        """The ledger."""
        return find_place(self.folder / "state", {})

    @property
    def historian(self) -> Historian:
        """The terminal, as reconcile reads it; once nobody is served any more."""
        return cast("Historian", cast("Any", self.terminal))

    def kill_at(self, crash: str) -> None:
        """Let a trader run into a crash point, ``name:n``."""
        code, said = self._live(crash, None)
        if code != -signal.SIGKILL:
            self.wrong.append(f"{crash}: exit {code} {said}".strip())

    def kill_after(self, seconds: float) -> None:
        """Kill a trader so many seconds after it was ready."""
        code, said = self._live("", seconds)
        if code != -signal.SIGKILL:
            self.wrong.append(f"ended before it was killed: exit {code} {said}".strip())

    def settle(self, seconds: float) -> None:
        """Let a trader go on until everything unknown is resolved, and end it in good order."""
        begun = now_ns()
        process = self._started("")
        if self._ready(process):
            time.sleep(seconds)
        (self.folder / STOP).touch()
        code, said = self._ended(process, begun)
        (self.folder / STOP).unlink()
        if code != ExitCode.OK:
            self.wrong.append(f"the last life: exit {code} {said}".strip())

    def close(self) -> None:
        """Serve nobody any more, and leave no trader behind."""
        self._leash.let_go()
        self._bridge.stop()
        self._serving.join(10.0)

    def recoveries(self, entries: Sequence[Entry]) -> list[float]:
        """Seconds from the start of a process until its account was compared and might be traded, or not.

        Until its first event by the clock of this machine; from there on by the market's, which is faster:
        what a trader waits for on purpose counts as if the market had its usual pace.
        """
        found, begun = [], 0
        for entry in entries:
            if isinstance(entry.body, Start):
                begun = entry.ts
            elif isinstance(entry.body, ModeSet) and begun:
                first = self.clock.real(begun)
                launched = [life.begun for life in self.lives if life.begun <= first <= life.ended]
                found += [(first - one + entry.ts - begun) / NS_PER_SECOND for one in launched[:1]]
                begun = 0
        return found

    def _live(self, crash: str, seconds: float | None) -> tuple[int, str]:
        """One life; again while its seat is taken."""
        begun, code, said = now_ns(), 0, ""
        for _ in range(_TRIES):
            process = self._started(crash)
            if seconds is not None and self._ready(process):
                time.sleep(seconds)
            if seconds is not None:
                process.kill()
            code, said = self._ended(process, begun)
            if code != ExitCode.UNREACHABLE:
                break
        return code, said

    def _started(self, crash: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - this Python and a folder of ours
            [*self.program, str(self.folder)],
            env={**clean_environment(), TOKEN: self._token, VARIABLE: crash},
            text=True, stdin=self._leash.end, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip

    def _ready(self, process: "subprocess.Popen[str]") -> bool:
        """Wait until a trader says that it may trade; False when it ended or took too long."""
        if process.stdout is None:
            return False
        heard, _, _ = select.select([process.stdout], [], [], _LONGEST)
        return bool(heard) and process.stdout.readline() == "ready\n"

    def _ended(self, process: "subprocess.Popen[str]", begun: int) -> tuple[int, str]:
        try:
            _, said = process.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
            said = "it came to no end"
        self.lives.append(Life(begun, now_ns()))
        lines = said.strip().splitlines()
        return process.returncode, lines[-1] if lines else ""


def ways_to_end(random: Random, count: int) -> list[str | float]:
    """How traders are killed: crash points in turn, ``name:n``, and moments after they were ready, s."""
    order = [point for point in POINTS if point not in _LAST] + list(_LAST)
    found: list[str | float] = []
    for n in range(count):
        point = order[n // 2 % len(order)]
        found.append(random.uniform(0.0, 3.0) if n % 2 else f"{point}:{random.randint(1, 3)}")
    return found
