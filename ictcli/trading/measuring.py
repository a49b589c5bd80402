"""Measuring a session: a picture of it every second, and samples of the same for its history."""

from collections.abc import Callable
from pathlib import Path

from ictcli.clock import NS_PER_SECOND, monotonic
from ictcli.engine.margin import equity
from ictcli.errors import DataError
from ictcli.trading.engagement import Engagement
from ictcli.trading.measures import Picture
from ictcli.trading.metrics import MetricHistory

_STATM = Path("/proc/self/statm")
_PAGE = 4096


class Measuring:
    """Measures one session.

    Args:
        one: the session.
        account: login.
        broker: table of ``brokers``; empty for the built-in terminal.
        currency: of the account.
        history: keeps samples.
        show: gets every picture.
        tell: hears that samples cannot be kept.
    """

    def __init__(
        self,
        one: Engagement,
        account: int,
        broker: str,
        currency: str,
        history: MetricHistory,
        show: Callable[[Picture], None],
        tell: Callable[[str], None],
    ) -> None:
        self._one, self._account, self._broker, self._currency = one, account, broker, currency
        self._history, self._show, self._tell = history, show, tell
        self._shown = 0
        self._turned, self._gap = 0.0, 0.0

    def turn(self, now: int, probed: int) -> None:
        """The loop has come round.

        Args:
            now: ns UTC.
            probed: when the ledger answered last, ns UTC.
        """
        at = monotonic()
        self._gap = max(self._gap, at - self._turned) if self._turned else 0.0
        self._turned = at
        due = self._history.due(now)
        if not due and 0 <= now - self._shown < NS_PER_SECOND:
            return
        self._shown = now
        values, labelled = self._values(), {"quote_age_seconds": self._quote_ages(now)}
        self._show(self._picture(now, probed, values, labelled))
        if due:
            self._sample(now, values, labelled)

    def end(self) -> None:
        """Write what was sampled and not written yet."""
        try:
            self._history.flush()
        except DataError as error:
            self._tell(error.message)

    def _sample(self, now: int, values: dict[str, float], labelled: dict[str, dict[str, float]]) -> None:
        values = values | self._one.measures.lately() | {"turn_gap_seconds": self._gap}
        self._gap = 0.0
        try:
            self._history.sample(now, values, labelled)
        except DataError as error:
            self._tell(error.message)

    def _values(self) -> dict[str, float]:
        world, book, measures = self._one.trader.account.desk.world, self._one.book, self._one.measures
        units = self._one.trader.account.units[0]
        worth = int(equity(world.account[0], world.series, world.states, world.positions))
        return {
            "balance": float(units.money(int(world.account[0]["balance"]))),
            "equity": float(units.money(worth)),
            "positions": float(len(book.positions)),
            "working_orders": float(len(book.working)),
            "unknown_orders": float(len(book.unresolved())),
            "halted": float(book.latched is not None),
            "ledger_events": float(self._one.journal.last),
            "wal_bytes": float(self._one.journal.log_bytes),
            "clock_offset_seconds": measures.clock_offset / NS_PER_SECOND,
            "balance_difference": float(measures.difference),
            "reconnects": float(measures.reconnects),
            "resident_bytes": float(resident_bytes()),
        }

    def _quote_ages(self, now: int) -> dict[str, float]:
        quoted = self._one.trader.bookings.quoted()
        return {symbol: max(0.0, (now - ts) / NS_PER_SECOND) for symbol, ts in quoted.items()}

    def _picture(
        self, now: int, probed: int, values: dict[str, float], labelled: dict[str, dict[str, float]]
    ) -> Picture:
        book, measures = self._one.book, self._one.measures
        return Picture(
            at=now,
            account=self._account,
            broker=self._broker,
            mode=measures.mode,
            run=measures.run,
            currency=self._currency,
            allowed=book.mode,
            why=book.mode_reason,
            recovering=bool(book.recovering),
            silent_since=measures.silent_since,
            probed=probed,
            reached=self._one.at,
            bars=dict(measures.bars),
            values=values,
            labelled=labelled,
            counts={name: dict(own) for name, own in measures.counts.items()},
            distributions={name: tally.seen() for name, tally in measures.tallies.items()},
        )


def resident_bytes() -> int:
    """Memory of this process as the system sees it; 0 where it does not tell."""
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
