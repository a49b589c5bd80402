"""What a trading loop does every turn besides trading: hear the emergency stop, book what waits, measure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ictcli.clock import NS_PER_SECOND, monotonic
from ictcli.config.trading import OperatorFee
from ictcli.errors import DataError
from ictcli.ledger.bodies import Alerted, AnyBody, Latched
from ictcli.trading.acknowledgement import Acknowledgement, acknowledge
from ictcli.trading.closed_trades import ClosedTrades
from ictcli.trading.engagement import Engagement
from ictcli.trading.fees import fees_of
from ictcli.trading.latch import Halt, Latch
from ictcli.trading.manager_orders import pause
from ictcli.trading.measures import Picture, unseen
from ictcli.trading.measuring import Measuring
from ictcli.trading.messages import FromOutside, Passed
from ictcli.trading.messages import Latch as LatchInput
from ictcli.trading.metrics import MetricHistory
from ictcli.trading.pulse import Pulse, pulse_file
from ictcli.trading.set_clock import SetClock
from ictcli.trading.spool import Spooled
from ictcli.trading.spool_booking import SpoolBooking

_PROBE_EVERY = NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Files and schedules of a session.

    Attributes:
        control, spool: folders.
        latch: the emergency stop.
        fees: operator fees by name.
        currency: of the account.
        metrics: history of measurements.
        tell: takes lines for people.
        broker: table of ``brokers``; empty for the built-in terminal.
        pictured: gets a picture of the session every second.
        elapsed: seconds of a clock that nobody sets, from an arbitrary origin.
    """

    control: Path
    spool: Path
    latch: Latch
    fees: dict[str, OperatorFee]
    currency: str
    metrics: MetricHistory
    tell: Callable[[str], None]
    broker: str = ""
    pictured: Callable[[Picture], None] = unseen
    elapsed: Callable[[], float] = monotonic


class Duties:
    """The duties of one session.

    Args:
        one: the session.
        around: files and schedules.
        account: login.

    Attributes:
        clock: whether this machine's was set.
    """

    def __init__(self, one: Engagement, around: Surroundings, account: int) -> None:
        self._one, self._around, self._account = one, around, account
        self.clock = SetClock(around.elapsed)
        self._pulse = Pulse(pulse_file(around.control, account))
        self._measuring = Measuring(
            one, account, around.broker, around.currency, around.metrics, around.pictured, around.tell
        )
        self._trades, self._seen = ClosedTrades(), 0
        self._spool = SpoolBooking(
            around.spool, one.journal.key, one.book, self._take_laid, one.dispatcher.record, around.tell
        )
        self._said: Acknowledgement | None = None
        self._found: tuple[int, int] | None = None
        self._close_at = self._closings = self._probed = 0

    def turn(self, now: int) -> None:
        """Do everything that is due at an instant, ns UTC.

        Raises:
            LedgerUnwritable: the ledger answers no longer.
            LedgerFenced: another process has taken it over.
        """
        if self.clock.turn(now):
            self._follow_clock()
        if now - self._probed >= _PROBE_EVERY:
            self._probed = now
            self._one.journal.probe()
            self._pulse.beat(now)
        self._hear(now)
        self._spool.turn()
        self._book_fees()
        wake = self._one.dispatcher.wake_at
        if wake is not None and wake <= now:
            self._one.dispatcher.wake_at = None
            self._one.dispatcher.handle(Passed())
        self._measuring.turn(now, self._probed)

    def _follow_clock(self) -> None:
        """Set what is due along with a clock that was set: nothing may wait for hours to pass again."""
        by, text = self.clock.by, self.clock.told()
        self._probed += by
        self._close_at += by
        self._around.tell(f"warning: {text}")
        self._one.dispatcher.record([Alerted(severity="warning", code="clock_set", text=text)])
        if self._one.dispatcher.wake_at is not None:
            self._one.dispatcher.handle(Passed())

    def end(self) -> None:
        """Write what was measured and not written yet."""
        self._measuring.end()

    def _take_laid(self, laid: Spooled) -> None:
        self._one.dispatcher.handle(FromOutside(laid))

    def _hear(self, now: int) -> None:
        """Tell the order manager of the emergency stop, withdraw what rests, and answer."""
        halt = self._around.latch.halt()
        if halt is None:
            if self._one.book.latched is not None:
                self._one.dispatcher.handle(self._lifting(self._one.book.latched))
            self._said, self._found, self._close_at, self._closings = None, None, 0, 0
            return
        self._note_found()
        held = self._one.book.latched
        if held is None or (halt.flatten and not held.flatten):
            self._one.dispatcher.handle(
                LatchInput(
                    on=True, reason=halt.reason, by=halt.by, epoch=halt.epoch, flatten=halt.flatten
                )
            )  # fmt: skip
        self._clear(now, flatten=halt.flatten)
        self._answer(halt, now)

    def _lifting(self, held: Latched) -> LatchInput:
        """Who lifted the stop and why, as its release tells; a file removed by hand tells nothing."""
        lifted = self._around.latch.released()
        if lifted is None or lifted.released is None or lifted.epoch < held.epoch:
            return LatchInput(on=False, reason="its file was removed", by="")
        return LatchInput(on=False, reason=lifted.released.reason, by=lifted.released.by)

    def _note_found(self) -> None:
        """Remember what there was when the stop was heard of, to tell what became of it."""
        book = self._one.book
        resting = sum(1 for one in book.working_orders() if one.intent.action == "place")
        self._found = self._found or (resting, len(book.positions))

    def _clear(self, now: int, *, flatten: bool) -> None:
        """Withdraw what rests and close what is open; after a refused close, not at once again."""
        trader = self._one.trader
        wishes = trader.account.clear(now, positions=flatten and now >= self._close_at)
        if any(one.action == "close" for one in wishes):
            self._close_at, self._closings = now + pause(self._closings), self._closings + 1
        trader.submit(wishes)

    def _answer(self, halt: Halt, now: int) -> None:
        book = self._one.book
        resting = sum(1 for one in book.working_orders() if one.intent.action == "place")
        left = len(book.positions) if halt.flatten else 0
        unresolved = len(book.unresolved())
        done = not (resting or left or unresolved)
        orders, positions = self._found or (resting, len(book.positions))
        said = Acknowledgement(
            halt.epoch, self._account, now, "done" if done else "heard", resting=resting,
            positions=len(book.positions), unresolved=unresolved,
            cancelled=max(0, orders - resting), closed=max(0, positions - len(book.positions)),
        )  # fmt: skip
        if self._said is not None and (self._said.epoch, self._said.stage) == (said.epoch, said.stage):
            return
        self._said = said
        try:
            acknowledge(self._around.control, said)
        except DataError as error:
            self._around.tell(error.message)

    def _book_fees(self) -> None:
        """Book the operator's fees of trades that have finished."""
        if not self._around.fees or self._one.journal.last == self._seen:
            return
        due: list[AnyBody] = []
        for entry in self._one.journal.read(self._seen):
            trade = self._trades.take(entry)
            if trade is not None and trade.before is None and trade.mode != "dry":
                fees = fees_of(trade, self._around.fees, self._around.currency)
                due += [cash for cash in fees if cash.key not in self._one.book.movements]
            self._seen = entry.seq
        if due:
            self._one.dispatcher.record(due)
