"""What an answer of MetaTrader 5 proves about a request (MT5.md 6.4).

A code that is not in the tables proves nothing: its outcome is unknown, and only the broker's records decide.
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from ictcli.brokers.mt5.numbers import exact, known
from ictcli.brokers.reports import Outcome, OutcomeKind
from ictcli.brokers.requests import Cancel, Close, Place, Request

Sent = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a code means for a request.

    Attributes:
        name: MetaTrader's, without its prefix.
        kind: outcome of the request.
        then: what to do about it.
    """

    name: str
    kind: OutcomeKind
    then: str


RETURN_CODES: dict[int, Verdict] = {
    10004: Verdict("REQUOTE", "retryable", "decide again on the new prices"),
    10006: Verdict("REJECT", "rejected", "the dealer said no"),
    10007: Verdict("CANCEL", "rejected", "withdrawn by the trader"),
    10008: Verdict("PLACED", "placed", "wait for its deals"),
    10009: Verdict("DONE", "done", "book its deals"),
    10010: Verdict("DONE_PARTIAL", "partial", "book its deals; never send the full volume again"),
    10011: Verdict("ERROR", "unknown", "look at the records"),
    10012: Verdict("TIMEOUT", "unknown", "look at the records"),
    10013: Verdict("INVALID", "rejected", "the request is malformed: report it"),
    10014: Verdict("INVALID_VOLUME", "rejected", "check the volume step and limits of the symbol"),
    10015: Verdict("INVALID_PRICE", "rejected", "the market moved past the price, or it is off the grid"),
    10016: Verdict("INVALID_STOPS", "rejected", "keep stop and target further from the market"),
    10017: Verdict("TRADE_DISABLED", "rejected", "trading is disabled for the account or symbol"),
    10018: Verdict("MARKET_CLOSED", "rejected", "wait for the next session"),
    10019: Verdict("NO_MONEY", "rejected", "free margin or trade less"),
    10020: Verdict("PRICE_CHANGED", "retryable", "decide again on the new prices"),
    10021: Verdict("PRICE_OFF", "retryable", "wait for a quote"),
    10022: Verdict("INVALID_EXPIRATION", "rejected", "check the clock rule of the server"),
    10023: Verdict("ORDER_CHANGED", "unknown", "read the order again"),
    10024: Verdict("TOO_MANY_REQUESTS", "retryable", "wait a second or more"),
    10025: Verdict("NO_CHANGES", "noop", "it is as asked already"),
    10026: Verdict("SERVER_DISABLES_AT", "rejected", "the server forbids automated trading"),
    10027: Verdict("CLIENT_DISABLES_AT", "rejected", "switch Algo Trading on in the terminal"),
    10028: Verdict("LOCKED", "unknown", "it is being worked on: look at the records"),
    10029: Verdict("FROZEN", "retryable", "wait until the market is outside the freeze level"),
    10030: Verdict("INVALID_FILL", "retryable", "the next filling mode is tried"),
    10031: Verdict("CONNECTION", "unknown", "look at the records once connected again"),
    10032: Verdict("ONLY_REAL", "rejected", "only real accounts may"),
    10033: Verdict("LIMIT_ORDERS", "rejected", "too many resting orders"),
    10034: Verdict("LIMIT_VOLUME", "rejected", "too much volume of this symbol"),
    10035: Verdict("INVALID_ORDER", "rejected", "the symbol does not take this type of order"),
    10036: Verdict("POSITION_CLOSED", "rejected", "the position is closed already"),
    10038: Verdict("INVALID_CLOSE_VOLUME", "rejected", "more than is open: read the position again"),
    10039: Verdict("CLOSE_ORDER_EXIST", "unknown", "a closing order is at work: look at the records"),
    10040: Verdict("LIMIT_POSITIONS", "rejected", "too many positions"),
    10041: Verdict("REJECT_CANCEL", "rejected", "its activation was refused and it was cancelled"),
    10042: Verdict("LONG_ONLY", "rejected", "the symbol can only be bought"),
    10043: Verdict("SHORT_ONLY", "rejected", "the symbol can only be sold"),
    10044: Verdict("CLOSE_ONLY", "rejected", "positions of the symbol can only be closed"),
    10045: Verdict("FIFO_CLOSE", "rejected", "close the oldest position first"),
    10046: Verdict("HEDGE_PROHIBITED", "rejected", "the account may not hold opposite positions"),
}
"""Return codes of ``order_send``."""

NOT_SENT: dict[int, Verdict] = {
    -2: Verdict("E_INVALID_PARAMS", "rejected", "the terminal refused the arguments: report it"),
    -3: Verdict("E_NO_MEMORY", "rejected", "free memory on the terminal's machine"),
    -5: Verdict("E_INVALID_VERSION", "rejected", "update the terminal and its Python module"),
    -6: Verdict("E_AUTH_FAILED", "rejected", "log in again"),
    -7: Verdict("E_UNSUPPORTED", "rejected", "the terminal cannot do it"),
    -8: Verdict("E_AUTO_TRADING_DISABLED", "rejected", "allow trading by the Python API in the terminal"),
    -10003: Verdict("E_INTERNAL_FAIL_INIT", "retryable", "connect again"),
    -10004: Verdict("E_INTERNAL_FAIL_CONNECT", "retryable", "connect again"),
}
"""``last_error`` codes behind ``None`` that prove that nothing left the machine."""

MAYBE_SENT: dict[int, Verdict] = {
    -1: Verdict("E_FAIL", "unknown", "look at the records"),
    -10000: Verdict("E_INTERNAL_FAIL", "unknown", "look at the records"),
    -10001: Verdict("E_INTERNAL_FAIL_SEND", "unknown", "look at the records"),
    -10002: Verdict("E_INTERNAL_FAIL_RECEIVE", "unknown", "look at the records"),
    -10005: Verdict("E_INTERNAL_FAIL_TIMEOUT", "unknown", "look at the records"),
}
"""``last_error`` codes behind ``None`` after which the request may have been executed."""

UNLISTED = Verdict("", "unknown", "look at the records")
_PASSING = (10021, 10029)
"""Codes of what is over by itself: no quote, too near to the market."""
_CHECKED = Verdict("", "done", "nothing was sent")


def told(result: Any, request: Request) -> Outcome:
    """The outcome behind an ``OrderSendResult``."""
    code = int(result.retcode)
    return Outcome(
        kind=_kind(code, request),
        code=code,
        message=_message(code, RETURN_CODES.get(code, UNLISTED), str(result.comment)),
        order=known(result.order),
        deal=known(result.deal),
        volume=_told(result.volume),
        price=_told(result.price),
    )


def failed(error: tuple[int, str]) -> Outcome:
    """The outcome behind ``None`` of ``order_send`` and the ``last_error`` after it."""
    code, text = error
    sure = NOT_SENT.get(code)
    verdict = sure or MAYBE_SENT.get(code, UNLISTED)
    sent: Sent = "no" if sure else "unknown"
    return Outcome(kind=verdict.kind, code=code, message=_message(code, verdict, text), sent=sent)


def elsewhere(outcome: Outcome) -> Outcome:
    """An answer that may be another account's: the terminal was switched around the request."""
    message = f"{outcome.message}; but the terminal is at another account now"
    return replace(outcome, kind="unknown", message=message, sent="unknown")


def silent(reason: str) -> Outcome:
    """The outcome when no answer came back at all: the request may have arrived."""
    return Outcome(kind="unknown", code=0, message=f"no answer: {reason}", sent="unknown")


def unsent(kind: Literal["rejected", "retryable"], code: int, reason: str) -> Outcome:
    """The outcome of a request that was held back on this side."""
    return Outcome(kind=kind, code=code, message=reason, sent="no")


def held_back(code: int, reason: str) -> Outcome:
    """The outcome of a request that the server would refuse with this return code."""
    return unsent("retryable" if code in _PASSING else "rejected", code, reason)


def checked(result: Any, request: Request) -> Outcome:
    """What ``order_check`` says; it executes nothing, so nothing is ever unknown about it."""
    code = int(result.retcode)
    if code == 0:
        return Outcome(kind="done", code=0, message=str(result.comment) or _CHECKED.then, sent="no")
    kind = _kind(code, request)
    verdict = RETURN_CODES.get(code, UNLISTED)
    return Outcome(
        kind="retryable" if kind == "unknown" else kind,
        code=code,
        message=_message(code, verdict, str(result.comment)),
        sent="no",
    )


def _kind(code: int, request: Request) -> OutcomeKind:
    """The kind of a return code for this request.

    A resting order that the server performed is placed, not executed. "Closed already" ends a close in good
    order and "no changes" a change; as answers to anything else they do not fit and prove nothing.
    """
    if code == 10009 and isinstance(request, Place) and request.kind != "market":
        return "placed"
    if code == 10036 and isinstance(request, Close):
        return "noop"
    if code == 10025 and isinstance(request, Place | Close | Cancel):
        return "unknown"
    return RETURN_CODES.get(code, UNLISTED).kind


def _told(value: float) -> Decimal | None:
    return exact(value) if 0 < value < math.inf else None


def _message(code: int, verdict: Verdict, text: str) -> str:
    name = verdict.name or "unlisted code"
    said = f" ({text})" if text else ""
    return f"{code} {name}{said}: {verdict.then}"


def code_tables() -> str:
    """What the codes mean, as Markdown tables for the documentation."""
    rows = ["| return code | name | outcome | then |", "|---|---|---|---|"]
    rows += [f"| {code} | {one.name} | {one.kind} | {one.then} |" for code, one in RETURN_CODES.items()]
    rows += [
        "| any other | | unknown | look at the records |",
        "",
        "| `last_error` behind `None` | name | outcome | sent | then |",
        "|---|---|---|---|---|",
    ]
    for sent, table in (("no", NOT_SENT), ("unknown", MAYBE_SENT)):
        rows += [f"| {code} | {one.name} | {one.kind} | {sent} | {one.then} |" for code, one in table.items()]
    rows += ["| any other; `SystemError`; no answer in time | | unknown | unknown | look at the records |"]
    return "\n".join(rows)
