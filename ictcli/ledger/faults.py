"""Every way a ledger refuses."""

from pathlib import Path

from ictcli.errors import Busy, DataError


class LedgerFenced(Busy):
    """Another writer has taken the ledger over; this one may never write again."""

    retryable = False


class LedgerCorrupt(DataError):
    """Chain, anchors, projections or the file itself are not what they must be."""


class NoLedger(DataError):
    """There is no ledger yet, or none any more.

    Args:
        where: its address.
        anchored: the last event that was anchored.
        emptied: whether its file is there, without anything in it.
        trace: a file that only a ledger's account has.
    """

    def __init__(
        self, where: object, *, anchored: int = 0, emptied: bool = False, trace: Path | None = None
    ) -> None:
        lost = f", but event {anchored} was anchored" if anchored else ""
        lost = f", but {trace} knows of its account" if trace and not lost else lost
        lost = f": the file is there and holds nothing{lost}" if emptied else lost
        hint = "Restore a backup: `ictcli ledger restore`." if lost else "`ictcli trade` makes one."
        if trace is not None:
            hint = (
                f"Restore it from a backup, or move all of {trace.parent} away to begin with a new account."
            )
        super().__init__(f"no ledger at {where}{lost}", hint=hint)
        self.emptied = emptied
