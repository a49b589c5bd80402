"""Every way a ledger refuses."""

from ictcli.errors import Busy, DataError, IctError


class LedgerUnwritable(IctError):
    """The database refuses to write: disk full, an I/O error, locked too long, connection lost.

    None of the events was acknowledged. The journal takes no more of them (``Journal.spill`` does).
    """


class EventRefused(IctError):
    """An event contradicts the ledger, such as a second intent of one name: a bug of whoever wrote it.

    None of the events given with it was written; the journal stays usable.
    """


class LedgerFenced(Busy):
    """Another writer has taken the ledger over; this one may never write again."""

    retryable = False


class LedgerCorrupt(DataError):
    """Chain, anchors, projections or the file itself are not what they must be."""


class NoLedger(DataError):
    """There is no ledger yet, or none any more."""

    def __init__(self, where: object, *, anchored: int = 0) -> None:
        lost = f", but event {anchored} was anchored" if anchored else ""
        hint = "Restore a backup: `ictcli ledger restore`." if anchored else "`ictcli trade` makes one."
        super().__init__(f"no ledger at {where}{lost}", hint=hint)
