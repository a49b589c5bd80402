"""The share of a terminal's own time online in which a loop could trade, from what was seen from outside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ictcli.ledger.bodies import Latched, ModeSet, Released, Start
from ictcli.ledger.log import Entry
from ictcli.stress.claims import CONFIDENCE
from ictcli.stress.outages import Outage, Return
from ictcli.stress.scenario import Bound, Claim

Span = tuple[int, int]
"""First instant and the one behind the last, ns UTC."""
_RESAMPLES = 4_000


def online(outages: Sequence[Outage], start: int, end: int) -> list[Span]:
    """Spans between outages."""
    found, at = [], start
    for one in outages:
        if one.start >= end:
            break
        found.append((at, one.start))
        at = one.end
    return [*found, (at, end)] if at < end else found


def away(returns: Iterable[Return], end: int) -> list[Span]:
    """Spans from the end of an outage that was noticed until the terminal was asked again, and answered."""
    return [(one.outage.end, one.back or end) for one in returns]


def forbidden(entries: Iterable[Entry], end: int) -> list[Span]:
    """Spans in which the trader itself allowed nothing to be opened, as its ledger says.

    The time from its start to its first comparison with the broker counts as well.
    """
    found: list[Span] = []
    since, latched, barred = 0, False, False
    for entry in entries:
        body = entry.body
        if isinstance(body, Start):
            barred = True
        elif isinstance(body, ModeSet):
            barred = body.mode != "active"
        elif isinstance(body, Latched | Released):
            latched = isinstance(body, Latched)
        else:
            continue
        shut = barred or latched
        if shut and not since:
            since = entry.ts
        elif not shut and since:
            found.append((since, entry.ts))
            since = 0
    return [*found, (since, end)] if since else found


def lost_within(spans: Iterable[Span], within: Span) -> int:
    """How much of one span others cover together, ns."""
    start, end = within
    lost, at = 0, start
    for first, last in sorted(spans):
        begun, over = max(first, at), min(last, end)
        if over > begun:
            lost += over - begun
            at = over
    return lost


@dataclass(frozen=True, slots=True)
class Uptime:
    """Time online and the part of it that was lost, one number each per span, ns."""

    online: tuple[int, ...]
    lost: tuple[int, ...]

    @staticmethod
    def of(spans: Sequence[Span], unusable: Sequence[Span]) -> "Uptime":
        """That of spans online of which others could not be used."""
        kept = [one for one in spans if one[1] > one[0]]
        return Uptime(tuple(b - a for a, b in kept), tuple(lost_within(unusable, one) for one in kept))

    def __add__(self, other: "Uptime") -> "Uptime":
        return Uptime(self.online + other.online, self.lost + other.lost)


def availability_claim(uptime: Uptime, threshold: float, seed: int, note: str) -> Claim:
    """The share of time online that could be used; its bound resamples whole spans.

    What an outage costs behind its end varies from one to the next, and one span holds one of them.

    Args:
        uptime: of all seeds.
        threshold: share of 1.
        seed: of the resampling.
        note: see ``Claim``.
    """
    up, lost = np.array(uptime.online, float), np.array(uptime.lost, float)
    n = len(up)
    value = 1.0 - float(lost.sum() / up.sum()) if n else None
    low = None
    if n > 1:
        drawn = np.random.default_rng(seed).integers(0, n, (_RESAMPLES, n))
        shares = 1.0 - lost[drawn].sum(axis=1) / up[drawn].sum(axis=1)
        low = float(np.quantile(shares, 1.0 - CONFIDENCE))
    bound = Bound("bootstrap of spans between outages", low, None, CONFIDENCE)
    name = "time online in which the loop could trade"
    return Claim(name, value, "share", n, "spans online", bound, threshold, ">=", note)
