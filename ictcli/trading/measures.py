"""What a session can be measured by, counted as its journal grows; and a picture of it for others to show.

Counting never fails and never waits: it happens between two requests. Whoever shows the picture gets plain
values that nobody changes any more.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ictcli.clock import NS_PER_SECOND, monotonic
from ictcli.ledger.bodies import (
    Acked,
    Alerted,
    AnyBody,
    BarTaken,
    ClockSeen,
    Denied,
    Done,
    Ended,
    Filled,
    Intent,
    Rejected,
    Sent,
    Start,
    Synced,
    Unresolved,
    Withheld,
)
from ictcli.ledger.log import Entry, Log

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
POINTS = (-10.0, -5.0, -2.0, -1.0, 0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_MOST_FOLLOWED = 4_096
"""Intents whose end is waited for; of more, the oldest are let go."""

Listener = Callable[[Sequence[AnyBody], int], None]


def deaf(bodies: Sequence[AnyBody], at: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often values fell into which range: ``counts[i]`` values up to ``bounds[i]``, the last above."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @property
    def n(self) -> int:
        """How many values there were."""
        return sum(self.counts)


class Tally:
    """A distribution that grows, and what came since it was asked last.

    Args:
        bounds: upper ends of the ranges, rising.
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0
        self._lately, self._sum = 0, 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value
        self._lately, self._sum = self._lately + 1, self._sum + value

    def lately(self) -> float | None:
        """Mean of what came since this was asked last; None where nothing came."""
        mean = self._sum / self._lately if self._lately else None
        self._lately, self._sum = 0, 0.0
        return mean

    def seen(self) -> Distribution:
        """Everything so far."""
        return Distribution(self._bounds, tuple(self._counts), self._total)


@dataclass(frozen=True, slots=True)
class Picture:
    """A session at one instant, in plain values.

    Attributes:
        at: ns UTC.
        account: login.
        broker: table of ``brokers``; empty for the built-in terminal.
        mode: paper or live.
        run: of the trader, as in the ledger.
        currency: of the account.
        allowed: active, reducing or halted, and ``why``.
        recovering: what is open is still being resolved.
        silent_since: since when the broker does not answer, ns UTC; 0 while it does.
        probed: when the ledger answered last, ns UTC.
        reached: close of the last bar of any series that was decided on or learned from, ns UTC.
        bars: symbol and timeframe = close of the last bar since the start, ns UTC.
        values: metric = value in base units.
        labelled: metric = label = value.
        counts: counter = label = how often.
        distributions: by name.
    """

    at: int
    account: int
    broker: str
    mode: str
    run: str
    currency: str
    allowed: str
    why: str
    recovering: bool
    silent_since: int
    probed: int
    reached: int
    bars: Mapping[tuple[str, str], int]
    values: Mapping[str, float]
    labelled: Mapping[str, Mapping[str, float]]
    counts: Mapping[str, Mapping[str, int]]
    distributions: Mapping[str, Distribution]


def unseen(picture: Picture) -> None:
    """Nobody looks."""


@dataclass(slots=True)
class _Followed:
    """An intent whose end is waited for; ``sent``: when, seconds of a monotonic clock, 0 for not yet."""

    intent: Intent
    sent: float = 0.0
    filled: Decimal = Decimal(0)


class Measures:
    """The counts of one session.

    Args:
        tell: hears once that counting, or the listener, failed.

    Attributes:
        listener: gets every event once it is durable.
        run, mode: as the journal tells them.
        clock_offset: the broker's clock less ours, ns.
        difference: the broker's balance less ours when they were compared last.
        reconnects: how often the broker answered again after it had not.
        silent_since: since when it does not answer, ns UTC; 0 while it does.
        bars: symbol and timeframe = close of the last bar, ns UTC.
        counts: counter = label = how often.
        tallies: distributions by name.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.listener: Listener = deaf
        self.run = self.mode = ""
        self.clock_offset = 0
        self.difference = Decimal(0)
        self.reconnects = self.silent_since = 0
        self.bars: dict[tuple[str, str], int] = {}
        self.counts: dict[str, dict[str, int]] = {}
        self.tallies = {
            "ledger_commit_seconds": Tally(SECONDS), "order_ack_seconds": Tally(SECONDS),
            "fill_to_book_seconds": Tally(SECONDS), "slippage_points": Tally(POINTS),
        }  # fmt: skip
        self._tell, self._complained = tell, False
        self._followed: dict[str, _Followed] = {}
        self._digits: dict[str, int] = {}

    def take(self, bodies: Sequence[AnyBody], at: int, seconds: float) -> None:
        """Count events that are durable.

        Args:
            bodies: in order.
            at: when they were written, ns UTC.
            seconds: how long that took.
        """
        try:
            self.tallies["ledger_commit_seconds"].add(seconds)
            for body in bodies:
                self._take(body, at)
            self.listener(bodies, at)
        except Exception as error:  # whoever only shows what happens must not end a trader
            self.listener = deaf
            self._complain(f"events are not counted and logged as they should be: {error!r}")

    def _complain(self, text: str) -> None:
        if not self._complained:
            self._complained = True
            self._tell(f"warning: {text}")

    def lately(self) -> dict[str, float]:
        """Means of what was measured since this was asked last."""
        means = {name: tally.lately() for name, tally in self.tallies.items()}
        return {name: mean for name, mean in means.items() if mean is not None}

    def _take(self, body: AnyBody, at: int) -> None:
        if isinstance(body, BarTaken):
            self._digits[body.symbol] = body.digits
            self.bars[body.symbol, body.timeframe] = body.ts_close
            self._count("bars", "late" if body.late else "timely" if body.timely else "played")
        elif isinstance(body, Intent):
            self._follow(body)
        elif isinstance(body, Denied | Sent | Withheld | Acked | Rejected | Unresolved):
            self._take_request(body)
        elif isinstance(body, Filled):
            self._take_deal(body, at)
        elif isinstance(body, Done | Ended):
            self._followed.pop(body.id, None)
        else:
            self._take_state(body)

    def _take_request(self, body: Denied | Sent | Withheld | Acked | Rejected | Unresolved) -> None:
        if isinstance(body, Sent):
            if (followed := self._followed.get(body.id)) is not None:
                followed.sent = monotonic()
            return
        outcome = "retried" if isinstance(body, Rejected) and body.again else _OUTCOMES[type(body)]
        self._count("orders", outcome)
        if isinstance(body, Denied):
            self._count("denials", body.code)
        followed = self._followed.get(body.id)
        if followed is not None and followed.sent and isinstance(body, Acked | Rejected):
            self.tallies["order_ack_seconds"].add(monotonic() - followed.sent)
            followed.sent = 0.0

    def _take_deal(self, body: Filled, at: int) -> None:
        self._count(
            "fills", "of the position" if body.of_position else "of an order" if body.id else "foreign"
        )
        if not body.recovered:
            self.tallies["fill_to_book_seconds"].add(max(0, at - body.ts) / NS_PER_SECOND)
        followed = self._followed.get(body.id)
        if followed is None or body.of_position:
            return
        followed.filled += body.volume
        if followed.intent.volume is not None and followed.filled >= followed.intent.volume:
            del self._followed[body.id]
        if followed.intent.expected is None or not body.side:
            return
        slipped = body.side * (body.price - followed.intent.expected)
        digits = self._digits.get(body.symbol, -int(body.price.as_tuple().exponent))
        self.tallies["slippage_points"].add(float(slipped.scaleb(digits)))

    def _take_state(self, body: AnyBody) -> None:
        if isinstance(body, Start):
            self.run, self.mode = body.run, body.mode
        elif isinstance(body, ClockSeen):
            self.clock_offset = body.offset
        elif isinstance(body, Synced):
            self.difference = body.difference
        elif isinstance(body, Alerted):
            self._count("alerts", body.severity)

    def _follow(self, intent: Intent) -> None:
        self._followed[intent.id] = _Followed(intent)
        if len(self._followed) > _MOST_FOLLOWED:
            del self._followed[next(iter(self._followed))]

    def _count(self, counter: str, label: str) -> None:
        own = self.counts.setdefault(counter, {})
        own[label] = own.get(label, 0) + 1


_OUTCOMES: Mapping[type, str] = {
    Denied: "denied",
    Withheld: "withheld",
    Acked: "acknowledged",
    Rejected: "rejected",
    Unresolved: "unknown",
}


class MeasuredLog:
    """A journal whose appends are counted (``ledger.log.Log``)."""

    def __init__(self, log: Log, measures: Measures) -> None:
        self._log, self._measures = log, measures

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Write events durably, then count them."""
        began = monotonic()
        last = self._log.append(bodies, now)
        self._measures.take(bodies, now, monotonic() - began)
        return last

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Events behind a sequence number, in order."""
        return self._log.read(after)

    @property
    def last(self) -> int:
        """The last sequence number."""
        return self._log.last
