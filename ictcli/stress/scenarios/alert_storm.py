"""A thousand alerts a minute: all are told, soon, and the trader that they come from does not feel it.

The alerts are raised within the process of a trading loop, as its own would be. The notifier is a process of
its own, which tells them to a receiver on this machine; channels of the configuration are not used.
"""

from dataclasses import dataclass, field

from ictcli.brokers.simulated.served import ServedOptions
from ictcli.clock import monotonic, now_ns, parse_instant
from ictcli.operations.notif_running import require_apprise
from ictcli.operations.notif_storm import Weathered, feed, weathered
from ictcli.stress import books
from ictcli.stress.alert_notifier import notifier
from ictcli.stress.claims import cases_claim, quantile_claim
from ictcli.stress.scenario import Bound, Claim, Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.simulated_session import Desk, FastTime, Scene
from ictcli.telemetry import Progress

_START = "2026-01-14T09:00Z"
_PER_SECOND = 17
_SECONDS = {"quick": 12, "full": 60}
_SPEED = 20.0
_PATIENCE = 90.0
"""Seconds that the last alerts may take to be told."""


@dataclass
class Storm:
    """Raises alerts at their pace, and measures the loop that it is called from.

    Attributes:
        count: alerts that are due in all.
        fed: of them, so far.
        turns: seconds of this machine between two turns of the loop.
    """

    count: int
    begun: float = 0.0
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
            self.fed = due


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """One storm."""
    require_apprise()
    seconds = _SECONDS[setting.profile]
    storm = Storm(seconds * _PER_SECOND)
    desk = _desk(setting, seed, seconds)
    with notifier(desk.folder) as beside:

        def ending() -> str:
            storm.turn(desk)
            progress("alerts", storm.fed, storm.count)
            return "over" if storm.fed == storm.count or setting.stopping() else ""

        desk.trade(ending)
        took = beside.wait_until(lambda: weathered(beside.state).told >= storm.fed, _PATIENCE)
        memory = beside.peak_mib()
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
    setting: Setting, desk: Desk, storm: Storm, found: Weathered, took: float, memory: float | None
) -> Measured:
    limits = setting.limits
    desk.terminal.initialize()
    traded = books.compare(desk.place, desk.record, desk.historian)
    minutes = (monotonic() - storm.begun) / 60 if storm.begun else 0.0
    rate = found.told / minutes if minutes else None
    return [
        cases_claim("alerts that were not told", storm.fed - found.told, storm.fed, "alerts"),
        quantile_claim(
            "time from an alert to its delivery", list(found.seconds), 0.95, "s", "alerts", limits.alert_s,
            note=f"raised at {_PER_SECOND * 60} a minute; the last was told {took:.1f} s behind the storm",
        ),
        Claim(
            "alerts told in a minute", rate, "a minute", found.told, "alerts",
            Bound("counted, from the first alert to the last delivery", rate, rate, 1.0),
            limits.alerts_per_minute, ">",
        ),
        _memory(memory, limits.alert_memory_mib),
        quantile_claim(
            "turn of the trading loop beside the storm", [1e3 * one for one in storm.turns], 0.95, "ms",
            "turns", limits.signal_to_order_ms, note=f"a turn waits {200 / _SPEED:g} ms of it",
        ),
        cases_claim(
            "orders and deals that differ from the venue's books", len(traded.wrong), traded.attempts,
            "orders sent", note="; ".join(traded.wrong[:3]),
        ),
    ]  # fmt: skip


def _memory(mib: float | None, threshold: float) -> Claim:
    bound = Bound("the most that the process ever held, as the system counts it", mib, mib, 1.0)
    return Claim(
        "memory of the process that delivers",
        mib,
        "MiB",
        int(mib is not None),
        "process",
        bound,
        threshold,
        "<",
    )


SCENARIO = Scenario(
    "alert_storm", "a thousand alerts a minute: all told, soon, and trading does not feel it", run
)
