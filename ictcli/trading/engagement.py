"""A trader at its broker: journal, order manager, shell and account, put together and brought up to date."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import msgspec

from ictcli.brokers.broker import Broker
from ictcli.config.records import Config
from ictcli.config.trading import TradeConfig
from ictcli.errors import DataError, LedgerUnwritable, PolicyRefused
from ictcli.ledger.bodies import Checkpoint, Intent, Sent, Start, Stop
from ictcli.ledger.journal import Journal
from ictcli.trading.account import Account
from ictcli.trading.catching_up import CaughtUp, catch_up
from ictcli.trading.checkpoints import TraderState, read_checkpoint, restore, state_of, write_checkpoint
from ictcli.trading.dispatch import Dispatcher, HaltLatch
from ictcli.trading.invariants import journal_faults
from ictcli.trading.manager import OrderManager
from ictcli.trading.measures import MeasuredLog, Measures
from ictcli.trading.messages import Alert, Begin, Restrict, Told
from ictcli.trading.orderbook import Notice, OrderBook
from ictcli.trading.restriction import restricted
from ictcli.trading.trader import Trader
from ictcli.trading.wishes import Header, Wish

_MOST_FAULTS = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session keeps to.

    Attributes:
        settings: the ``[trade]`` table.
        header: account number, strategies, hash of the configuration.
        timeframes: of every series.
        identity: what is traded and how; a checkpoint of anything else is not gone on from.
        start: first instant of the account's rolls, ns UTC.
        folder: of checkpoints.
        money: what sizes and permissions follow from (``money_of``).
    """

    settings: TradeConfig
    header: Header
    timeframes: tuple[str, ...]
    identity: str
    start: int
    folder: Path
    money: str = ""


class Engagement:
    """One session of a trader.

    Args:
        account: as it was before its first bar, warmed up where nothing is gone on from.
        broker: connected.
        journal: of the account.
        latch: the emergency stop.
        now: the instant, ns UTC.
        terms: what it keeps to.
        tell: takes lines for people.
        names: our symbol = the broker's, where they differ.
        real: the real clock, where bars come as they close (``Trader``).
    """

    def __init__(
        self,
        account: Account,
        broker: Broker,
        journal: Journal,
        latch: HaltLatch,
        now: Callable[[], int],
        terms: Terms,
        tell: Callable[[str], None],
        names: dict[str, str] | None = None,
        real: Callable[[], int] | None = None,
    ) -> None:
        self.terms, self.journal, self._now, self._say = terms, journal, now, tell
        self.book = OrderBook()
        self.book.apply_all(journal.read())
        self.manager = OrderManager(terms.settings, self.book, names)
        self.trader = Trader(account, broker, terms.header, now, real)
        self.measures = Measures(tell)
        measured = MeasuredLog(journal, self.measures)
        self.dispatcher = Dispatcher(self.manager, measured, broker, now, latch, self._tell)
        self.trader.attach(self.dispatcher, self.manager.since)
        self.at = 0
        self._since_checkpoint = 0

    def catch_up(self, checkpoint: Checkpoint | None) -> CaughtUp:
        """Bring the account to the end of the journal; what it wants and never wrote down is given back.

        Args:
            checkpoint: that it is brought up to date from; None: it begins here.

        Raises:
            DataError: the checkpoint cannot be read.
            PolicyRefused: what was decided behind it would come out in other sizes.
        """
        if checkpoint is None:
            return CaughtUp(self.journal.last, 0)
        saved = read_checkpoint(self.terms.folder, checkpoint)
        edited = saved.money != self.terms.money
        if edited:
            self._refuse_other_sizes(saved.seq)
        restore(self.trader, saved)
        state = catch_up(self.trader, self.journal.read(), saved.seq, saved.at, self.terms.timeframes)
        self.at = state.at
        if edited:
            self.submit([wish for wish in state.unsent if wish.action == "place"], fresh=False)
            state.unsent = [wish for wish in state.unsent if wish.action != "place"]
        return state

    def _refuse_other_sizes(self, after: int) -> None:
        """What was sent behind the checkpoint is worked out again, which must give the same orders."""
        sent = (entry.body for entry in self.journal.read(after))
        if any(isinstance(body, Intent) and "series" in body.local for body in sent):
            raise PolicyRefused(
                "account, sizing, risk or costs were changed since the trader was killed",
                hint="Undo the change, let it run and end in good order once (--once), then change it.",
            )

    def begin(self, start: Start, answers: Sequence[Told] = ()) -> None:
        """Let the order manager resolve what is open.

        Args:
            start: put down first.
            answers: to requests whose sending was recorded last, where they are known.
        """
        self.check_journal()
        self.dispatcher.handle(Begin(start, tuple(answers)))
        if line := restricted(self.book.mode, self.book.mode_reason):
            self._say(f"warning: {line}")

    def submit(self, unsent: Sequence[Wish], *, fresh: bool) -> None:
        """Send what was wanted before the account's last end and never written down.

        Args:
            unsent: given back by ``catch_up``.
            fresh: False gives up what would open: its bar closed too long ago.
        """
        for wish in unsent:
            if wish.action != "place" or fresh:
                self.trader.quote(wish.series)
                self.trader.submit([wish])
            else:
                self.trader.drop(wish)

    def refuse_strangers(self, *, known: bool) -> None:
        """Refuse to begin anew beside positions and orders of another set-up.

        Args:
            known: a checkpoint of this very set-up is gone on from.

        Raises:
            PolicyRefused: something is open.
        """
        if not known and (self.book.positions or self.book.working):
            raise PolicyRefused(
                f"{len(self.book.positions)} positions and {len(self.book.working)} orders of another set-up "
                "are open",
                hint="Start it as it was once (--once), which settles what is unknown, then change it. To "
                "close the rest: ictcli halt --flatten, start it as it was (no --once), ictcli resume.",
            )

    def checkpoint(self, *, always: bool = False) -> None:
        """Write down everything that is remembered, when enough bars have passed."""
        self._since_checkpoint += 1
        if not always and self._since_checkpoint < self.terms.settings.checkpoint_bars:
            return
        self._since_checkpoint = 0
        self.trader.flush()
        self.trader.bookings.settle()
        terms = self.terms
        state = state_of(self.trader, self.journal.last, self.at, terms.start, terms.identity, terms.money)
        self.dispatcher.record([write_checkpoint(self.terms.folder, state)])

    def check_journal(self) -> list[str]:
        """What the journal breaks of what must always hold; anything halts trading until a person looked."""
        faults = journal_faults(self.book, list(self.journal.read()))
        if faults and self.book.mode != "halted":
            self._say(f"critical: the journal breaks what must hold: {'; '.join(faults[:_MOST_FAULTS])}")
            self.dispatcher.handle(Restrict("halted", f"invariants: {'; '.join(faults[:_MOST_FAULTS])}"))
        return faults

    def rescue(self) -> None:
        """After the journal failed: keep on a plain file what happened and was not written.

        What was decided and not written was not done, and is left out together with all that came behind it.

        Raises:
            LedgerUnwritable: that file is refused as well.
        """
        bodies, at = self.dispatcher.refused
        happened = list(takewhile(lambda body: not isinstance(body, Intent | Sent), bodies))
        if happened and isinstance(self.dispatcher.dead, LedgerUnwritable):
            self.journal.spill(happened, at)
            self._say(f"{len(happened)} events were kept in the spill file for the next start")
        self._say("the ledger takes nothing more: trading ends, stops at the broker hold")

    def end(self, reason: str) -> None:
        """End in good order; resting orders are withdrawn first where ``trade.at_stop`` says so."""
        if self.terms.settings.at_stop == "cancel":
            self.trader.submit(self.trader.account.clear(self._now(), positions=False))
        self.checkpoint(always=True)
        self.dispatcher.record([Stop(reason=reason)])

    def _tell(self, what: Notice | Alert) -> None:
        if isinstance(what, Alert):
            self._say(f"{what.severity}: {what.text}")
        else:
            self.trader.bookings.told(what)


def money_of(config: Config) -> str:
    """What sizes, permissions and costs follow from, as a digest."""
    tables = [config.account, config.sizing, config.risk, config.backtest]
    return hashlib.sha256(msgspec.json.encode(tables, order="sorted")).hexdigest()


def last_state(journal: Journal, folder: Path) -> tuple[Checkpoint, TraderState] | None:
    """The checkpoint that a trader can go on from, the last one that can be read, and what it holds.

    Args:
        journal: of the account.
        folder: of checkpoints.
    """
    found = [entry.body for entry in journal.read() if isinstance(entry.body, Checkpoint)]
    for body in reversed(found):
        try:
            return body, read_checkpoint(folder, body)
        except DataError:
            continue
    return None
