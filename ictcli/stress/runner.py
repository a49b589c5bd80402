"""Scenarios one after the other, and what came of each: also of one that was stopped, or that broke."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ictcli.clock import monotonic
from ictcli.errors import IctError
from ictcli.stress.scenario import Claim, Scenario, Verdict
from ictcli.stress.setting import Setting
from ictcli.telemetry import Progress

_LINES = 12
"""Lines of a traceback that are kept, the last ones."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario.

    Attributes:
        name, line: of the scenario.
        claims: what it measured.
        seed: its first.
        seconds: real time it took.
        finished: it was not stopped.
        error: what broke, empty where nothing did.
        trace: where it broke.
        traded: it trades the strategies of the set-up.
    """

    name: str
    line: str
    claims: tuple[Claim, ...]
    seed: int
    seconds: float
    finished: bool = True
    error: str = ""
    trace: tuple[str, ...] = ()
    traded: bool = False

    @property
    def verdict(self) -> Verdict:
        """Fail where it broke or a claim fails; inconclusive where one is, or where it did not finish."""
        verdicts = {claim.verdict for claim in self.claims}
        if self.error or Verdict.FAIL in verdicts:
            return Verdict.FAIL
        if not self.finished or not verdicts or Verdict.INCONCLUSIVE in verdicts:
            return Verdict.INCONCLUSIVE
        return Verdict.PASS


def run_all(
    scenarios: Sequence[Scenario],
    setting: Setting,
    seed: int,
    progress: Progress,
    over: Callable[[Outcome], None],
) -> list[Outcome]:
    """Run scenarios until one is stopped; what broke does not keep the next one from running.

    Args:
        scenarios: in this order.
        setting: of all; each gets a folder of its own in ``setting.folder``.
        seed: the first of each.
        progress: told how far each is, with its name.
        over: told when one has ended.
    """
    found = []
    for one in scenarios:
        if setting.stopping():
            break
        outcome = _run(one, setting, seed, progress)
        found.append(outcome)
        over(outcome)
    return found


def verdict_of(outcomes: Sequence[Outcome], *, finished: bool) -> Verdict:
    """Of all scenarios together.

    Args:
        outcomes: of those that ran.
        finished: all that were asked for did.
    """
    verdicts = {one.verdict for one in outcomes}
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    whole = finished and bool(verdicts) and Verdict.INCONCLUSIVE not in verdicts
    return Verdict.PASS if whole else Verdict.INCONCLUSIVE


def _run(one: Scenario, setting: Setting, seed: int, progress: Progress) -> Outcome:
    begun = monotonic()

    def told(label: str, done: int, total: int | None) -> None:
        progress(f"{one.name}: {label}", done, total)

    claims: list[Claim] = []
    error, stopped = "", False
    trace: tuple[str, ...] = ()
    try:
        claims = one.run(setting.within(one.name), seed, told)
    except KeyboardInterrupt:
        stopped = True
    except Exception as broken:
        # whatever the code under stress raises is the finding
        message = broken.message if isinstance(broken, IctError) else str(broken)
        error, trace = f"{type(broken).__name__}: {message}", tuple(_trace(broken))
    stopped = stopped or setting.stopping()
    return Outcome(
        one.name, one.line_of(setting), tuple(claims), seed, monotonic() - begun, not stopped, error, trace,
        one.traded,
    )  # fmt: skip


def _trace(broken: Exception) -> list[str]:
    """Where it broke, without the folders of this machine."""
    frames = traceback.extract_tb(broken.__traceback__)[-_LINES:]
    return [
        f"{frame.filename.rpartition('ictcli')[2] or frame.filename}:{frame.lineno} {frame.name}"
        for frame in frames
    ]
