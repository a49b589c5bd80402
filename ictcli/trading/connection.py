"""The line to a broker and its clock, watched: told of when they fail for long, and what that forbids."""

from collections.abc import Callable

from ictcli.brokers.broker import Broker
from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.errors import IctError
from ictcli.ledger.bodies import Alerted, ClockSeen
from ictcli.trading.engagement import Engagement
from ictcli.trading.messages import Restrict

_TOLD_AFTER = (NS_PER_MINUTE, 10 * NS_PER_MINUTE, NS_PER_HOUR)
"""How long reads may fail before a person is told, again, and then every so often."""
CLOCK_REASON = "clock: "
"""In front of the reason of a mode that was set here and is lifted here."""
MOST_OFFSET = 60 * NS_PER_SECOND


class Connection:
    """What is known of the line.

    Args:
        one: the session.
        broker: is asked for its health.
        tell: takes a line for people.
    """

    def __init__(self, one: Engagement, broker: Broker, tell: Callable[[str], None]) -> None:
        self._one, self._broker, self._tell = one, broker, tell
        self._failing = self._told = self._looked = 0

    def failed(self, error: IctError, now: int) -> None:
        """A read failed; a person is told when it lasts."""
        self._failing = self._one.measures.silent_since = self._failing or now
        due = _TOLD_AFTER[min(self._told, len(_TOLD_AFTER) - 1)]
        due *= max(1, self._told - len(_TOLD_AFTER) + 2)
        if now - self._failing < due:
            return
        self._told += 1
        minutes = (now - self._failing) // NS_PER_MINUTE
        text = f"the broker has not answered for {minutes} minutes: {error.message}"
        self._tell(f"warning: {text}")
        self._one.dispatcher.record([Alerted(severity="warning", code="broker_silent", text=text)])

    def well(self, now: int) -> None:
        """Reads were answered: after an interruption, and every hour, the clock is looked at again."""
        if not self._failing and 0 <= now - self._looked < NS_PER_HOUR:
            return
        if self._told:
            self._tell("the broker answers again")
        self._one.measures.reconnects += self._failing > 0
        self._failing = self._told = self._one.measures.silent_since = 0
        self.check_clock(now)

    def clock_set(self, by: int, now: int) -> None:
        """This machine's clock was set by so many ns: how long reads have failed has not changed."""
        if self._failing:
            self._failing = self._one.measures.silent_since = self._failing + by
        self.check_clock(now)

    def check_clock(self, now: int) -> None:
        """Note the broker's clock; one that contradicts its rule lets nothing be opened until it does not."""
        self._looked = now
        health = self._broker.health()
        offset = health.clock_offset or 0
        book, dispatcher = self._one.book, self._one.dispatcher
        dispatcher.record([ClockSeen(offset=offset, confirmed=health.clock_confirmed)])
        ours = book.mode_reason.startswith(CLOCK_REASON)
        if not health.clock_confirmed and offset > MOST_OFFSET and book.mode == "active":
            reason = f"{CLOCK_REASON}{health.detail}"
            self._tell(f"critical: {reason}")
            dispatcher.handle(Restrict("reducing", reason))
            dispatcher.record([Alerted(severity="critical", code="clock", text=health.detail)])
        elif health.clock_confirmed and ours and book.mode == "reducing":
            dispatcher.handle(Restrict("active", f"{CLOCK_REASON}its rule holds again"))
