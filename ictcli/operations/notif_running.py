"""Runs of the notifier: once, until what is due is told, or for as long as nobody ends it."""

import queue
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ictcli.clock import NS_PER_SECOND, monotonic
from ictcli.config.alerts import ChannelConfig
from ictcli.config.records import Config
from ictcli.errors import ConfigError, SourceUnavailable
from ictcli.operations.alerts_ledger import Ledger
from ictcli.operations.notif import Around, Counts, Notifier, address_of
from ictcli.operations.notif_courier import ENDED, LATE, Answer, Courier, child_environ
from ictcli.operations.notif_intake import Intake
from ictcli.operations.notif_text import Letter
from ictcli.operations.outbox import only_notifier, outbox
from ictcli.trading.pulse import Pulse

PULSE = Path("alerts", "notifier.pulse")
"""Heartbeat of whoever delivers, below the state folder."""

_POLL = 0.5
_FAREWELL = 10.0
_NAP = 0.1


@dataclass(frozen=True, slots=True)
class Desk:
    """A workspace whose people are told.

    Attributes:
        state: its state folder.
        config: the configuration.
        ledgers: gives those that exist.
        around: the world.
    """

    state: Path
    config: Config
    ledgers: Callable[[], Sequence[Ledger]]
    around: Around


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a run did: alerts that were new, and what became of what was due."""

    new: int
    counts: Counts


def deliver(desk: Desk, *, wait: float = 0.0) -> Delivered:
    """Take in what is new, deliver what is due, and end; what fails waits for the next run.

    Args:
        desk: the workspace.
        wait: seconds to wait for another notifier, such as one that a timetable began in the same minute.

    Raises:
        Busy: another notifier is at work.
        ConfigError: no channel is configured, an address is missing, or apprise is not installed.
        DataError: the outbox cannot be written.
    """
    require_channels(desk.config)
    pulse = Pulse(desk.state / PULSE)
    with only_notifier(desk.state, now=desk.around.clock(), wait=wait):
        return _deliver(desk, pulse)


def _deliver(desk: Desk, pulse: Pulse) -> Delivered:
    started = desk.around.clock()
    with outbox(desk.state, now=started) as box:
        new = _intake(desk).bring(box, started)
        with closing(Notifier(box, desk.config.alerts, desk.around, started)) as notifier:
            while True:
                pulse.beat(desk.around.clock())
                notifier.turn(_POLL)
                if notifier.busy:
                    continue
                free = notifier.waiting()
                if free is None:
                    break
                time.sleep(min(_NAP, max(0.0, (free - desk.around.clock()) / NS_PER_SECOND)))
            return Delivered(new, notifier.counts)


def take_in(desk: Desk) -> int:
    """Take in what is new and deliver nothing; how many.

    Raises:
        Busy: a notifier is at work, and takes it in.
        DataError: the outbox cannot be written.
    """
    now = desk.around.clock()
    with only_notifier(desk.state, now=now), outbox(desk.state, now=now) as box:
        return _intake(desk).bring(box, now)


def follow(desk: Desk, ending: Callable[[], bool], alive: Callable[[str], None]) -> Delivered:
    """Take in and deliver until somebody ends it; what is on its way then is waited for.

    Args:
        desk: the workspace.
        ending: asked once a turn.
        alive: called once a turn, with a line for people.

    Raises:
        Busy, ConfigError, DataError: see ``deliver``.
    """
    require_channels(desk.config)
    started, intake, new = desk.around.clock(), _intake(desk), 0
    pulse, brought = Pulse(desk.state / PULSE), float("-inf")
    with (
        only_notifier(desk.state, now=started),
        outbox(desk.state, now=started) as box,
        closing(Notifier(box, desk.config.alerts, desk.around)) as notifier,
    ):
        while not ending():
            pulse.beat(desk.around.clock())
            if monotonic() - brought >= _POLL:
                new += intake.bring(box, desk.around.clock())
                brought = monotonic()
            notifier.turn(_POLL)
            alive(f"messages sent: {notifier.counts.messages}, alerts in them: {notifier.counts.alerts}")
            if not notifier.busy:
                time.sleep(_NAP)
        notifier.finish(_FAREWELL)
        return Delivered(new, notifier.counts)


def send_test(name: str, channel: ChannelConfig, desk: Desk) -> float:
    """Send one message of no consequence to a channel, past the outbox.

    Returns:
        Seconds that it took.

    Raises:
        ConfigError: the address is missing, or apprise is not installed.
        SourceUnavailable: it was not taken.
    """
    require_apprise()
    alerts, around = desk.config.alerts, desk.around
    address = address_of(name, channel, around.environ)
    secret = {one.url_env for one in alerts.channels.values()} | {alerts.ping_env}
    answers: queue.SimpleQueue[tuple[Courier, Answer | None]] = queue.SimpleQueue()
    started = monotonic()
    courier = Courier(address, answers, child_environ(around.environ, secret))
    text = f"This is a test of channel {name}: alerts of {around.desk} would come here.\n"
    courier.hand(1, Letter(f"[test] {around.desk}: alerts would come here", text, "info"))
    try:
        _, answer = answers.get(timeout=address.deadline)
        answer = answer or Answer(1, sent=False, why=ENDED)
    except queue.Empty:
        answer = Answer(1, sent=False, why=LATE)
    courier.kill()
    if not answer.sent:
        raise SourceUnavailable(
            f"channel {name} did not take the message: {answer.why}",
            hint=f"Look at the address in {channel.url_env}. `apprise -vv -b test -c FILE` says more and "
            "reads the address from a file: others could see it on a command line.",
        )
    return monotonic() - started


def require_channels(config: Config) -> None:
    """Refuse to deliver to nobody.

    Raises:
        ConfigError: no channel is configured, or apprise is not installed.
    """
    if not config.alerts.channels:
        raise ConfigError(
            "no channel is configured, so nobody can be told",
            hint="Add alerts.channels.NAME.url_env to config/ictcli.toml; see docs/alerts.md.",
        )
    require_apprise()


def require_apprise() -> None:
    """Refuse where messages cannot be sent.

    Raises:
        ConfigError: apprise is not installed.
    """
    if find_spec("apprise") is None:
        raise ConfigError(
            "alerts are delivered by apprise", hint="Install it: pip install 'ictcli[operate]'."
        )


def _intake(desk: Desk) -> Intake:
    return Intake(desk.state, desk.config, desk.ledgers)
