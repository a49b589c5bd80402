"""Watching a live session's own results: what takes a strategy back to paper ends the session."""

from collections.abc import Mapping, Sequence

from ictcli.config.trading import TradeConfig
from ictcli.errors import IctError
from ictcli.ledger.address import Place
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
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

    Args:
        places: ledgers whose evidence counts, one per account; those that do not exist are left out.
        marks: of the strategies.
        files: where verdicts are kept.
        config: what must have been shown.
        assumed: slippage that backtests assume, points.
        now: ns UTC, of a demotion.

    Raises:
        DataError: a ledger is damaged or of another schema, or the disk refuses.
    """
    journals = []
    for place in places:
        if not place.exists:
            continue
        with reading(place.address) as stored:
            journals.append([entry_of(event) for event in stored.events()])
    return [files.review(journals, mark, config, assumed, now) for mark in marks]
