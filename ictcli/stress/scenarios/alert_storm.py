"""A thousand alerts a minute: all are told, soon, and the trader that they come from does not feel it.

The alerts are raised within the process of a trading loop, as its own would be. The notifier is a process of
its own, which tells them to a receiver on this machine; channels of the configuration are not used.
"""

from dataclasses import dataclass, field

from ictcli.brokers.simulated.served import ServedOptions
from ictcli.clock import monotonic, now_ns, parse_instant
from ictcli.operations.notif_running import require_apprise
from ictcli.operations.notif_storm import Weathered, feed, weathered
from ictcli.stats.exact import clopper_pearson
from ictcli.stress import books
from ictcli.stress.alert_notifier import Notifier, notifier
from ictcli.stress.claims import CONFIDENCE, cases_claim, quantile_claim
from ictcli.stress.scenario import Bound, Claim, Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.simulated_session import Desk, FastTime, Scene
from ictcli.telemetry import Progress

_START = "2026-01-14T09:00Z"
_PER_SECOND = 17
_SECONDS = {"quick": 12, "full": 60}
_SPEED = 20.0
_LOOK = 5
"""Turns of the loop from one look at the notifier to the next."""
_PATIENCE = 90.0
"""Seconds that the last alerts may take to be told."""


@dataclass
class Storm:
    """Raises alerts at their pace, and measures the loop that it is called from.

    Attributes:
        count: alerts that are due in all.
        begun, over: when the first could have been raised, and when the last was, s.
        fed: of them, so far.
        turns: seconds of this machine between two turns of the loop.
    """

    count: int
    begun: float = 0.0
    over: float = 0.0
    fed: int = 0
    turned: float = 0.0
    turns: list[float] = field(default_factory=list)

    def turn(self, desk: Desk) -> None:
        """The loop has come round: raise what is due by now."""
        now = monotonic()
        if not self.turned:
            self.begun = now
        else:
            self.turns.append(now - self.turned)
        self.turned = now
        due = min(self.count, int((now - self.begun) * _PER_SECOND))
        if due > self.fed:
            feed(desk.folder / "state", range(self.fed, due), now_ns())
            self.fed, self.over = due, now


@dataclass
class _Memory:
    """What the notifier's process holds, from one moment to the next.

    Attributes:
        seen: MiB at each.
        peak: the most that it ever held, as the system counts it; None where it does not tell.
    """

    seen: list[float] = field(default_factory=list)
    peak: float | None = None

    def look(self, beside: Notifier, turn: int) -> None:
        """Look, now and then."""
        held = beside.held_mib() if turn % _LOOK == 0 else None
        self.seen += [] if held is None else [held]

    def claim(self, threshold: float) -> Claim:
        """What may be said of it."""
        note = "" if self.peak is None else f"at most {self.peak:.1f} MiB in this storm"
        return quantile_claim(
            "memory of the process that delivers", self.seen, 0.95, "MiB", "moments", threshold, note=note
        )


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """One storm."""
    require_apprise()
    seconds = _SECONDS[setting.profile]
    storm = Storm(seconds * _PER_SECOND)
    desk = _desk(setting, seed, seconds)
    memory = _Memory()
    with notifier(desk.folder) as beside:

        def ending() -> str:
            storm.turn(desk)
            memory.look(beside, len(storm.turns))
            progress("alerts", storm.fed, storm.count)
            return "over" if storm.fed == storm.count or setting.stopping() else ""

        desk.trade(ending)
        took = beside.wait_until(lambda: weathered(beside.state).told >= storm.fed, _PATIENCE)
        memory.peak = beside.peak_mib()
    return _claims(setting, desk, storm, weathered(desk.folder / "state"), took, memory)


def _desk(setting: Setting, seed: int, seconds: int) -> Desk:
    start = parse_instant(_START, now=0)
    minutes = int((seconds + _PATIENCE) * _SPEED / 60) + 10
    market = ServedOptions(
        symbols=("EURUSD", "BTCUSD"), seed=seed, history="1d", ahead=f"{minutes}m", execution="immediate"
    )
    return Desk(
        setting.folder / "desk", setting.config, Scene(market, seed=seed), FastTime(now_ns(), start, _SPEED)
    )


def _claims(
    setting: Setting, desk: Desk, storm: Storm, found: Weathered, took: float, memory: "_Memory"
) -> Measured:
    limits = setting.limits
    desk.terminal.initialize()
    traded = books.compare(desk.place, desk.record, desk.historian)
    return [
        cases_claim("alerts that were not told", storm.fed - found.told, storm.fed, "alerts"),
        quantile_claim(
            "time from an alert to its delivery", list(found.seconds), 0.95, "s", "alerts", limits.alert_s,
            note=f"raised at {_PER_SECOND * 60} a minute; the last was told {took:.1f} s behind the storm",
        ),
        _rate(storm, found, limits.alert_s, limits.alerts_per_minute),
        memory.claim(limits.alert_memory_mib),
        quantile_claim(
            "turn of the trading loop beside the storm", [1e3 * one for one in storm.turns], 0.95, "ms",
            "turns", limits.signal_to_order_ms, note=f"a turn waits {200 / _SPEED:g} ms of it",
        ),
        cases_claim(
            "orders and deals that differ from the venue's books", len(traded.wrong), traded.attempts,
            "orders sent", note="; ".join(traded.wrong[:3]),
        ),
    ]  # fmt: skip


def _rate(storm: Storm, found: Weathered, soon: float, threshold: float) -> Claim:
    """Alerts a minute of which each is told soon: the pace of the storm by the share that was."""
    minutes = (storm.over - storm.begun) / 60
    pace = storm.fed / minutes if minutes else 0.0
    told = sum(seconds < soon for seconds in found.seconds)
    share = clopper_pearson(told, storm.fed, CONFIDENCE)
    low = None if share.low is None else pace * share.low
    bound = Bound(
        "pace of the storm by the Clopper-Pearson bound of the share that was told", low, None, CONFIDENCE
    )
    value = pace * told / storm.fed if storm.fed else None
    name = f"alerts of a minute told within {soon:g} s"
    return Claim(name, value, "alerts/min", storm.fed, "alerts", bound, threshold, ">")


SCENARIO = Scenario(
    "alert_storm", "a thousand alerts a minute: all told, soon, and trading does not feel it", run
)
