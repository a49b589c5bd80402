"""Getting events into a ledger: by its trader's spool while one is up, by the same books while none is.

Events are laid into the spool first and are durable there. Where no trader holds the account, this process
keeps traders out for a moment and books what waits just as the trader would; otherwise the trader does.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ictcli.clock import now_ns
from ictcli.errors import Busy
from ictcli.ledger.address import Place
from ictcli.ledger.bodies import Alerted, AnyBody, Reconciled, Severity
from ictcli.ledger.journal import Journal, open_journal
from ictcli.reconcile.applying import corrections
from ictcli.reconcile.findings import Finding
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.set_back import why_not_corrected
from ictcli.reconcile.story import Story, Window
from ictcli.trading import laid
from ictcli.trading.lock import no_trader
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import Alert, Record
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.spool import Laid, Spooled, lay, spool_of
from ictcli.trading.spool_booking import SpoolBooking

Way = Literal["ledger", "spool", "none"]
_WORDS: dict[Way, str] = {
    "ledger": "booked in the ledger",
    "spool": "handed to the trader",
    "none": "nothing to hand over",
}
_NAMED = 3
"""Findings that an alert names; it counts the others."""


@dataclass(frozen=True, slots=True)
class Where:
    """Whose ledger it is.

    Attributes:
        place: the ledger.
        control: folder of locks (``trading.control.control_folder``).
        spool: folder of all spools (``trading.control.spool_folder``).
        account: login.
    """

    place: Place
    control: Path
    spool: Path
    account: int


@dataclass(frozen=True, slots=True)
class Applied:
    """What was handed over.

    Attributes:
        bodies: events.
        way: ``ledger``: booked; ``spool``: it waits for the trader; ``none``: there was nothing.
        file: of the spool.
        findings: names of those that the events answer.
    """

    bodies: tuple[Laid, ...] = ()
    way: Way = "none"
    file: str = ""
    findings: tuple[str, ...] = ()

    @property
    def answers(self) -> Mapping[str, str]:
        """Name of each finding that was answered = how, in words."""
        return dict.fromkeys(self.findings, _WORDS[self.way])

    def document(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "events": len(self.bodies),
            "way": self.way,
            "file": self.file,
            "findings": list(self.findings),
        }


def apply(
    findings: Sequence[Finding],
    stories: tuple[Story, Story],
    where: Where,
    now: int,
    by: str,
    tell: Callable[[str], None],
) -> Applied:
    """Carry out what policies allow by themselves.

    Args:
        findings: of these stories.
        stories: the ledger's and the broker's.
        where: the ledger.
        now: names this round, ns UTC.
        by: who asks for it.
        tell: takes lines for people.

    Raises:
        DataError: the disk refuses.
        LedgerCorrupt: the ledger is not what was written.
    """
    local, broker = stories
    if local.facts.faults:
        tell("nothing is corrected: the ledger is not what was written")
        return Applied()
    if why := why_not_corrected(where.place, local, broker):
        tell(f"nothing is corrected: {why}; start the trader, which books it and opens nothing unseen")
        return Applied()
    made = corrections(findings, broker, local, now)
    done = hand_over(made.bodies, where, by, tell)
    return Applied(done.bodies, done.way, done.file, made.findings)


def announce(
    verdict: Verdict,
    window: Window,
    digest: str,
    where: Where,
    now: int,
    by: str,
    tell: Callable[[str], None],
    source: str = "broker",
) -> Applied:
    """Let the ledger tell that it was reconciled, and people of what was found.

    Args:
        verdict: what came of it.
        window: what was compared.
        digest: SHA-256 of the report.
        where: the ledger.
        now: names the comparison, ns UTC.
        by: who asks for it.
        tell: takes lines for people.
        source: broker, or the name of a statement.

    Raises:
        DataError: the disk refuses.
        LedgerCorrupt: the ledger is not what was written.
    """
    roots = verdict.roots
    reconciled = Reconciled(
        key=f"reconciled.{now}", result=verdict.result, since=window.since, until=window.until,
        findings=len(roots), digest=digest, source=source,
    )  # fmt: skip
    alerts = [_alert(roots)] if roots else []
    return hand_over([reconciled, *alerts], where, by, tell)


def _alert(roots: Sequence[Finding]) -> Alerted:
    ranks: tuple[Severity, ...] = ("info", "warning", "critical")
    worst = max(roots, key=lambda one: ranks.index(one.severity)).severity
    named = [one.name for one in sorted(roots, key=lambda one: -ranks.index(one.severity))[:_NAMED]]
    more = [f"{len(roots) - _NAMED} more"] if len(roots) > _NAMED else []
    text = f"reconciliation found {len(roots)}: {', '.join([*named, *more])}"
    return Alerted(severity=worst, code="reconcile_findings", text=text)


def hand_over(bodies: Sequence[Laid], where: Where, by: str, tell: Callable[[str], None]) -> Applied:
    """Lay events down, and book them where no trader is up to do it.

    Args:
        bodies: the events; none leaves everything as it is.
        where: the ledger.
        by: who lays them down.
        tell: takes lines for people.

    Raises:
        DataError: the disk refuses.
        LedgerCorrupt: the ledger is not what was written.
        LedgerUnwritable: the database refuses; what was laid down stays.
    """
    if not bodies:
        return Applied()
    spool = spool_of(where.spool, where.account)
    path = lay(spool, where.place.key, bodies, by, now_ns())
    return Applied(tuple(bodies), _book(where, spool, tell), path.name)


def _book(where: Where, spool: Path, tell: Callable[[str], None]) -> Way:
    """Book what waits, unless a trader does, or the ledger is not the account's."""
    if not where.place.exists:
        return "spool"
    with ExitStack() as stack:
        try:
            stack.enter_context(no_trader(where.control, where.account, now_ns()))
            journal = stack.enter_context(open_journal(where.place, now=now_ns(), full=False))
        except Busy:
            return "spool"
        if journal.account.rpartition("/")[2] != str(where.account):
            return "spool"
        _Books(journal, spool, tell).turn()
        return "ledger"


class _Books:
    """A ledger whose trader is not up, for one round of booking.

    What is written counts as of the ledger's last event: from the instant of that one on a trader that
    begins reads what it missed at its broker, and nobody has read that here.
    """

    def __init__(self, journal: Journal, spool: Path, tell: Callable[[str], None]) -> None:
        self._journal, self._tell = journal, tell
        self._book = OrderBook()
        self._book.apply_all(journal.read())
        self._now = self._book.last_ts
        self._booking = SpoolBooking(spool, journal.key, self._book, self._take, self._record, tell)

    def turn(self) -> None:
        """Book what waits."""
        self._booking.turn()

    def _take(self, spooled: Spooled) -> None:
        scribe = Scribe(self._book, self._now)
        laid.take(scribe, spooled)
        for command in scribe.commands():
            if isinstance(command, Record):
                self._journal.append(command.bodies, command.at)
            elif isinstance(command, Alert):
                self._tell(f"{command.severity}: {command.text}")

    def _record(self, bodies: Sequence[AnyBody]) -> None:
        for body in bodies:
            self._book.apply(body, self._now)
        self._journal.append(bodies, self._now)
