"""Every way a ledger refuses."""

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
    """

    def __init__(self, where: object, *, anchored: int = 0, emptied: bool = False) -> None:
        lost = f", but event {anchored} was anchored" if anchored else ""
        lost = f": the file is there and holds nothing{lost}" if emptied else lost
        gone = anchored or emptied
        hint = "Restore a backup: `ictcli ledger restore`." if gone else "`ictcli trade` makes one."
        super().__init__(f"no ledger at {where}{lost}", hint=hint)
        self.emptied = emptied
