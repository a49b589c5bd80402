"""The notifier: takes in what there is to tell, and delivers what is due, channel by channel.

A channel that fails is left alone for a while that grows and is drawn by lot; the others go on. Every step
is written down before and after, so this process may end anywhere.
"""

import queue
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ictcli.clock import NS_PER_SECOND, monotonic, parse_duration
from ictcli.config.alerts import AlertsConfig, ChannelConfig
from ictcli.errors import ConfigError
from ictcli.operations.notif_courier import ENDED, LATE, Address, Answer, Courier, child_environ
from ictcli.operations.notif_plan import Message, allowance, free_at, plan, spend
from ictcli.operations.notif_text import letter_of
from ictcli.operations.outbox_rows import Due
from ictcli.terminals.secret import read_secret

if TYPE_CHECKING:
    from ictcli.operations.outbox import Outbox

_FIRST, _LONGEST = 5 * NS_PER_SECOND, 900 * NS_PER_SECOND
"""Back-off: most after the first failure, and most at all."""
_LEAST = NS_PER_SECOND
_LINGER = 10.0
"""Seconds that a delivering process waits for more: in a storm one serves for many messages."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a notifier needs of the world.

    Attributes:
        environ: environment variables.
        desk: names the workspace in every message.
        clock: the instant, ns UTC.
        lot: draws the back-off.
        tell: takes lines for people.
    """

    environ: Mapping[str, str]
    desk: str
    clock: Callable[[], int]
    lot: random.Random
    tell: Callable[[str], None]


@dataclass(slots=True)
class Counts:
    """What a notifier did: messages that were taken, alerts in them, messages that failed."""

    messages: int = 0
    alerts: int = 0
    failures: int = 0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Trip:
    """A courier under way: what is left for it, what it carries, and until when."""

    courier: Courier
    left: list[Message]
    carries: Message
    number: int
    until: float


class Notifier:
    """Delivers what is due.

    Args:
        box: the outbox, open to its writer.
        config: channels.
        around: the world.
        until: send only what was due by then, ns UTC; None: whatever comes to be due.

    Raises:
        ConfigError: no channel has an address.
    """

    def __init__(self, box: "Outbox", config: AlertsConfig, around: Around, until: int | None = None) -> None:
        self._box, self._config, self._around, self._until = box, config, around, until
        self.counts = Counts()
        self._addresses = self._find()
        secret = {channel.url_env for channel in config.channels.values()} | {config.ping_env}
        self._environ = child_environ(around.environ, secret)
        self._answers: queue.SimpleQueue[tuple[Courier, Answer | None]] = queue.SimpleQueue()
        self._trips: dict[str, _Trip] = {}
        self._idle: dict[str, tuple[Courier, float]] = {}
        self._numbers = 0

    def turn(self, longest: float) -> None:
        """Send out what is due and hear what became of it, for so many seconds at most."""
        for name in self._addresses:
            if name not in self._trips:
                self._set_out(name)
        if self._trips:
            self._hear(longest)
        for name in [name for name, (_, until) in self._idle.items() if until <= monotonic()]:
            self._idle.pop(name)[0].end()

    def _hear(self, longest: float) -> None:
        try:
            courier, answer = self._answers.get(timeout=max(0.0, min(longest, self._patience())))
            self._take(courier, answer)
        except queue.Empty:
            pass
        self._end_late()

    @property
    def busy(self) -> bool:
        """Whether a message is on its way."""
        return bool(self._trips)

    def waiting(self) -> int | None:
        """When the next message may leave of what is due, ns UTC; None where none may.

        A channel that failed and is left alone for now is not waited for.
        """
        now, found = self._around.clock(), []
        until = now if self._until is None else self._until
        for name in self._addresses:
            channel = self._config.channels[name]
            due, standing = self._box.next_due(name), self._box.standing(name)
            if due is not None and due <= until and standing.blocked <= now:
                found.append(free_at(standing, channel.per_minute, now))
        return min(found, default=None)

    def finish(self, longest: float) -> None:
        """Hear what becomes of what is on its way, for so many seconds, and send nothing more."""
        for trip in self._trips.values():
            trip.left.clear()
        end = monotonic() + longest
        while self._trips and monotonic() < end:
            self._hear(end - monotonic())
        self.close()

    def close(self) -> None:
        """End every courier; what was on its way is due again."""
        for trip in self._trips.values():
            trip.courier.kill()
        self._trips.clear()
        for courier, _ in self._idle.values():
            courier.end()
        self._idle.clear()

    def _find(self) -> dict[str, Address]:
        """Addresses of channels; one that is missing keeps the others from nothing."""
        found: dict[str, Address] = {}
        missing: list[ConfigError] = []
        for name, channel in self._config.channels.items():
            try:
                found[name] = address_of(name, channel, self._around.environ)
            except ConfigError as error:
                missing.append(error)
                self.counts.failed[name] = error.message
                self._around.tell(f"channel {name}: {error.message}")
        if missing and not found:
            raise missing[0]
        return found

    def _set_out(self, name: str) -> None:
        now = self._around.clock()
        channel, standing = self._config.channels[name], self._box.standing(name)
        allowed = allowance(standing, channel.per_minute, now)
        if standing.blocked > now or not allowed:
            return
        rows = self._box.due(name, now if self._until is None else min(now, self._until))
        if not rows:
            return
        first, *left = plan(rows, allowed)
        courier = self._courier(name)
        if courier is not None:
            self._hand(courier, first, left)

    def _courier(self, name: str) -> Courier | None:
        """A delivering process, one that waits or a new one; None where the system refuses."""
        if name in self._idle:
            return self._idle.pop(name)[0]
        try:
            return Courier(self._addresses[name], self._answers, self._environ)
        except OSError as error:
            self._rest(name, [], Answer(0, sent=False, why=f"no process can be started: {error.strerror}"))
            return None

    def _hand(self, courier: Courier, message: Message, left: list[Message]) -> None:
        name, now = courier.address.channel, self._around.clock()
        per_minute = self._config.channels[name].per_minute
        self._box.sending(name, message.rows, spend(self._box.standing(name), per_minute, now), now)
        self._numbers += 1
        until = monotonic() + courier.address.deadline
        self._trips[name] = _Trip(courier, left, message, self._numbers, until)
        courier.hand(self._numbers, letter_of(message, self._around.desk))

    def _take(self, courier: Courier, answer: Answer | None) -> None:
        name = courier.address.channel
        trip = self._trips.get(name)
        if trip is None or trip.courier is not courier:
            if answer is None and self._idle.get(name, (None, 0.0))[0] is courier:
                self._idle.pop(name)[0].kill()
            return
        if answer is None:
            self._fail(trip, Answer(trip.number, sent=False, why=ENDED))
        elif answer.number == trip.number:
            self._succeed(trip) if answer.sent else self._fail(trip, answer)

    def _succeed(self, trip: _Trip) -> None:
        name = trip.courier.address.channel
        self._box.sent(name, trip.carries.rows, self._around.clock())
        self.counts.messages += 1
        self.counts.alerts += len(trip.carries.rows)
        self.counts.failed.pop(name, None)
        if trip.left:
            self._hand(trip.courier, trip.left[0], trip.left[1:])
            return
        del self._trips[name]
        self._idle[name] = (trip.courier, monotonic() + _LINGER)

    def _fail(self, trip: _Trip, answer: Answer) -> None:
        name = trip.courier.address.channel
        del self._trips[name]
        self._rest(name, trip.carries.rows, answer)
        trip.courier.kill()

    def _rest(self, name: str, tried: Sequence[Due], answer: Answer) -> None:
        """Leave a channel that failed alone for a while, and what was tried for at least as long."""
        now, standing = self._around.clock(), self._box.standing(name)
        fails = standing.fails + 1
        rest = max(self._pause(fails), int(answer.wait * NS_PER_SECOND))
        rows = [(row, now + max(rest, self._pause(row.tries + 1))) for row in tried]
        changed = replace(standing, fails=fails, blocked=now + rest)
        self._box.failed(name, rows, answer.why, changed, doubtful=answer.doubtful)
        self.counts.failures += 1
        self.counts.failed[name] = answer.why
        self._around.tell(
            f"channel {name}: {answer.why}; alerts that wait: {len(rows)}, next try in {rest / 1e9:.0f} s"
        )

    def _pause(self, fails: int) -> int:
        """Exponential back-off, drawn from all of it, so that many do not come at once."""
        most = min(_FIRST * 2 ** min(fails - 1, 20), _LONGEST)
        return max(_LEAST, int(self._around.lot.uniform(0, most)))

    def _patience(self) -> float:
        """Seconds until the first message is late."""
        now = monotonic()
        return min((trip.until - now for trip in self._trips.values()), default=float("inf"))

    def _end_late(self) -> None:
        now = monotonic()
        for trip in [one for one in self._trips.values() if one.until <= now]:
            self._fail(trip, Answer(trip.number, sent=False, why=LATE))


def address_of(name: str, channel: ChannelConfig, environ: Mapping[str, str]) -> Address:
    """A channel's address.

    Raises:
        ConfigError: the environment does not hold it.
    """
    return Address(name, read_secret(channel.url_env, environ), parse_duration(channel.deadline) / 1e9)
