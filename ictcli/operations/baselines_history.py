"""Baselines of a workspace: learned from its metric history, held against its last quarter hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec
import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, iso
from ictcli.errors import DataError
from ictcli.operations.baselines import WINDOW, Baseline, Floats, Int64, learn, windows_needed
from ictcli.store.atomic import write_file
from ictcli.trading.metrics import FOLDER

FILE = "baselines.json"
MEASURED: Mapping[str, bool] = {
    "quote_age_seconds": True, "ledger_commit_seconds": True, "order_ack_seconds": True,
    "fill_to_book_seconds": True, "slippage_points": True, "turn_gap_seconds": True, "wal_bytes": True,
    "resident_bytes": True, "unknown_orders": True, "clock_offset_seconds": False,
}  # fmt: skip
"""Measurements with a level of their own, and whether only more than usual is unusual."""
_RELEARN = NS_PER_DAY
_LOOK_BACK = 2 * NS_PER_HOUR
_SETTLED = NS_PER_DAY
"""What is judged is never what was learned from: the last day is left out of the history."""
_SHARE = 0.5
"""Part of its samples that a window needs: a trader that began in the middle of it tells little."""
_SAMPLES = 90

_SELDOM = frozenset({"ledger_commit_seconds", "order_ack_seconds", "fill_to_book_seconds", "slippage_points"})
"""Measured when something happens, not at every sample."""
_WINDOWS = """
    SELECT account, metric, label, epoch_ns(ts) // $window AS number, median(value) AS value
    FROM read_parquet($files, hive_partitioning = false)
    WHERE metric IN $metrics AND epoch_ns(ts) >= $since AND number < $until // $window
    GROUP BY ALL HAVING count(*) >= $least OR metric IN $seldom
    ORDER BY account, metric, label, number
"""

Name = tuple[int, str, str]
"""Account, metric, label."""


class _Learned(msgspec.Struct, frozen=True):
    """What is kept: when and by which settings it was learned, baselines, windows of those too short."""

    at: int
    learn_from: int
    false_alarm: float
    known: list[tuple[Name, Baseline]]
    short: list[tuple[Name, int]]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A measurement's last quarter hour beside what is usual.

    Attributes:
        account, metric, label: of whom, what, and of which symbol.
        start: of the quarter hour, ns UTC.
        value: its median.
        usual: the centre at that hour.
        distance, limit: from there, in spreads; beyond the limit it is ``unusual``.
        windows: of history behind it.
    """

    account: int
    metric: str
    label: str
    start: int
    value: float
    usual: float
    distance: float
    limit: float
    unusual: bool
    windows: int


@dataclass(frozen=True, slots=True)
class Judged:
    """All measurements that could be judged; ``short``: those with too little history, and their windows."""

    deviations: list[Deviation]
    short: list[tuple[Name, int]]
    needed: int

    @property
    def unusual(self) -> list[Deviation]:
        """What is not as usual, worst first."""
        found = [one for one in self.deviations if one.unusual]
        return sorted(found, key=lambda one: one.limit - one.distance)


def judge(data: Path, state: Path, *, now: int, learn_from: int, false_alarm: float) -> Judged:
    """The last quarter hours beside what is usual.

    Args:
        data: folder of the workspace.
        state: folder of the workspace.
        now: ns UTC.
        learn_from: how far back, ns.
        false_alarm: share of usual quarter hours that may be called unusual.

    Raises:
        DataError: a file of the history is damaged.
    """
    if not (data / FOLDER).is_dir():
        return Judged([], [], windows_needed(false_alarm))
    learned = _learned(data, state, now=now, learn_from=learn_from, false_alarm=false_alarm)
    known = dict(learned.known)
    found = []
    for name, (starts, medians) in windows(data, now - _LOOK_BACK, now).items():
        baseline = known.get(name)
        if baseline is not None:
            found.append(_deviation(name, baseline, int(starts[-1]), float(medians[-1])))
    return Judged(found, learned.short, windows_needed(false_alarm))


def _deviation(name: Name, baseline: Baseline, start: int, value: float) -> Deviation:
    return Deviation(
        *name,
        start=start,
        value=value,
        usual=baseline.expected(start),
        distance=baseline.distance(start, value),
        limit=baseline.limit,
        unusual=baseline.is_unusual(start, value),
        windows=baseline.windows,
    )


def _learned(data: Path, state: Path, *, now: int, learn_from: int, false_alarm: float) -> _Learned:
    """What was learned today, or is learned now."""
    path = state / FILE
    kept = _read(path)
    if (
        kept
        and (kept.learn_from, kept.false_alarm) == (learn_from, false_alarm)
        and 0 <= now - kept.at < _RELEARN
    ):
        return kept
    known, short = [], []
    for name, (starts, medians) in windows(data, now - learn_from, now - _SETTLED).items():
        found = learn(starts, medians, false_alarm=false_alarm, upward=MEASURED[name[1]])
        if found is None:
            short.append((name, len(medians)))
        else:
            known.append((name, found))
    learned = _Learned(now, learn_from, false_alarm, known, short)
    try:
        write_file(path, msgspec.json.encode(learned))
    except DataError:
        return learned  # it is learned again next time
    return learned


def _read(path: Path) -> _Learned | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Learned)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def windows(data: Path, since: int, until: int) -> dict[Name, tuple[Int64, Floats]]:
    """Medians of all whole quarter hours of a span, by measurement: starts (ns UTC, rising) and values.

    Raises:
        DataError: a file of the history is damaged.
    """
    days = (data / FOLDER).glob("account=*/date=*")
    first, last = iso(max(0, since))[:10], iso(until)[:10]
    files = [
        str(path) for day in days if first <= day.name[5:] <= last for path in sorted(day.glob("*.parquet"))
    ]
    if not files:
        return {}
    given = {
        "files": files, "metrics": list(MEASURED), "seldom": list(_SELDOM), "since": since, "until": until,
        "window": WINDOW, "least": _SAMPLES * _SHARE,
    }  # fmt: skip
    try:
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            rows = connection.execute(_WINDOWS, given).fetchnumpy()
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(
            f"the metric history cannot be read: {reason}", hint="Delete the file it names."
        ) from error
    return _grouped(rows)


def _grouped(rows: Mapping[str, np.ndarray]) -> dict[Name, tuple[Int64, Floats]]:
    found: dict[Name, list[int]] = {}
    names = zip(rows["account"].tolist(), rows["metric"].tolist(), rows["label"].tolist(), strict=True)
    for at, name in enumerate(names):
        found.setdefault(name, []).append(at)
    return {
        name: (rows["number"][own].astype(np.int64) * WINDOW, rows["value"][own].astype(np.float64))
        for name, own in found.items()
    }
