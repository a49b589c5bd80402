"""Watching a live session's own results: what takes a strategy back to paper ends the session."""

from collections.abc import Mapping, Sequence

from ictcli.config.trading import TradeConfig
from ictcli.errors import IctError
from ictcli.ledger.address import Place
from ictcli.ledger.anchors import Anchors, read_anchors
from ictcli.ledger.faults import LedgerCorrupt, NoLedger
from ictcli.ledger.log import Entry
from ictcli.ledger.opening import copied, reading
from ictcli.ledger.stored import entry_of
from ictcli.ledger.verification import verify
from ictcli.trading.graduation import Graduations, Standing, demotion_reason
from ictcli.trading.track_record import TrackRecord

_EVERY_S = 60.0


class DemotionWatch:
    """Looks at the journal's new entries once a minute.

    Args:
        place: the ledger.
        standings: of the strategies, as they began.
        config: what takes them back.
        assumed: slippage that backtests assume, points.
    """

    def __init__(
        self, place: Place, standings: Sequence[Standing], config: TradeConfig, assumed: float
    ) -> None:
        self._place = place
        self._config = config
        self._assumed = assumed
        self._records: Mapping[str, TrackRecord] = {
            one.mark: TrackRecord(one.mark, one.evidence.since) for one in standings
        }
        self._seq = 0
        self._looked = float("-inf")

    def look(self, now: float) -> str:
        """Which strategy has to go back and why; empty while none has, or it is not time to look.

        A ledger that cannot be read for the moment is looked at again the next time.

        Args:
            now: seconds of a monotonic clock.
        """
        if now - self._looked < _EVERY_S:
            return ""
        self._looked = now
        try:
            self._read()
        except IctError:
            return ""
        for mark, record in self._records.items():
            if reason := demotion_reason(record.evidence(), self._config, self._assumed):
                return f"{mark} goes back to paper: {reason}"
        return ""

    def _read(self) -> None:
        with reading(self._place.address) as stored:
            fresh = [entry_of(event) for event in stored.events(self._seq)]
        for entry in fresh:
            for record in self._records.values():
                record.take(entry)
            self._seq = entry.seq


def review_all(
    places: Sequence[Place],
    marks: Sequence[str],
    files: Graduations,
    config: TradeConfig,
    assumed: float,
    now: int,
) -> list[Standing]:
    """Where every strategy stands by whole journals; without a ledger nothing is shown yet.

    Every ledger is held against its seals and anchors first, from its first event on: whoever can write to a
    database could have written the evidence. What is counted is the very copy that was verified.

    Args:
        places: ledgers whose evidence counts, one per account; those that do not exist are left out.
        marks: of the strategies.
        files: where verdicts are kept.
        config: what must have been shown.
        assumed: slippage that backtests assume, points.
        now: ns UTC, of a demotion.

    Raises:
        LedgerCorrupt: a ledger is not what was written.
        DataError: a ledger is gone or of another schema, or the disk refuses.
    """
    journals = [entries for place in places if (entries := _verified(place)) is not None]
    return [files.review(journals, mark, config, assumed, now) for mark in marks]


def _verified(place: Place) -> list[Entry] | None:
    """All of a ledger, which is what was written; None where there never was one."""
    anchors = read_anchors(place.anchors, place.key)
    try:
        return _read_verified(place, anchors)
    except NoLedger as error:
        if anchors.last:
            raise NoLedger(place.address, anchored=anchors.last) from error
        return None


def _read_verified(place: Place, anchors: Anchors) -> list[Entry]:
    if not place.exists:
        raise NoLedger(place.address)
    with copied(place) as stored:
        report = verify(stored, place.key, anchors)
        if report.faults:
            first = report.faults[0]
            raise LedgerCorrupt(
                f"{place.address} proves nothing, it is not what was written: {first.detail}",
                hint="Run `ictcli ledger verify`, and restore a backup: `ictcli ledger restore`.",
            )
        return [entry_of(event) for event in stored.events()]
