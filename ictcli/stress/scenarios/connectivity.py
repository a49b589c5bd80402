"""A working day of disconnects, restarts and time-outs: is anything lost, and how soon is it traded again.

The loop of ``trade`` runs as it is; eight hours pass in minutes because its clock is a simulated one. With a
``duration`` the same runs for that long by the clock of this machine.
"""

from collections import Counter
from dataclasses import dataclass
from random import Random

from ictcli.brokers.simulated.served import ServedOptions
from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.ledger.bodies import Denied
from ictcli.stress import books
from ictcli.stress.availability import Uptime, availability_claim, away, forbidden, online
from ictcli.stress.claims import cases_claim, share_claim
from ictcli.stress.outages import draw_outages
from ictcli.stress.scenario import Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.simulated_session import (
    LOGIN,
    RULE,
    Desk,
    MakeBroker,
    RealTime,
    Scene,
    SimulatedTime,
    Time,
    make_broker,
)
from ictcli.telemetry import Progress

_HOURS = {"quick": 1, "full": 8}
_SYMBOLS = {
    "quick": ("EURUSD", "BTCUSD"),
    "full": ("EURUSD", "BTCUSD", "GBPUSD", "ETHUSD"),
}
_ALWAYS_OPEN = ("BTCUSD", "ETHUSD", "SOLUSD", "XRPUSD")
_START = "2026-01-14T06:00Z"
_EVERY = 25 * NS_PER_MINUTE
"""From one outage to the next, on the average."""
_CALM = 3 * NS_PER_MINUTE
"""At the end nothing goes wrong for so long: what is unknown can be resolved."""
RATES = {
    "lost": 0.01, "lost_done": 0.01, "late": 0.005, "timeout": 0.005, "timeout_done": 0.005,
    "requote": 0.01, "busy": 0.01, "reject": 0.005, "part": 0.01,
}  # fmt: skip
"""What befalls single requests besides."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Day:
    """What one seed came to."""

    books: books.Books
    uptime: Uptime
    verdict: str
    outages: Counter[str]


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Every seed a part of the day, or of the duration; of the day at least an hour."""
    days = []
    part = _HOURS[setting.profile] * NS_PER_HOUR // setting.seeds
    length = setting.duration // setting.seeds if setting.duration else max(NS_PER_HOUR, part)
    for one in range(seed, seed + setting.seeds):
        days.append(live_through(setting, one, length, progress))
        if setting.stopping():
            break
    return claims_of(days, setting, seed)


def live_through(
    setting: Setting, seed: int, length: int, progress: Progress, make: MakeBroker = make_broker
) -> Day:
    """Trade for a day of outages, and hold the books against each other.

    Args:
        setting: how long, and with what configuration.
        seed: of market, outages, faults and traffic.
        length: ns.
        progress: told once a minute of the clock.
        make: makes the adapter.
    """
    time: Time = RealTime() if setting.duration else SimulatedTime(parse_instant(_START, now=0))
    start = time.now()
    calm = start + length - min(_CALM, length // 2)
    outages = draw_outages(Random(seed), start, calm, _EVERY)
    symbols = _ALWAYS_OPEN if setting.duration else _SYMBOLS[setting.profile]
    minutes = length // NS_PER_MINUTE
    market = ServedOptions(
        symbols=symbols, seed=seed, history="1d", ahead=f"{minutes + 10}m", rates=RATES, execution="immediate"
    )
    desk = Desk(
        setting.folder / f"seed-{seed}", setting.config, Scene(market, outages, calm, seed), time, make
    )

    def ending() -> str:
        progress("trading", (time.now() - start) // NS_PER_MINUTE, minutes)
        over = time.now() >= start + length
        return "the day is over" if over else "told to end" * setting.stopping()

    desk.trade(ending)
    end = time.now()
    return _judged(desk, start, end, stopped=end < start + length)


def _judged(desk: Desk, start: int, end: int, *, stopped: bool) -> Day:
    desk.terminal.calm = True
    desk.terminal.initialize()
    found = books.compare(desk.place, desk.record, desk.historian, settled=not stopped)
    account = desk.server.account()
    verdict = books.reconciled(
        desk.place, desk.historian, RULE, f"{account.server}/{LOGIN}", start, desk.clock.now, desk.clock.sleep
    )
    outages = desk.scene.outages
    unusable = [
        *away(desk.terminal.returns, end), *forbidden(found.entries, end), *desk.stalls,
    ]  # fmt: skip
    met = Counter(one.outage.kind for one in desk.terminal.returns)
    return Day(found, Uptime.of(online(outages, start, end), unusable), verdict, Counter(met))


def claims_of(days: list[Day], setting: Setting, seed: int) -> Measured:
    """What may be said after all seeds."""
    limits = setting.limits
    uptime = Uptime((), ())
    for day in days:
        uptime = uptime + day.uptime
    met: Counter[str] = sum((day.outages for day in days), Counter())
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(met.items()))
    wrong = [line for day in days for line in day.books.wrong]
    judged = sum(day.books.judged for day in days)
    attempts = sum(day.books.attempts for day in days)
    not_clean = [day.verdict for day in days if day.verdict != "clean"]
    hours = sum(uptime.online) / NS_PER_HOUR
    clock = "of the real clock" if setting.duration else "simulated"
    return [
        availability_claim(
            uptime, limits.availability, seed,
            f"{hours:.1f} hours online, {clock}; lost behind outages that were met ({told or 'none'}), while "
            f"the trader allowed itself nothing, or stood still: {sum(uptime.lost) / NS_PER_SECOND:.1f} s",
        ),
        share_claim(
            "orders that ended otherwise than at the venue", min(len(wrong), judged), judged,
            "orders not refused", limits.error_rate, note=_note(days),
        ),
        cases_claim(
            "orders and deals lost, doubled or invented", len(wrong), attempts, "orders sent",
            note="; ".join(wrong[:_SHOWN]),
        ),
        cases_claim(
            "reconciliations that are not clean", len(not_clean), len(days), "reconciliations",
            note="; ".join(not_clean[:_SHOWN]),
        ),
    ]  # fmt: skip


def _note(days: list[Day]) -> str:
    refused = sum(day.books.refused for day in days)
    lost = sum(day.books.lost for day in days)
    denied = Counter(
        entry.body.code for day in days for entry in day.books.entries if isinstance(entry.body, Denied)
    )
    codes = ", ".join(f"{count} {code}" for code, count in sorted(denied.items())) or "none"
    return (
        f"{refused} refused by the venue; {lost} never done there because the line lost them, as planned; "
        f"kept back by the gate: {codes}"
    )


SCENARIO = Scenario(
    "connectivity", "hours of disconnects, restarts and time-outs: nothing lost, soon traded again", run,
    frozenset({"duration", "seeds"}), beside=True,
)  # fmt: skip
