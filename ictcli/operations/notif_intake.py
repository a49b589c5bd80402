"""Everything there is to tell, brought into the outbox: spool, ledgers, and a look around."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ictcli.clock import NS_PER_SECOND, parse_duration
from ictcli.config.records import Config
from ictcli.errors import IctError
from ictcli.operations.alerts import Acknowledgement, Alert, daily
from ictcli.operations.alerts_checks import look_around, stops
from ictcli.operations.alerts_ledger import Ledger, read_alerts
from ictcli.operations.alerts_spool import Laid, laid, taken

if TYPE_CHECKING:
    from ictcli.operations.outbox import Outbox

_LOOK_EVERY = 15 * NS_PER_SECOND
_TEND_EVERY = 3600 * NS_PER_SECOND
_SELDOM = 1_000
"""Events without an alert among them after which it is written down that they were read."""


@dataclass(slots=True)
class Intake:
    """Brings in what is new.

    Attributes:
        state: the workspace's state folder.
        config: the configuration.
        ledgers: those that exist at the moment.
    """

    state: Path
    config: Config
    ledgers: Callable[[], Sequence[Ledger]]
    looked: int = 0
    tended: int = 0
    caught_up: bool = False

    def bring(self, box: "Outbox", now: int) -> int:
        """Take in what is new at an instant, ns UTC, and let alerts that nobody acknowledged rise.

        Returns:
            How many alerts were new.

        Raises:
            DataError: the outbox cannot be written.
        """
        ledgers = self.ledgers()
        new = self._spool(box, now) + sum(self._ledger(box, one, now) for one in ledgers)
        new += box.take(stops(self.state, now), self.config.alerts, now)
        if not 0 <= now - self.looked < _LOOK_EVERY:
            self.looked = now
            new += box.take(self._around(ledgers, now), self.config.alerts, now)
        if not self.caught_up:
            self.caught_up = True
            box.catch_up(self.config.alerts, now)
        box.escalate(self.config.alerts, now)
        if not 0 <= now - self.tended < _TEND_EVERY:
            self.tended = now
            box.forget(now - parse_duration(self.config.alerts.keep))
        return new

    def _spool(self, box: "Outbox", now: int) -> int:
        new = 0
        waiting: list[Laid] = []
        for one in laid(self.state):
            waiting.append(one)
            if isinstance(one.what, Acknowledgement):
                box.acknowledge(one.what)
        alerts = [_told(one, now) for one in waiting if not isinstance(one.what, Acknowledgement)]
        if alerts:
            new = box.take(alerts, self.config.alerts, now)
        for one in waiting:
            taken(one)
        return new

    def _ledger(self, box: "Outbox", ledger: Ledger, now: int) -> int:
        last = box.position(ledger.name)
        try:
            alerts, read = read_alerts(ledger, last, parse_duration(self.config.alerts.first_look))
        except IctError as error:
            trouble = daily("ledger_unreadable", "critical", error.message, now, ledger.name)
            return box.take([trouble], self.config.alerts, now)
        if last.number and not alerts and 0 <= read.number - last.number < _SELDOM:
            return 0
        return box.take(alerts, self.config.alerts, now, (ledger.name, read))

    def _around(self, ledgers: Sequence[Ledger], now: int) -> list[Alert]:
        try:
            return look_around(self.state, self.config, ledgers, now)
        except IctError as error:
            return [daily("unreadable", "warning", error.message, now)]


def _told(one: Laid, now: int) -> Alert:
    if isinstance(one.what, Alert):
        return one.what
    return Alert(f"spool:{one.path.name}", "spool_refused", "warning", f"{one.path.name} is no alert", now)
