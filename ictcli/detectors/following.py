"""Following a series: every new record of its log, once, soon after its bar is stored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ictcli.clock import from_datetime, iso
from ictcli.config.records import DetectConfig
from ictcli.detectors.cursor import Cursor, Position
from ictcli.detectors.journal import Subject, refresh
from ictcli.detectors.reading import KeptLog, View
from ictcli.errors import Busy
from ictcli.store.partlog import DataRevision, LogManifest
from ictcli.store.store import Store

_LINES = 200
"""Lines that go out together."""

Encode = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What to follow.

    Attributes:
        subject: the series.
        config: parameters of the detectors.
        names: detectors to tell of, all when empty.
        start: a follower that never ran before begins with what became known from then on, nanoseconds
            UTC; None: with what becomes known from now on.
        provenance: written beside the log.
    """

    subject: Subject
    config: DetectConfig
    names: tuple[str, ...]
    start: int | None
    provenance: Mapping[str, Any]


class Follower:
    """Tells of one series.

    Args:
        store: where the series is.
        wish: what to tell of.
        cursor: keeps the position.
        encode: makes a line of a record.
    """

    def __init__(self, store: Store, wish: Wish, cursor: Cursor, encode: Encode) -> None:
        self._store = store
        self._wish = wish
        self._cursor = cursor
        self._encode = encode
        self._folder = store.part_log("detections", wish.subject.key).folder
        self._seen: tuple[int, ...] = ()

    def poll(self) -> int:
        """Bring the log up to date if its series changed, and tell what is new; how many records that was.

        Raises:
            DataError: the series is gone, damaged or unsound.
        """
        seen = self._generations()
        if seen == self._seen:
            return 0
        try:
            manifest, _ = refresh(
                self._store,
                self._wish.subject,
                self._wish.config,
                self._wish.provenance,
                thorough=not self._seen,
            )
        except Busy:
            return 0  # whoever extends the log now is done by the next look
        told = self._tell(manifest)
        self._seen = seen
        return told

    def _generations(self) -> tuple[int, ...]:
        series = [self._wish.subject.stored, self._wish.subject.other]
        manifests = [self._store.manifest(key) for key in series if key is not None]
        return tuple(manifest.generation if manifest else 0 for manifest in manifests)

    def _tell(self, manifest: LogManifest) -> int:
        log = KeptLog(self._folder, manifest)
        position = self._cursor.load()
        if position is None:
            position = self._cursor.say("", self._at(log, self._wish.start))
        else:
            position = self._cursor.finish(position)
        if position.identity != manifest.identity:
            position = self._cursor.say("", self._at(log, position.told + 1))
        position = self._correct(position, manifest)
        told = 0
        for lines, row, moment in self._batches(log, position.row):
            changed = {"row": row, "told": moment, "generation": manifest.generation}
            position = self._cursor.say("".join(lines), msgspec.structs.replace(position, **changed))
            told += len(lines)
        return told

    def _at(self, log: KeptLog, start: int | None) -> Position:
        """Where what became known from ``start`` on begins; None: the end of the log."""
        row = told = 0
        early = View(end=start)
        for table in log.events(View()):
            known = early.of_events(table)
            row += known.num_rows
            told = int(known["at"][-1].value) if known.num_rows else told
            if known.num_rows < table.num_rows:
                break
        return Position(
            row=row, told=told, generation=log.manifest.generation, identity=log.manifest.identity
        )

    def _correct(self, position: Position, manifest: LogManifest) -> Position:
        """Say which records no longer hold, and go back to where the log changed."""
        for revision in manifest.revisions:
            if position.generation < revision.generation:
                changed = {"generation": revision.generation, "row": min(position.row, revision.rows)}
                line = self._encode(self._revised(revision)) + "\n" if revision.rows < position.row else ""
                position = self._cursor.say(line, msgspec.structs.replace(position, **changed))
        return position

    def _revised(self, revision: DataRevision) -> dict[str, Any]:
        key = self._wish.subject.key
        return {
            "seq": revision.rows,
            "source": key.source,
            "symbol": key.symbol,
            "timeframe": str(key.timeframe),
            "record": "data_revision",
            "at": iso(revision.at),
            "first": iso(revision.first_ts),
            "withdrawn": revision.withdrawn,
        }

    def _batches(self, log: KeptLog, first_row: int) -> Iterator[tuple[list[str], int, int]]:
        """Lines from a row of the log on, few at a time, with the row after them and when it became known."""
        lines: list[str] = []
        row, moment = first_row, 0
        for table in log.events(View(), first_row):
            for record in table.to_pylist():
                if not self._wish.names or record["kind"] in self._wish.names:
                    lines.append(self._encode({"seq": row, **record}) + "\n")
                row += 1
                moment = from_datetime(record["at"])
                if len(lines) == _LINES:
                    yield lines, row, moment
                    lines = []
        if row > first_row:
            yield lines, row, moment
