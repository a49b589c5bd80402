"""Which messages tell what is due: alerts that say the same together, and all in one where there are many.

Nothing is left out: an alert is either a message of its own, or named or counted in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.clock import NS_PER_MINUTE
from ictcli.operations.alerts import RANK
from ictcli.operations.outbox_rows import Due, Standing


@dataclass(frozen=True, slots=True)
class Message:
    """Alerts that are told together.

    Attributes:
        rows: oldest first, never empty.
        digest: they say different things.
    """

    rows: tuple[Due, ...]
    digest: bool = False

    @property
    def severity(self) -> str:
        """Of the worst of them."""
        return max((row.severity for row in self.rows), key=lambda one: RANK[one])


def plan(rows: Sequence[Due], allowed: int) -> list[Message]:
    """The messages that tell all of ``rows``, at most so many.

    What failed least comes first, then what is most severe, then the oldest. Where there are more than
    allowed, the last message is a digest of all the rest.

    Args:
        rows: what is due.
        allowed: messages, at least 1.
    """
    groups: dict[tuple[str, int], list[Due]] = {}
    for row in rows:
        groups.setdefault((row.fingerprint, row.step), []).append(row)
    units = [tuple(sorted(group, key=lambda row: row.alert)) for group in groups.values()]
    units.sort(key=lambda unit: (min(map(_failures, unit)), -RANK[unit[0].severity], unit[0].alert))
    if len(units) <= allowed:
        return [Message(unit) for unit in units]
    rest = sorted((row for unit in units[allowed - 1 :] for row in unit), key=lambda row: row.alert)
    return [*(Message(unit) for unit in units[: allowed - 1]), Message(tuple(rest), digest=True)]


def _failures(row: Due) -> int:
    """Tries that failed; one that may have arrived is not held against it."""
    return row.tries - bool(row.doubtful)


def allowance(standing: Standing, per_minute: int, now: int) -> int:
    """Messages that a channel may be sent at once; a quarter of a minute's may come in a row."""
    gap = NS_PER_MINUTE // per_minute
    burst = max(1, per_minute // 4)
    return max(0, (now + burst * gap - max(standing.spent, now)) // gap)


def spend(standing: Standing, per_minute: int, now: int) -> Standing:
    """The standing after one more message."""
    spent = max(standing.spent, now) + NS_PER_MINUTE // per_minute
    return Standing(standing.fails, standing.blocked, spent)


def free_at(standing: Standing, per_minute: int, now: int) -> int:
    """When the next message may be sent, ns UTC."""
    gap = NS_PER_MINUTE // per_minute
    burst = max(1, per_minute // 4)
    return max(now, standing.blocked, standing.spent - (burst - 1) * gap)
