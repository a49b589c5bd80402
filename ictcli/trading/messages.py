"""What goes into the order manager and what comes out of it: plain frozen records, no input or output.

``handle(input, now) -> commands``. The shell carries commands out strictly in their order, so a ``Record``
in front of a ``Send`` is durable before the first byte leaves.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ictcli.brokers.reports import DealReport, Evidence, Outcome, Quote
from ictcli.brokers.requests import Request
from ictcli.ledger.bodies import AnyBody, EndStatus, Intent, Mode, Severity, Start
from ictcli.trading.spool import Spooled


@dataclass(frozen=True, slots=True)
class Submit:
    """The decision side wants this done."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Told:
    """The broker's answer to ``Send`` (or that there was none: outcome ``unknown``)."""

    id: str
    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Begin:
    """A trader begins on a folded journal; ``epoch`` of the start is set by the manager.

    ``answers`` are those to requests whose sending was recorded last, where the broker could be asked anew.
    """

    start: Start
    answers: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """The shell did not send: the halt latch was found on at the last moment."""

    id: str
    attempt: int
    code: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One pass over the broker's records, asked for by ``Look`` or by the loop's own polling."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class LookFailed:
    """The broker could not be asked: counts for nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """Fresh prices of one of our symbols."""

    symbol: str
    quote: Quote


@dataclass(frozen=True, slots=True)
class Passed:
    """Time has passed: deadlines are looked at."""


@dataclass(frozen=True, slots=True)
class Latch:
    """The emergency stop went on (``reason``) or off (``on`` False); ``flatten`` lets positions be closed."""

    on: bool
    reason: str
    by: str
    epoch: int = 0
    flatten: bool = False


BREAKER_REASON = "breaker: "
"""In front of the reason of a restriction that the order manager set and only a person lifts."""


@dataclass(frozen=True, slots=True)
class Restrict:
    """Money or connection breakers change what is allowed."""

    mode: Mode
    reason: str


@dataclass(frozen=True, slots=True)
class FromOutside:
    """Another process laid events into the spool."""

    laid: Spooled


Input = Begin | Submit | Told | Held | Seen | LookFailed | Quoted | Passed | Latch | Restrict | FromOutside


@dataclass(frozen=True, slots=True)
class Record:
    """Write these events durably, in one transaction, before anything else, as of ``at`` (ns UTC).

    The instant is the one that the order manager's own state was changed with: a fold must give it again.
    """

    bodies: tuple[AnyBody, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the broker, after a last look at the halt latch; answer with ``Told`` or ``Held``."""

    id: str
    attempt: int
    request: Request


@dataclass(frozen=True, slots=True)
class Look:
    """Read the broker's records since an instant; answer with ``Seen`` or ``LookFailed``."""

    since: int
    reason: str


@dataclass(frozen=True, slots=True)
class FillNotice:
    """A deal to be booked by the decision side; ``id`` is empty for a foreign one.

    ``of_position``: it counts to the position that ``id`` opened and not to its order: a stop or target hit,
    or a close by another hand.
    """

    id: str
    deal: DealReport
    late: bool = False
    of_position: bool = False


@dataclass(frozen=True, slots=True)
class EndNotice:
    """An order is over."""

    id: str
    status: EndStatus
    filled: Decimal
    code: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class DoneNotice:
    """A cancel, protect or amend intent succeeded, or failed."""

    id: str
    ok: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class MoneyNotice:
    """The balance moved without a deal: a correction of one that was booked. Account currency, signed."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the decision side."""

    notice: FillNotice | EndNotice | DoneNotice | MoneyNotice


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell a person; it was recorded before."""

    severity: Severity
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Nothing may be forgotten until this instant: call again with ``Passed`` then."""

    at: int
    kind: Literal["resolve", "cancel", "breaker"]


Command = Record | Send | Look | Notify | Alert | Wake
