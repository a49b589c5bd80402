"""Scenarios that no clock times closely, in a process of their own beside those that one does.

``python -m ictcli.stress.beside FOLDER`` is that process. The folder holds ``task.json``; each outcome is a
line of ``outcomes.jsonl`` as soon as it is known. It ends in good order when a file ``stop`` is there, and
with the process that started it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import sleep

import msgspec

from ictcli.clock import monotonic
from ictcli.config.records import Config
from ictcli.market.symbols import load_symbols
from ictcli.stress.parent import Leash, follow_parent
from ictcli.stress.program import clean_environment
from ictcli.stress.registry import scenario
from ictcli.stress.runner import Outcome, run_all
from ictcli.stress.scenario import Scenario
from ictcli.stress.setting import Profile, Setting
from ictcli.telemetry import Progress, silent

PROGRAM = (sys.executable, "-m", "ictcli.stress.beside")
TASK, STOP, FOUND, SAID = "task.json", "stop", "outcomes.jsonl", "said.txt"
_TURN = 0.2
"""Seconds from one look at the other process to the next."""
_PATIENCE = 60.0
"""Seconds that it may take to end once it is told to."""


class Task(msgspec.Struct, frozen=True):
    """What the other process runs: a ``Setting`` without strategies, and scenarios by name."""

    names: tuple[str, ...]
    seed: int
    config: Config
    profile: Profile
    seeds: int


def side_by_side(scenarios: Sequence[Scenario], setting: Setting) -> tuple[str, ...]:
    """Names of the scenarios that a run of these starts in the other process; empty for none.

    Only the quick profile does: what it times stays far from every threshold, and it has little time.
    """
    beside = tuple(one.name for one in scenarios if one.beside)
    alone = len(beside) == len(scenarios)
    if setting.profile != "quick" or setting.duration is not None or alone or (os.cpu_count() or 1) < 2:
        return ()
    return beside


def run_lanes(
    scenarios: Sequence[Scenario],
    setting: Setting,
    seed: int,
    progress: Progress,
    over: Callable[[Outcome], None],
    program: Sequence[str] = PROGRAM,
) -> list[Outcome]:
    """As ``run_all``, two scenarios at a time where that is worth it.

    Args:
        scenarios: in the order of the outcomes that are handed back.
        setting: see ``run_all``.
        seed: see ``run_all``.
        progress: see ``run_all``; of the other process only what is still to come.
        over: told when one has ended, in the order in which they do.
        program: started as the other process, with its folder behind it.
    """
    beside = side_by_side(scenarios, setting)
    if not beside:
        return run_all(scenarios, setting, seed, progress, over)
    other = [one for one in scenarios if one.name in beside]
    found: list[Outcome] = []

    def ended(one: Outcome) -> None:
        found.append(one)
        over(one)

    with _started(other, setting, seed, program) as companion:

        def own_over(one: Outcome) -> None:
            ended(one)
            for other_one in companion.news():
                ended(other_one)

        own = [one for one in scenarios if one.name not in beside]
        run_all(own, replace(setting, stopping=companion.stopping), seed, progress, own_over)
        for one in companion.rest(progress):
            ended(one)
    order = [one.name for one in scenarios]
    return sorted(found, key=lambda one: order.index(one.name))


@dataclass
class _Companion:
    """The other process, seen from this one."""

    folder: Path
    scenarios: Sequence[Scenario]
    setting: Setting
    seed: int
    process: "subprocess.Popen[bytes]"
    begun: float = field(default_factory=monotonic)
    told: list[str] = field(default_factory=list)

    def stopping(self) -> bool:
        """Somebody wants all of it to end; the other process is told so."""
        if not self.setting.stopping():
            return False
        (self.folder / STOP).touch()
        return True

    def news(self) -> list[Outcome]:
        """Outcomes since the last time."""
        file = self.folder / FOUND
        lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
        found = [msgspec.json.decode(line, type=Outcome) for line in lines[len(self.told) :]]
        self.told += [one.name for one in found]
        return found

    def rest(self, progress: Progress) -> Iterator[Outcome]:
        """What is still to come, as it comes; of what the process has left out, that it has."""
        stopped = 0.0
        while self.process.poll() is None:
            yield from self.news()
            progress(f"beside: {', '.join(self._missing())}", len(self.told), len(self.scenarios))
            if self.stopping():
                stopped = stopped or monotonic()
                if monotonic() - stopped > _PATIENCE:
                    self.process.kill()
            sleep(_TURN)
        yield from self.news()
        if self.setting.stopping():
            return
        for one in self.scenarios:
            if one.name in self._missing():
                yield self._broken(one)

    def _missing(self) -> list[str]:
        return [one.name for one in self.scenarios if one.name not in self.told]

    def _broken(self, one: Scenario) -> Outcome:
        said = (self.folder / SAID).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        error = f"its process ended: exit {self.process.returncode} {said[-1] if said else ''}".strip()
        return Outcome(
            one.name, one.line_of(self.setting), (), self.seed, monotonic() - self.begun, error=error,
            traded=one.traded,
        )  # fmt: skip


@contextmanager
def _started(
    scenarios: Sequence[Scenario], setting: Setting, seed: int, program: Sequence[str]
) -> Iterator[_Companion]:
    folder = setting.within("beside").folder
    names = tuple(one.name for one in scenarios)
    task = Task(names, seed, setting.config, setting.profile, setting.seeds)
    (folder / TASK).write_bytes(msgspec.json.encode(task))
    leash = Leash()
    with (folder / SAID).open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - this Python and a folder of ours
            [*program, str(folder)],
            env=clean_environment(), stdin=leash.end, stdout=said, stderr=said, cwd=folder,
        )  # fmt: skip
    try:
        yield _Companion(folder, scenarios, setting, seed, process)
    finally:
        leash.let_go()
        process.wait()


def main(folder: Path) -> None:
    """Run what the folder says, until done, told to stop or without a parent."""
    follow_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both; the other one says when to end
    task = msgspec.json.decode((folder / TASK).read_bytes(), type=Task)
    setting = Setting(
        task.config, load_symbols(None), (), (), folder, task.profile, (), task.seeds,
        stopping=(folder / STOP).exists,
    )  # fmt: skip
    with (folder / FOUND).open("ab") as found:

        def over(one: Outcome) -> None:
            found.write(msgspec.json.encode(one) + b"\n")
            found.flush()

        run_all([scenario(name) for name in task.names], setting, task.seed, silent, over)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
