"""Extending the log of a series: only what is new or changed is computed.

The log is cut at every 16,384th bar from the first one; a checkpoint is kept at each cut and at the end.
What lies after the last cut may be in several stretches, each at least twice as long as the next, so that
a bar now and then costs little. New bars go on from the checkpoint at the end. Where a closed bar changed,
everything after the last checkpoint before it is computed again and the change is written down as a
``data_revision``. Bars before the first one, other parameters or another version make the log anew.
"""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import now_ns
from ictcli.detectors.drive import require_sound
from ictcli.detectors.fingerprints import fingerprints, first_change
from ictcli.detectors.fold import Fold, Piece
from ictcli.detectors.plan import Plan
from ictcli.detectors.scan import CHUNK
from ictcli.detectors.tables import joined, sorted_zones
from ictcli.market.bars import Bars, SeriesKey
from ictcli.store.partlog import Checkpoint, DataRevision, LogManifest, LogWriter, Stretch
from ictcli.store.parts import read_bytes, read_table
from ictcli.telemetry import Progress, silent


@dataclass(frozen=True, slots=True)
class Work:
    """What a log is computed from.

    Attributes:
        plan: what to run.
        key: of the series.
        bars: all its closed bars.
        other: all closed bars of the second series.
        identity, inputs, other_name: as in the log's manifest.
        chunk: bars between two cuts.
    """

    plan: Plan
    key: SeriesKey
    bars: Bars
    other: Bars | None
    identity: str
    inputs: str
    other_name: str = ""
    chunk: int = CHUNK


@dataclass(slots=True)
class _Standing:
    """What of a log stands, and goes on growing.

    Attributes:
        changed: first bar that is not what it was, if any.
    """

    stretches: list[Stretch]
    checkpoints: list[Checkpoint]
    revisions: tuple[DataRevision, ...]
    changed: int | None = None

    @property
    def bar(self) -> int:
        return self.checkpoints[-1].bar if self.checkpoints else 0


def extend(
    writer: LogWriter, folder: Path, work: Work, provenance: Mapping[str, Any], progress: Progress = silent
) -> LogManifest:
    """Bring the log in ``folder`` up to date with all bars of its series, in one step.

    Raises:
        DataError: a bar is not sound; nothing is written.
    """
    require_sound(work.bars)
    prints = fingerprints(work.bars, work.other)
    standing = _standing(writer.before, folder, work, prints)
    fold = _fold(folder, work, standing)
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as beside:
        grown = _Growth(writer, folder, work, prints, standing, beside)
        tasks: deque[Future[None]] = deque()
        first = standing.bar
        for end in _cuts(first, len(work.bars), work.chunk):
            progress("detecting", first, len(work.bars))
            piece = fold.take(work.bars.slice(first, end), work.other)
            tasks.append(pool.submit(grown.write, first, end, piece, fold.save()))
            _wait(tasks, 1)
            first = end
        _wait(tasks, 0)
    open_zones = fold.open_zones()
    opened = writer.put_table("open", open_zones)
    revisions = standing.revisions
    if standing.changed is not None and writer.before is not None:
        revisions += (_revision(writer.before, work.bars, standing.changed, grown.unchanged),)
    return writer.commit(
        LogManifest(
            identity=work.identity,
            inputs=work.inputs,
            other=work.other_name,
            generation=0,
            stretches=tuple(standing.stretches),
            open=opened,
            checkpoints=tuple(standing.checkpoints),
            revisions=revisions,
        ),
        provenance,
    )


def _wait(tasks: "deque[Future[None]]", most: int) -> None:
    """Wait until at most ``most`` tasks are left; an error of one of them is raised here."""
    while len(tasks) > most:
        tasks.popleft().result()


def _cuts(first: int, size: int, chunk: int) -> list[int]:
    """Ends of the pieces from ``first`` on."""
    cuts = [*range((first // chunk + 1) * chunk, size, chunk), size]
    return cuts if size > first else []


def _standing(before: LogManifest | None, folder: Path, work: Work, prints: NDArray[np.uint64]) -> _Standing:
    """What of the log in place holds for the bars of now."""
    if before is None or before.identity != work.identity:
        return _Standing([], [], ())
    known = [np.frombuffer(read_bytes(folder, stretch.bars), np.uint64) for stretch in before.stretches]
    changed = first_change(np.concatenate(known), prints)
    if changed is None:
        return _Standing(list(before.stretches), list(before.checkpoints), before.revisions)
    kept = [saved for saved in before.checkpoints if saved.bar <= changed and saved.bar % work.chunk == 0]
    bar = kept[-1].bar if kept else 0
    stretches = [stretch for stretch in before.stretches if stretch.end <= bar]
    return _Standing(stretches, kept, before.revisions, changed)


def _revision(before: LogManifest, bars: Bars, changed: int, unchanged: int) -> DataRevision:
    return DataRevision(
        at=now_ns(),
        first=changed,
        first_ts=int(bars.ts[min(changed, len(bars) - 1)]),
        before=before.bars,
        after=len(bars),
        rows=unchanged,
        withdrawn=before.rows - unchanged,
        generation=before.generation + 1,
    )


def _fold(folder: Path, work: Work, standing: _Standing) -> Fold:
    if not standing.checkpoints:
        return Fold(work.plan, work.key, work.bars.digits)
    saved = read_bytes(folder, standing.checkpoints[-1].file)
    return Fold.load(work.plan, work.key, work.bars.digits, saved)


class _Growth:
    """Writes stretch after stretch behind what stands; runs beside the computation.

    The two tables of a stretch are written in two threads: the computation takes less than either.

    Attributes:
        unchanged: records of the log before the first bar that changed.
    """

    def __init__(
        self,
        writer: LogWriter,
        folder: Path,
        work: Work,
        prints: NDArray[np.uint64],
        standing: _Standing,
        beside: ThreadPoolExecutor,
    ) -> None:
        self.unchanged = sum(stretch.events.rows for stretch in standing.stretches)
        self._writer = writer
        self._folder = folder
        self._chunk = work.chunk
        self._prints = prints
        self._standing = standing
        self._beside = beside

    def write(self, first: int, end: int, piece: Piece, saved: bytes) -> None:
        """Write what bars ``first`` to ``end`` brought, joined with the short stretches before them."""
        if self._standing.changed is not None:
            self.unchanged += int((piece.at < self._standing.changed).sum())
        absorbed = self._absorb(first, end)
        first = absorbed[0].first if absorbed else first
        events = [*(read_table(self._folder, stretch.events) for stretch in absorbed), piece.events]
        span = f"{first:09d}-{end:09d}"
        put = self._writer.put_table
        logged = self._beside.submit(put, f"events-{span}", joined(events))
        ended = [*(read_table(self._folder, stretch.ended) for stretch in absorbed), piece.ended]
        over = put(f"ended-{span}", sorted_zones(ended) if absorbed else ended[0])
        stretch = Stretch(
            first=first,
            end=end,
            events=logged.result(),
            ended=over,
            bars=self._writer.put_bytes(f"bars-{span}", self._prints[first:end].tobytes(), end - first),
        )
        self._standing.stretches.append(stretch)
        file = self._writer.put_bytes(f"checkpoint-{end:09d}", saved, 1)
        cuts = [saved for saved in self._standing.checkpoints if saved.bar % self._chunk == 0]
        self._standing.checkpoints[:] = [*cuts, Checkpoint(bar=end, file=file)]

    def _absorb(self, first: int, end: int) -> list[Stretch]:
        """Take away the stretches that are joined with bars ``first`` to ``end``, oldest first."""
        stretches = self._standing.stretches
        cut = first - first % self._chunk
        absorbed: list[Stretch] = []
        while stretches and stretches[-1].first >= cut:
            short = stretches[-1].end - stretches[-1].first <= end - first
            if not short and end % self._chunk:
                break
            absorbed.insert(0, stretches.pop())
            first = absorbed[0].first
        return absorbed
