"""Compiling many detectors at once: in several processes, once per machine and version.

Compilation holds a lock inside one process, so threads would not help. A process compiles what it is given
into the shared cache; the caller then finds everything there.
"""

import os
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import numpy as np

from ictcli.detectors.base.events import EVENT, MOST_PER_BAR
from ictcli.detectors.drive import NOTHING, describe, first_context
from ictcli.detectors.fold import Fold
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.kernels import is_cached
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.telemetry import Progress, silent

LABEL = "compiling detectors, once on this machine"
"""Of the progress of compiling."""

_WORTH = 6
"""Detectors from which on starting processes pays."""
_MINUTE = 60 * 10**9
_M1 = TIMEFRAMES["M1"]


def cold(plan: Plan) -> list[str]:
    """The registered detectors of a plan that were not compiled yet."""
    names = dict.fromkeys(node.detector.name for node in plan.nodes)
    return [name for name in names if name in DETECTORS and not is_cached(DETECTORS[name].run)]


def warm(plan: Plan, progress: Progress = silent) -> int:
    """Compile what a plan needs, when that is much; how many detectors that was.

    Args:
        plan: to be run afterwards.
        progress: told before the first detector and after every one.
    """
    missing = cold(plan)
    jobs = min(os.cpu_count() or 1, 8)
    if jobs == 1 or len(missing) < _WORTH:
        return 0
    progress(LABEL, 0, len(missing))
    with ProcessPoolExecutor(jobs, get_context("spawn"), _ignore_interrupts) as pool:
        try:
            tables = pool.submit(compile_tables)
            tasks = [pool.submit(compile_one, name) for name in missing]
            for done, task in enumerate(as_completed(tasks)):
                task.result()
                progress(LABEL, done + 1, len(missing))
            tables.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return len(missing)


def compile_tables() -> None:
    """Compile what makes tables of records by giving it none."""
    settings = Settings(_MINUTE)
    name = next(iter(DETECTORS))
    fold = Fold(make_plan([DETECTORS[name]], DETECTORS, settings), SeriesKey(name, name, _M1), 0)
    fold.take(_no_bars())
    fold.open_zones()


def _no_bars() -> Bars:
    none = np.zeros(0, np.int64)
    return make_bars(0, none, none, (none,) * 4)


def compile_one(name: str) -> None:
    """Compile one detector by giving it no bars."""
    described = describe(first_context(Settings(_MINUTE)), _no_bars())
    detector = DETECTORS[name]
    state = np.zeros(1, detector.state)
    events = np.empty(MOST_PER_BAR, EVENT)
    detector.run(state, events, described, 0, *(NOTHING for _ in detector.feeds))


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
