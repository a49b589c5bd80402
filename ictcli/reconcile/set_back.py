"""A ledger that is older than the broker's books is not corrected: its trader must see what it lacks.

A start that finds orders of ours which the ledger does not know opens nothing until a person has looked
(``trading.rolled_back``). Deals that were booked before it would take that sight away.
"""

from sqlalchemy import func, select

from ictcli.ledger.address import Place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.opening import reading
from ictcli.ledger.schema import EVENTS
from ictcli.reconcile.case import Case
from ictcli.reconcile.rules.ownership import sent_unwritten
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances


def why_not_corrected(place: Place, local: Story, broker: Story) -> str:
    """Why a ledger must be started before it is corrected, empty where nothing speaks against correcting.

    Args:
        place: the ledger.
        local: what it says.
        broker: the other side.
    """
    if _only_restored(place):
        return "the ledger was restored, and no trader has started on it since"
    if lost := _lost_deals(local, broker):
        return f"the broker shows deals of ours ({lost}) that the ledger does not know: it was set back"
    return ""


def _only_restored(place: Place) -> bool:
    """Whether a backup was put in the ledger's place and no session has begun on it."""
    restored = [one.seq for one in read_anchors(place.anchors, place.key).holding if one.what == "restored"]
    if not restored:
        return False
    last = select(func.max(EVENTS.c.seq)).where(EVENTS.c.kind == "start")
    with reading(place.address) as stored:
        query = str(last.compile(dialect=stored.database.dialect, compile_kwargs={"literal_binds": True}))
        ((started,),) = stored.database.execute(query)
    return (started or 0) <= restored[-1]


def _lost_deals(local: Story, broker: Story) -> int:
    """How many orders that were sent unwritten have deals which the ledger lacks, and none that it has."""
    case = Case(local, broker, Tolerances())
    unseen = set(case.unbooked.get_column("magic")) - set(local.fills.get_column("magic"))
    return sum(sent_unwritten(case, magic) for magic in unseen)
