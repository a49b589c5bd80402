"""What the ledger takes down, as records of a log: weight, words and fields."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ictcli.ledger.bodies import (
    Alerted,
    AnyBody,
    BarTaken,
    Checkpoint,
    Decided,
    Denied,
    Illegal,
    Latched,
    Missing,
    ModeSet,
    Rejected,
    Start,
    SwapSeen,
    Synced,
    Unresolved,
    Withheld,
)

_SELDOM_READ = (BarTaken, Decided, Checkpoint, SwapSeen, Synced)
_UNUSUAL = (Denied, Withheld, Rejected, Unresolved, Missing, Illegal, Latched)
_ALERTS = {"info": "INFO", "warning": "WARNING", "critical": "CRITICAL"}
NAMES = {
    "id": "intent",
    "order": "ticket",
    "ts": "at",
    "event": "input",
    "command": "asked_by",
    "source": "records",
}
"""Fields of events that have another name in a log line."""
DROPPED = frozenset({"request", "digest", "local", "facts", "config", "message"})
"""Long, of use to the ledger alone, or told in words."""

_SUBJECT = ("symbol", "strategy", "code", "mode")
_TOLD = ("text", "message", "reason", "why", "detail", "what")
_MOST_REMEMBERED = 4_096

Log = Callable[..., None]


def level_of(body: AnyBody) -> str:
    """How much an event weighs."""
    if isinstance(body, Alerted):
        return _ALERTS[body.severity]
    if isinstance(body, ModeSet):
        return "INFO" if body.mode == "active" else "WARNING"
    if isinstance(body, _UNUSUAL):
        return "WARNING"
    return "DEBUG" if isinstance(body, _SELDOM_READ) else "INFO"


def fields_of(body: AnyBody) -> dict[str, Any]:
    """The fields of an event, by the names that log lines have; what is empty is left out."""
    found: dict[str, Any] = {}
    for name in body.__struct_fields__:
        value = getattr(body, name)
        if name in DROPPED or value in (None, "", (), {}):
            continue
        plain = value if isinstance(value, bool | int | float | str) else str(value)
        key = NAMES.get(name, name)
        found[key] = str(plain) if key == "code" else plain
    if isinstance(found.get("ticket"), str):  # the kind of an order, not its number
        found["kind"] = found.pop("ticket")
    return found


def words_of(body: AnyBody) -> str:
    """An event for people."""
    kind = str(type(body).__struct_config__.tag)
    told = [str(found) for name in _TOLD if (found := getattr(body, name, ""))]
    subject = " ".join(str(found) for name in _SUBJECT if (found := getattr(body, name, "")))
    return ": ".join([f"{kind} {subject}".rstrip(), *told[:1]])


class EventLog:
    """Logs what the ledger takes down.

    Args:
        log: takes level, event, words and fields.
        wants: whether records of a level are kept.
        know: is told fields that every record has from then on.
    """

    def __init__(self, log: Log, wants: Callable[[str], bool], know: Callable[..., None]) -> None:
        self._log, self._wants, self._know = log, wants, know
        self._of_intent: dict[str, Mapping[str, Any]] = {}

    def take(self, bodies: Sequence[AnyBody], at: int) -> None:
        """Log events; an answer to an intent gets the symbol and strategy of it."""
        for body in bodies:
            if isinstance(body, Start):
                self._know(run=body.run, account=body.account)
            level = level_of(body)
            if self._wants(level):
                self._one(body, level)

    def _one(self, body: AnyBody, level: str) -> None:
        kind = str(type(body).__struct_config__.tag)
        fields = fields_of(body)
        intent = fields.get("intent", "")
        if kind == "intent":
            self._remember(intent, {name: fields[name] for name in ("symbol", "strategy") if name in fields})
        elif intent:
            fields = {**self._of_intent.get(intent, {}), **fields}
        self._log(level, kind, words_of(body), **fields)

    def _remember(self, intent: str, known: Mapping[str, Any]) -> None:
        self._of_intent[intent] = known
        if len(self._of_intent) > _MOST_REMEMBERED:
            del self._of_intent[next(iter(self._of_intent))]
