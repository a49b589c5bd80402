"""What a trader's account has written, and what its strategies are told of their decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.portfolio import Asked, Books, ask, joined
from ictcli.engine.refusals import OrderEvent, Refusal
from ictcli.strategies.decisions import ENTER, NOTE
from ictcli.trading.minds import Mind

Records = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Seat:
    """One strategy on one series; ``reasons`` are the texts of its decisions' numbers."""

    series: int
    owner: int
    mind: Mind
    reasons: tuple[str, ...] = ("",)

    def reason(self, number: int) -> str:
        """Text of a decision's reason."""
        return self.reasons[number] if 0 <= number < len(self.reasons) else ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a strategy decided at a close, and what the desk answered.

    Attributes:
        seat: whose it is.
        decision: ``DECISION`` record.
        refusal: why it got no order; NONE where it did, or where it asked for nothing.
    """

    seat: Seat
    decision: Any
    refusal: Refusal


@dataclass(slots=True)
class Written:
    """What the account has written: since its beginning, or since its last bar (``Account``)."""

    books: list[Books] = field(default_factory=list)
    asked: list[list[Records]] = field(default_factory=list)
    owners: list[list[NDArray[np.int64]]] = field(default_factory=list)

    def forget(self) -> None:
        """Let go of all of it."""
        self.books.clear()
        for asked, owners in zip(self.asked, self.owners, strict=True):
            asked.clear()
            owners.clear()

    def together(self) -> Books:
        """All records, in the order of their writing."""
        names = ("trades", "deals", "events", "marks")
        return Books(*(joined([getattr(part, name) for part in self.books]) for name in names))

    def decisions(self) -> Asked:
        """All decisions that asked for something."""
        flat = [joined(own) if own else None for own in self.asked]
        counts = [0 if own is None else len(own) for own in flat]
        ends = np.cumsum(counts)
        spans = np.stack([ends - counts, ends], axis=1).astype(np.int64)
        present = [own for own in flat if own is not None]
        owners = [part for own in self.owners for part in own]
        empty = ask([], len(flat))
        return Asked(
            joined(present) if present else empty.decisions,
            np.concatenate(owners) if owners else empty.owners,
            spans,
        )

    def note(self, asked: Asked) -> None:
        """Remember decisions that asked for something."""
        for s, (first, last) in enumerate(asked.spans):
            if last > first:
                self.asked[s].append(asked.decisions[first:last].copy())
                self.owners[s].append(asked.owners[first:last].copy())


def reasons(asked: Asked, first: Sequence[int]) -> dict[tuple[int, int], tuple[int, str]]:
    """For the row of each decision: its place among its strategy's on this bar, and its set-up.

    Args:
        asked: decisions of one instant.
        first: row of the first of them in each series.
    """
    found: dict[tuple[int, int], tuple[int, str]] = {}
    for s, (begin, end) in enumerate(asked.spans):
        seen: dict[int, int] = {}
        for at in range(int(begin), int(end)):
            owner = int(asked.owners[at])
            leg = seen.get(owner, 0)
            seen[owner] = leg + 1
            found[s, first[s] + at - int(begin)] = (leg, f"set-up {int(asked.decisions[at]['setup'])}")
    return found


def answers(
    made: Sequence[tuple[Seat, Any]], events: Records, asked: Asked, first: Sequence[int]
) -> list[Told]:
    """What the desk answered to every decision of one instant."""
    refused = {
        (int(one["series"]), int(one["row"])): Refusal(int(one["code"]))
        for one in events
        if one["event"] == OrderEvent.REFUSED
    }
    rows: dict[tuple[int, int], list[int]] = {}
    for s, (begin, end) in enumerate(asked.spans):
        for at in range(int(begin), int(end)):
            rows.setdefault((s, int(asked.owners[at])), []).append(first[s] + at - int(begin))
    found = []
    for seat, decision in made:
        row = rows[seat.series, seat.owner].pop(0) if decision["kind"] != NOTE else -1
        refusal = refused.get((seat.series, row), Refusal.NONE)
        found.append(Told(seat, decision, refusal if decision["kind"] == ENTER else Refusal.NONE))
    return found
