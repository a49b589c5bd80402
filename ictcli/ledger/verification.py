"""Is the ledger what was written: chain, anchors, projections and the file itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.errors import EventRefused
from ictcli.ledger.anchors import Anchors
from ictcli.ledger.chain import GENESIS, Event, first_break
from ictcli.ledger.faults import LedgerCorrupt
from ictcli.ledger.projections import Fold
from ictcli.ledger.rows import ROWS, MemoryRows, Row, key_of
from ictcli.ledger.stored import Stored, entry_of


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written.

    Attributes:
        what: ``file``, ``chain``, ``anchor`` or ``projection``.
        seq: the event where it begins, 0 where none can be named.
        detail: in words.
    """

    what: str
    seq: int
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification saw.

    Attributes:
        events: how many there are.
        head: hash of the last one.
        anchors: heads outside of the database that it was held against.
        rows: projection = number of rows.
        faults: what is wrong; empty for a good ledger.
        lacking: events that no anchor vouches for, though one should: anchors were lost.
        foreign: not one anchor was written with the workspace's key.
    """

    events: int
    head: str
    anchors: int
    rows: dict[str, int]
    faults: tuple[Fault, ...]
    lacking: int = 0
    foreign: bool = False

    def require_good(self) -> None:
        """Refuse a ledger with faults.

        Raises:
            LedgerCorrupt: naming the first.
        """
        if self.faults:
            first = self.faults[0]
            place = f" at event {first.seq}" if first.seq else ""
            hint = "Keep the files, and restore a backup: `ictcli ledger restore`."
            if self.foreign:
                hint = "Was state/secret.key replaced? Put back the copy that you keep elsewhere."
            raise LedgerCorrupt(
                f"the ledger is not what was written: {first.what}{place}: {first.detail}", hint=hint
            )


def verify(stored: Stored, key: bytes, anchors: Anchors) -> Report:
    """Read everything: the engine's own check, every link and anchor, and projections against a rebuild."""
    faults = [Fault("file", 0, detail) for detail in stored.database.check()]
    faults += [Fault("anchor", 0, detail) for detail in anchors.faults]
    if faults and faults[0].what == "file":
        return Report(0, "", len(anchors.holding), {}, tuple(faults))
    walk = _Walk(stored, key, {anchor.seq for anchor in anchors.holding})
    if not (anchors.foreign and walk.seq == 0):  # of another key as well: that was told
        faults += walk.faults
    faults += _missed_anchors(anchors, walk.seq, walk.heads, whole=not walk.faults)
    counts = {kind.table: 0 for kind in ROWS}
    if not walk.faults:
        for kind in ROWS:
            try:
                kept = stored.rows.every(kind)
            except LedgerCorrupt as error:
                faults.append(Fault("projection", 0, error.message))
                continue
            counts[kind.table] = len(kept)
            faults += _differences(kind, kept, list(walk.rows.all(kind)))
    lacking = 0 if faults else anchors.lacking(walk.seq)
    return Report(walk.seq, walk.head, len(anchors.holding), counts, tuple(faults), lacking, anchors.foreign)


def verify_tail(stored: Stored, key: bytes, anchors: Anchors) -> Report:
    """Every anchor, and the chain behind the last of them."""
    last, head = stored.head()
    faults = [Fault("anchor", 0, detail) for detail in anchors.faults]
    anchored = [stored.event(anchor.seq) for anchor in anchors.holding]
    heads = {event.seq: event.hash for event in anchored if event is not None}
    faults += _missed_anchors(anchors, last, heads, whole=True)
    if not faults:
        at = anchors.holding[-1] if anchors.holding else None
        since, known = (at.seq, at.hash) if at else (0, GENESIS)
        broken = first_break(key, stored.events(since), since, known)
        if broken is not None:
            faults.append(Fault("chain", *broken))
    lacking = 0 if faults else anchors.lacking(last)
    return Report(last, head, len(anchors.holding), {}, tuple(faults), lacking, anchors.foreign)


def sealed_events(stored: Stored, key: bytes, anchors: Anchors) -> list[Event]:
    """Every event, each held against its seal, the one before it and the anchors.

    Raises:
        LedgerCorrupt: naming the first that is not as it was written.
    """
    events = list(stored.events())
    faults = [Fault("anchor", 0, detail) for detail in anchors.faults]
    broken = first_break(key, events)
    if broken is not None:
        faults.insert(0, Fault("chain", *broken))
    heads = {event.seq: event.hash for event in events}
    faults += _missed_anchors(anchors, len(events), heads, whole=broken is None)
    head = events[-1].hash if events else GENESIS
    Report(len(events), head, len(anchors.holding), {}, tuple(faults)).require_good()
    return events


class _Walk:
    """One pass over all events: the chain up to its first break, and what follows from the events."""

    def __init__(self, stored: Stored, key: bytes, anchored: set[int]) -> None:
        self.seq, self.head = 0, GENESIS
        self.heads: dict[int, str] = {}
        self.rows = MemoryRows()
        self.faults: list[Fault] = []
        fold = Fold(self.rows)
        for event in stored.events():
            fault = self._fault(event, key, fold)
            if fault is not None:
                self.faults.append(fault)
                return
            self.seq, self.head = event.seq, event.hash
            if event.seq in anchored:
                self.heads[event.seq] = event.hash

    def _fault(self, event: Event, key: bytes, fold: Fold) -> Fault | None:
        broken = first_break(key, (event,), self.seq, self.head)
        if broken is not None:
            return Fault("chain", *broken)
        try:
            fold.apply(entry_of(event))
        except (LedgerCorrupt, EventRefused) as error:
            return Fault("chain", event.seq, error.message)
        return None


def _missed_anchors(anchors: Anchors, last: int, heads: dict[int, str], *, whole: bool) -> list[Fault]:
    """Anchors that the chain does not pass; ``whole``: its end is known, not only its first break."""
    for anchor in anchors.holding:
        if anchor.seq > last:
            cut = f"the ledger ends at event {last}, but event {anchor.seq} was anchored"
            return [Fault("anchor", last + 1, cut)] if whole else []
        if anchor.seq and heads.get(anchor.seq) != anchor.hash:
            return [Fault("anchor", anchor.seq, "its hash is not the anchored one")]
    return []


def _differences(kind: type[Row], kept: Sequence[Row], rebuilt: Sequence[Row]) -> list[Fault]:
    """The first row of a projection that is not what the events say."""
    ours = {(row.account, key_of(row)): row for row in kept}
    right = {(row.account, key_of(row)): row for row in rebuilt}
    for place in [*right, *ours]:
        if ours.get(place) != right.get(place):
            row = right.get(place) or ours[place]
            name = f"{kind.table} row {place[1]}"
            if place not in ours:
                return [Fault("projection", row.seq, f"{name} is missing")]
            word = "is not what the events say" if place in right else "follows from no event"
            return [Fault("projection", row.seq, f"{name} {word}")]
    return []
