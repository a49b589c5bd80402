"""A journal that is older than the broker's books: restored from a backup, or with the machine it runs on.

What a trader sends is in its journal before it leaves. So whatever is at the broker, carries a number of a
strategy of ours and is not in the journal was sent by a journal that is lost. Its strategy would decide on
the same bars once more, so nothing is opened before a person has looked.
"""

from ictcli.brokers.reports import Evidence
from ictcli.ledger.bodies import ModeSet
from ictcli.trading.identity import parts_of, strategy_numbers
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import BREAKER_REASON
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.recovery import OWN_REASON


def lost_numbers(book: OrderBook, evidence: Evidence) -> set[int]:
    """Magic numbers of ours that the broker shows for the first time and the journal never gave out.

    Args:
        book: the journal, folded, before the pass is taken; a journal's first start finds nothing.
        evidence: the pass.
    """
    if book.start is None or not book.recovering or book.epoch < 2 or book.opened is None:
        return set()
    shown = {
        one.magic for one in evidence.deals if one.ticket > book.opened.deal and one.ticket not in book.deals
    }
    shown |= {one.magic for one in evidence.open_orders if ("order", one.ticket) not in book.foreign}
    shown |= {one.magic for one in evidence.positions if ("position", one.identifier) not in book.foreign}
    unknown = {magic for magic in shown if parts_of(magic)[0] and magic not in book.by_magic}
    if not unknown:
        return unknown
    ours = strategy_numbers(book.start.strategies)
    ours |= {parts_of(magic)[0] for magic, _ in book.by_magic.items()}
    return {magic for magic in unknown if parts_of(magic)[0] in ours}


def restrict(scribe: Scribe, lost: set[int]) -> None:
    """Open nothing until a person says so; what is stricter already stays."""
    book = scribe.book
    if not lost or (book.mode != "active" and not book.mode_reason.startswith(OWN_REASON)):
        return
    reason = f"the broker shows orders of ours ({len(lost)}) that the ledger does not know: it was set back"
    scribe.write(ModeSet(mode="reducing", reason=f"{BREAKER_REASON}{reason}"))
    scribe.alert("critical", "ledger_set_back", reason)
