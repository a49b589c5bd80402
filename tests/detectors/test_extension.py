"""The kept log: however it grew, it says what a scan of all bars says."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.extension import Work, extend
from ictcli.detectors.plan import Plan, Settings
from ictcli.detectors.reading import KeptLog, View
from ictcli.detectors.scan import plan_for, scan
from ictcli.errors import DataError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.partlog import LogManifest, PartLog

KEY = SeriesKey("desk", "EURUSD", TIMEFRAMES["M1"])
CHUNK = 128
NAMES = ("fvg", "structure", "swing", "displacement")
Build = Callable[..., Bars]


def walk(build: Build, count: int, seed: int = 5) -> Bars:
    rng = np.random.default_rng(seed)
    closes = 5000 + np.cumsum(rng.integers(-9, 10, count))
    opens = np.append(5000, closes[:-1])
    highs, lows = np.maximum(opens, closes) + 2, np.minimum(opens, closes) - 2
    return build(np.column_stack([opens, highs, lows, closes]))


def plan(*names: str) -> Plan:
    return plan_for(names or NAMES, Settings(NS_PER_MINUTE))


def new_log(folder: Path) -> PartLog:
    return PartLog(folder / "log", folder / "lock", "the log", 0, lambda: None)


def grow(log: PartLog, bars: Bars, chosen: Plan | None = None, identity: str = "plan") -> LogManifest:
    with log.writer() as writer:
        work = Work(chosen or plan(), KEY, bars, None, identity, f"{len(bars)}", chunk=CHUNK)
        return extend(writer, log.folder, work, {"argv": ["test"]})


def told(log: PartLog) -> tuple[pa.Table, pa.Table]:
    manifest = log.manifest()
    assert manifest is not None
    found = KeptLog(log.folder, manifest).detections(View())
    return found.events, found.zones


def expect(log: PartLog, bars: Bars, chosen: Plan | None = None) -> None:
    """The log says, row by row, what one scan of all bars says."""
    found = scan(bars, KEY, chosen or plan())
    events, zones = told(log)
    assert found.events.num_rows > 0
    assert events.to_pylist() == found.events.to_pylist()
    assert zones.to_pylist() == found.zones.to_pylist()


def test_a_log_made_at_once_is_the_scan(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 700)
    log = new_log(tmp_path)
    manifest = grow(log, bars)
    assert [(one.first, one.end) for one in manifest.stretches] == [
        *((0, 128), (128, 256), (256, 384), (384, 512)),
        *((512, 640), (640, 700)),
    ]
    expect(log, bars)


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(3))
def test_a_log_grown_at_random_cuts_is_the_log_made_at_once(tmp_path: Path, build: Build, seed: int) -> None:
    bars = walk(build, 500, seed)
    rng = np.random.default_rng(seed)
    cuts = [*sorted(rng.choice(np.arange(1, 500), 6, replace=False).tolist()), 500]
    log = new_log(tmp_path)
    for cut in cuts:
        manifest = grow(log, bars.slice(0, cut))
        assert manifest.bars == cut
        expect(log, bars.slice(0, cut))
    assert manifest.revisions == ()
    assert manifest.generation == len(cuts)


def test_every_detector_goes_on_from_its_checkpoint(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 400)
    every = plan_for([], Settings(NS_PER_MINUTE))
    log = new_log(tmp_path)
    for cut in (150, 151, 290, 400):
        grow(log, bars.slice(0, cut), every)
    expect(log, bars, every)


@pytest.mark.no_cover
def test_growing_bar_by_bar_keeps_few_files(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 160)
    log = new_log(tmp_path)
    for cut in range(100, 161):
        manifest = grow(log, bars.slice(0, cut))
        tail = [stretch for stretch in manifest.stretches if stretch.first >= cut - cut % CHUNK]
        assert len(tail) <= 8
    expect(log, bars)
    listed = {record.file for record in manifest.files}
    listed |= {one.file for one in manifest.retired}
    assert {path.name for path in log.folder.iterdir()} == {"manifest.json", *listed}


def test_only_what_is_new_is_computed(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 400)
    log = new_log(tmp_path)
    before = grow(log, bars.slice(0, 390))
    after = grow(log, bars)
    assert after.stretches[:3] == before.stretches[:3]
    assert after.checkpoints[:3] == before.checkpoints[:3]
    assert [saved.bar for saved in after.checkpoints] == [128, 256, 384, 400]


@pytest.mark.parametrize(
    ("changed", "column"),
    [(0, "low"), (1, "high"), (127, "close"), (128, "high"), (129, "spread"), (399, "ts_close")],
)
def test_a_changed_bar_rebuilds_from_the_checkpoint_before_it(
    tmp_path: Path, build: Build, changed: int, column: str
) -> None:
    bars = walk(build, 400)
    log = new_log(tmp_path)
    before = grow(log, bars)
    values = getattr(bars, column).copy()
    values[changed] += {"low": -7, "close": 1, "ts_close": -1000}.get(column, 7)
    revised = replace(bars, **{column: values})
    after = grow(log, revised)
    expect(log, revised)
    (revision,) = after.revisions
    assert (revision.first, revision.first_ts) == (changed, int(bars.ts[changed]))
    assert (revision.before, revision.after) == (400, 400)
    kept = changed // CHUNK
    assert after.stretches[:kept] == before.stretches[:kept]
    old, new = scan(bars, KEY, plan()).events, scan(revised, KEY, plan()).events
    assert old.slice(0, revision.rows) == new.slice(0, revision.rows)
    assert revision.rows == scan(bars.slice(0, changed), KEY, plan()).events.num_rows
    assert revision.withdrawn == old.num_rows - revision.rows


def test_a_late_bar_in_the_middle_is_a_change_from_there_on(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 400)
    gone = np.arange(400) != 200
    columns = {name: getattr(bars, name)[gone] for name in bars.__slots__ if name != "digits"}
    log = new_log(tmp_path)
    grow(log, replace(bars, **columns))
    (revision,) = grow(log, bars).revisions
    assert (revision.first, revision.before, revision.after) == (200, 399, 400)
    expect(log, bars)


def test_bars_that_went_away_shorten_the_log(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 400)
    log = new_log(tmp_path)
    grow(log, bars)
    (revision,) = grow(log, bars.slice(0, 256)).revisions
    assert (revision.first, revision.before, revision.after) == (256, 400, 256)
    expect(log, bars.slice(0, 256))


def test_bars_before_the_first_one_make_the_log_anew(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 400)
    log = new_log(tmp_path)
    grow(log, bars.slice(50, 400))
    (revision,) = grow(log, bars).revisions
    assert (revision.first, revision.rows) == (0, 0)
    expect(log, bars)


def test_another_plan_makes_the_log_anew_without_a_revision(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 300)
    log = new_log(tmp_path)
    grow(log, bars)
    other = plan("fvg")
    assert grow(log, bars, other, "other").revisions == ()
    expect(log, bars, other)


def test_the_second_symbol_counts_as_part_of_a_bar(tmp_path: Path, build: Build) -> None:
    from ictcli.detectors.fingerprints import fingerprints, first_change

    bars, other = walk(build, 50), walk(build, 50, 6)
    before = fingerprints(bars, other)
    later = replace(other, low=np.where(np.arange(50) == 31, other.low - 1, other.low))
    assert first_change(before, fingerprints(bars, later)) == 31
    assert first_change(before, fingerprints(bars, other.slice(0, 40))) == 40
    assert first_change(before, fingerprints(bars)) == 0
    assert first_change(before, before) is None
    assert first_change(before[:20], before) is None
    assert first_change(before, before[:20]) == 20


def test_unsound_bars_are_refused_and_nothing_is_written(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 300)
    log = new_log(tmp_path)
    before = grow(log, bars.slice(0, 200))
    files = sorted(path.name for path in log.folder.iterdir())
    bad = replace(bars, low=np.where(np.arange(300) == 250, bars.high + 1, bars.low))
    with pytest.raises(DataError, match="row 250"):
        grow(log, bad)
    assert log.manifest() == before
    assert sorted(path.name for path in log.folder.iterdir()) == files


def test_pieces_are_read_in_bounded_batches_in_order(tmp_path: Path, build: Build) -> None:
    log = new_log(tmp_path)
    bars = walk(build, 700)
    manifest = grow(log, bars)
    kept = KeptLog(log.folder, manifest)
    everything = kept.detections(View())
    for first in (0, 1, 77, everything.events.num_rows - 1, everything.events.num_rows):
        rest = [row for table in kept.events(View(), first) for row in table.to_pylist()]
        assert rest == everything.events.slice(first).to_pylist()
    view = View(("fvg",), int(bars.ts[100]), int(bars.ts[600]))
    zones = [row for table in kept.zones(view) for row in table.to_pylist()]
    assert zones == view.of_zones(everything.zones).to_pylist()
    assert kept.latest_zones(view, 10)[0].to_pylist() == zones[-10:]
    assert kept.latest_zones(view, 10)[1] == len(zones)
    assert kept.latest_events(View(), 10)[0].to_pylist() == everything.events.to_pylist()[-10:]
    assert kept.latest_events(View(), 10)[1] == everything.events.num_rows
    assert sum(row["count"] for row in kept.counts(view)) == len(zones)


@pytest.mark.no_cover
@pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL")
def test_killed_at_any_rename_the_log_is_the_old_or_the_new_one(tmp_path: Path, build: Build) -> None:
    bars = walk(build, 400)
    log = new_log(tmp_path)
    old = grow(log, bars.slice(0, 250))
    killed = 0
    for number in range(1, 40):
        killed += _grow_and_die(log, bars, number)
        present = log.manifest()
        assert present is not None
        assert log.whole(present)
        assert present == old or present.bars == 400
    assert killed >= 10
    grow(log, bars)
    expect(log, bars)
    assert not list(log.folder.glob(".tmp-*"))


def _grow_and_die(log: PartLog, bars: Bars, wanted: int) -> bool:
    """Grow the log in a process of its own that is killed at its ``wanted``-th rename; True if it was."""
    child = os.fork()
    if child == 0:
        seen = 0
        rename = Path.replace

        def counted(self: Path, target: Any) -> Any:
            nonlocal seen
            for act in (lambda: rename(self, target), lambda: None):
                seen += 1
                if seen == wanted:
                    os.kill(os.getpid(), signal.SIGKILL)
                act()

        try:
            Path.replace = counted  # type: ignore[method-assign]
            grow(log, bars)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
