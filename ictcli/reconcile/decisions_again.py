"""What a ledger says was decided at every bar, beside what the core decides of the same bars now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from ictcli.ledger.bodies import Decided
from ictcli.ledger.log import Entry
from ictcli.trading.account import Account
from ictcli.trading.reckoning import Told
from ictcli.trading.telling import decided

_PRICES = ("price", "stop", "target")
_SIDES = {1: "long", -1: "short"}

Place = tuple[int, str, str, str]
"""Close of the bar, symbol, timeframe, strategy."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One strategy at one bar, where either side has a word on it.

    Attributes:
        bar: its close, ns UTC.
        symbol, timeframe, strategy: whose.
        ledger, core: what was decided, in words, several divided by semicolons; empty for nothing.
    """

    bar: int
    symbol: str
    timeframe: str
    strategy: str
    ledger: str
    core: str

    @property
    def same(self) -> bool:
        """Whether both decide alike."""
        return self.ledger == self.core


@dataclass(slots=True)
class Heard:
    """Takes what the core decides.

    Attributes:
        account: that decides.
        found: in the order in which it was decided.
        last: close of the last bar that was decided on, ns UTC; 0 for none.
    """

    account: Account
    found: list[Decided] = field(default_factory=list)
    last: int = 0

    def __call__(self, now: int, told: Sequence[Told]) -> None:
        """Take the decisions of an instant, ns UTC."""
        self.last = now
        self.found += decided(told, self.account, now)


def written(entries: Iterable[Entry], after: int) -> list[Decided]:
    """Decisions of a ledger behind an event."""
    return [entry.body for entry in entries if entry.seq > after and isinstance(entry.body, Decided)]


def compare_decisions(
    ledger: Sequence[Decided], core: Sequence[Decided], since: int, until: int, digits: Mapping[str, int]
) -> list[DecisionRow]:
    """Both sides bar by bar, the earliest first.

    Args:
        ledger: what it says.
        core: what is decided now.
        since: close of the first bar that counts, ns UTC.
        until: close of the last one.
        digits: symbol = decimals of its prices.
    """
    named = any(one.timeframe for one in ledger)
    ours = _by_place(ledger, since, until, digits)
    theirs = _by_place(core if named else [_unnamed(one) for one in core], since, until, digits)
    places = sorted({*ours, *theirs})
    return [
        DecisionRow(*place, "; ".join(ours.get(place, [])), "; ".join(theirs.get(place, [])))
        for place in places
    ]


def _unnamed(one: Decided) -> Decided:
    """As it was written before ledgers told the timeframe."""
    return msgspec.structs.replace(one, timeframe="")


def _by_place(
    bodies: Sequence[Decided], since: int, until: int, digits: Mapping[str, int]
) -> dict[Place, list[str]]:
    found: dict[Place, list[str]] = {}
    for one in bodies:
        if since <= one.bar <= until:
            place = (one.bar, one.symbol, one.timeframe, one.strategy)
            found.setdefault(place, []).append(in_words(one, digits.get(one.symbol, 0)))
    return found


def in_words(one: Decided, digits: int) -> str:
    """A decision with everything that tells it from others."""
    parts = [one.what if one.setup < 0 else f"{one.what} of set-up {one.setup}"]
    if side := _SIDES.get(one.facts.get("side", 0)):
        parts.append(side)
    told = [(name, one.facts.get(name)) for name in _PRICES]
    parts += [f"{name} {Decimal(points).scaleb(-digits)}" for name, points in told if points]
    if stage := one.facts.get("stage"):
        parts.append(f"stage {stage}")
    return ", ".join(parts) + (f" ({one.reason})" if one.reason else "")
