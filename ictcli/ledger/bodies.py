"""What the ledger can say: one frozen record per kind of event. The state of trading is a fold over these.

Decimals are written as strings and instants as integers (ns UTC); ``encode`` is canonical (sorted keys), so
equal events have equal bytes. Kinds and fields are stored for years: append, never rename.
"""

from decimal import Decimal
from typing import Any, Literal

import msgspec

Action = Literal["place", "close", "cancel", "protect", "amend"]
EndStatus = Literal["filled", "cancelled", "expired", "rejected", "absent", "denied"]
Mode = Literal["active", "reducing", "halted"]
Severity = Literal["info", "warning", "critical"]


class Body(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """One event without its place in the chain."""


class Start(Body, frozen=True, tag="start"):
    """A trader began; ``epoch`` fences off every earlier one."""

    run: str
    epoch: int
    mode: Literal["paper", "live", "replay", "dry"]
    account: int
    server: str
    currency: str
    version: str
    config: str
    strategies: tuple[str, ...]


class Opened(Body, frozen=True, tag="opened"):
    """The account as it stood when this journal began; deals up to ticket ``deal`` are from before it."""

    balance: Decimal
    deal: int = 0


class Stop(Body, frozen=True, tag="stop"):
    """A trader ended in good order."""

    reason: str


class BarTaken(Body, frozen=True, tag="bar"):
    """A closed bar that was taken; prices and spread in points of ``digits``, -1 where not given.

    ``late``: it had closed too long ago to act on; strategies only learned from it.
    ``timely``: by the real clock it had just closed; what is played back later proves nothing.
    """

    symbol: str
    timeframe: str
    digits: int
    ts: int
    ts_close: int
    open: int
    high: int
    low: int
    close: int
    spread: int
    tick_volume: int
    late: bool = False
    timely: bool = False


class Decided(Body, frozen=True, tag="decided"):
    """What a strategy decided at the close of a bar and what became of it at the desk, in words."""

    symbol: str
    strategy: str
    bar: int
    what: str
    reason: str
    setup: int
    facts: dict[str, Any] = {}
    timeframe: str = ""


class Intent(Body, frozen=True, tag="intent"):
    """An action that was decided and permitted; nothing was sent yet.

    Attributes:
        id: derived from account, strategy, symbol, ``bar``, leg and action, so deciding twice is one intent.
        action: what is asked.
        strategy, symbol: whose decision, on which of our symbols.
        bar: close of the bar it was decided at, ns UTC.
        leg: tells several actions of one strategy on one bar apart.
        magic: 16 bits of strategy and 32 of a durable sequence; 0 where no order is made.
        side, order, volume, price, limit, stop, target, expires: as ``brokers.requests`` has them.
        target_id: intent whose order is cancelled or amended.
        position: broker's identifier of the position that is closed, reduced or protected.
        reduces: it can only shrink exposure.
        expected: price it was decided for; slippage is measured from it.
        bid, ask, quoted: the quote behind it.
        local: numbers of the account's own order and position records.
        why: reason in words.
        config: hash of the configuration, which is no part of ``id``.
        timeframe: of the bars that it was decided on.
    """

    id: str
    action: Action
    strategy: str
    symbol: str
    bar: int
    leg: int
    magic: int = 0
    side: int = 0
    order: Literal["market", "limit", "stop", "stop_limit", ""] = ""
    volume: Decimal | None = None
    price: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    expires: int | None = None
    target_id: str = ""
    position: int | None = None
    reduces: bool = False
    expected: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    quoted: int | None = None
    local: dict[str, int] = {}
    why: str = ""
    config: str = ""
    timeframe: str = ""


class Denied(Body, frozen=True, tag="denied"):
    """The gate kept an intent from being sent; ``code`` is of ``trading.denials``."""

    id: str
    code: str
    detail: str = ""


class Sent(Body, frozen=True, tag="sent"):
    """From now on the broker may have the request: written before the first byte leaves."""

    id: str
    attempt: int
    request: dict[str, Any]
    digest: str


class Withheld(Body, frozen=True, tag="withheld"):
    """What was to be sent provably did not leave this process (halt latch at the last moment)."""

    id: str
    attempt: int
    code: str


class Acked(Body, frozen=True, tag="acked"):
    """The broker has the request; ``order`` is its ticket."""

    id: str
    attempt: int
    code: int
    order: int | None = None
    message: str = ""


class Rejected(Body, frozen=True, tag="rejected"):
    """The broker provably did not execute it; ``again`` when it will be asked once more."""

    id: str
    attempt: int
    code: int
    message: str = ""
    again: bool = False


class Unresolved(Body, frozen=True, tag="unresolved"):
    """It may have been executed; only evidence leaves this state."""

    id: str
    attempt: int
    code: int
    message: str = ""


class Adopted(Body, frozen=True, tag="adopted"):
    """Evidence showed the order at the broker."""

    id: str
    order: int
    status: str
    filled: Decimal = Decimal(0)


class Missing(Body, frozen=True, tag="missing"):
    """One complete pass over the broker's records did not show the order."""

    id: str
    asked: int


class Ended(Body, frozen=True, tag="ended"):
    """An order is over for us; late fills are still booked."""

    id: str
    status: EndStatus
    code: int = 0
    message: str = ""


class Filled(Body, frozen=True, tag="filled"):
    """A deal; money is in the account's currency, signed as the broker books it.

    ``id`` is empty for a deal that none of our intents explains. ``late``: after the order was over;
    ``over``: beyond its volume; ``recovered``: found at a start or while the outcome was unknown.
    ``of_position``: the position's, not the order's: a stop or target hit, or closed by another hand; ``id``
    is then the intent that opened the position.
    """

    deal: int
    order: int
    position: int
    symbol: str
    side: int
    entry: str
    volume: Decimal
    price: Decimal
    profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    reason: str
    ts: int
    id: str = ""
    magic: int = 0
    late: bool = False
    over: bool = False
    recovered: bool = False
    of_position: bool = False


class Voided(Body, frozen=True, tag="voided"):
    """The broker took a deal back: its effect is undone by this event, the deal stays."""

    deal: int
    reason: str


class Cash(Body, frozen=True, tag="cash"):
    """A movement of the balance without an order; ``operator`` fees are not on the broker's books."""

    key: str
    what: str
    amount: Decimal
    ts: int
    operator: bool = False


class CancelAsked(Body, frozen=True, tag="cancel_asked"):
    """A withdrawal of an order is under way."""

    id: str


class Done(Body, frozen=True, tag="done"):
    """A cancel, protect or amend intent was carried out, or had nothing to do."""

    id: str
    code: int = 0
    message: str = ""


class Protected(Body, frozen=True, tag="protected"):
    """Stop and target as the broker holds them for a position; ``ticket`` is what requests name it by."""

    position: int
    symbol: str
    stop: Decimal | None
    target: Decimal | None
    ticket: int = 0


class Foreign(Body, frozen=True, tag="foreign"):
    """Something of the account that is not ours: counted as exposure, never touched."""

    what: Literal["order", "deal", "position"]
    ticket: int
    symbol: str
    side: int
    volume: Decimal
    magic: int = 0


class Illegal(Body, frozen=True, tag="illegal"):
    """An input that the state machine does not allow in this state; the state was kept."""

    id: str
    status: str
    event: str


class Latched(Body, frozen=True, tag="latched"):
    """The emergency stop is on; with ``flatten`` positions are to be closed, too."""

    epoch: int
    reason: str
    by: str
    flatten: bool = False


class Released(Body, frozen=True, tag="released"):
    """The emergency stop was lifted."""

    reason: str
    by: str


class ModeSet(Body, frozen=True, tag="mode"):
    """Whether new exposure is allowed, and why."""

    mode: Mode
    reason: str


class Checkpoint(Body, frozen=True, tag="checkpoint"):
    """State of all steps after the bars up to ``at``, as a file of the state directory."""

    file: str
    sha256: str
    at: int


class Synced(Body, frozen=True, tag="synced"):
    """The account as the broker has it, compared with ours."""

    since: int
    balance: Decimal
    equity: Decimal
    difference: Decimal
    open_orders: int
    positions: int


class ClockSeen(Body, frozen=True, tag="clock"):
    """Offset of the broker's clock after conversion, ns, and whether its rule was confirmed."""

    offset: int
    confirmed: bool


class Alerted(Body, frozen=True, tag="alerted"):
    """Something that a person must know; delivered by the notifier, which keeps its own books."""

    severity: Severity
    code: str
    text: str


class Corrected(Body, frozen=True, tag="corrected"):
    """A correction by reconciliation: what was wrong, both values, and what is right from now on.

    Attributes:
        key: names it; a correction of this name is booked once.
        what: of a deal: price, profit, commission, swap, fee, late, over; of an order: status. Anything else
            is only noted.
        ours: what the ledger says; where it says something else by now, nothing is corrected.
        theirs: what the broker says.
        command: that asked for it.
        deal: ticket of the deal that is corrected, 0 for none.
        id: intent behind the deal, or of the order that is corrected; empty for none.
    """

    key: str
    what: str
    ours: str
    theirs: str
    command: str = ""
    deal: int = 0
    id: str = ""


class Emergency(Body, frozen=True, tag="emergency"):
    """What ``halt`` did by its own broker session while the trader could not; booked from its spool.

    ``key`` names the request within its stop; ``outcome`` is of ``brokers.reports``. The deals themselves
    come from the broker's records.
    """

    key: str
    epoch: int
    what: Literal["cancel", "close"]
    ticket: int
    symbol: str
    outcome: str
    ts: int
    volume: Decimal | None = None
    code: int = 0
    message: str = ""


class SwapSeen(Body, frozen=True, tag="swap"):
    """Swap of an open position as the broker tells it now; its own deal books it at the end."""

    position: int
    swap: Decimal
    ts: int


class FromSpool(Body, frozen=True, tag="from_spool"):
    """The events behind it in its transaction were laid down by another process, in a file of this name.

    A file of a name that was booked is never booked again; ``ts``: when it was laid down.
    """

    file: str
    by: str
    ts: int


class Resumed(Body, frozen=True, tag="resumed"):
    """A person lifted the restriction with the reason ``lifted``; it has no effect on any other."""

    lifted: str
    reason: str
    by: str


class Reported(Body, frozen=True, tag="reported"):
    """A deal of the broker's that the ledger missed, as another process read it.

    Booked as the trader books what it reads itself; ``Filled`` behind it in its transaction says what became
    of it. Fields as there; ``key`` names the report.
    """

    key: str
    deal: int
    order: int
    position: int
    symbol: str
    side: int
    entry: str
    volume: Decimal
    price: Decimal
    profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    reason: str
    ts: int
    magic: int = 0


class Reconciled(Body, frozen=True, tag="reconciled"):
    """What a comparison of the ledger with the broker's own records came to.

    Attributes:
        key: names the comparison.
        result: clean, findings or inconclusive.
        since, until: what it covers, ns UTC.
        findings: how many count.
        digest: SHA-256 of its report.
        source: broker, or the name of a statement.
    """

    key: str
    result: Literal["clean", "findings", "inconclusive"]
    since: int
    until: int
    findings: int
    digest: str
    source: str = "broker"


AnyBody = (
    Start | Opened | Stop | BarTaken | Decided | Intent | Denied | Sent | Withheld | Acked | Rejected
    | Unresolved | Adopted | Missing | Ended | Filled | Voided | Cash | CancelAsked | Done | Protected
    | Foreign | Illegal | Latched | Released | ModeSet | Checkpoint | Synced | ClockSeen | Alerted
    | Corrected | Emergency | SwapSeen | FromSpool | Resumed | Reported | Reconciled
)  # fmt: skip

_DECODER = msgspec.json.Decoder(AnyBody)


def encode(body: Body) -> bytes:
    """Canonical JSON: sorted keys, decimals as strings, no spaces."""
    return msgspec.json.encode(body, order="sorted")


def decode(text: bytes | str) -> AnyBody:
    """The body behind its JSON.

    Raises:
        msgspec.ValidationError: it is none.
    """
    body: AnyBody = _DECODER.decode(text)
    return body
