"""A trader that lives through one outage after the other: how soon is the terminal used again."""

from collections import Counter
from random import Random

from ictcli.brokers.simulated.served import ServedOptions
from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, parse_instant
from ictcli.stress.outages import Return, draw_outages
from ictcli.stress.setting import Setting
from ictcli.stress.simulated_session import Desk, MakeBroker, Scene, SimulatedTime, make_broker
from ictcli.telemetry import Progress

_START = "2026-01-14T06:00Z"
_EVERY = 40_000_000_000
"""ns from one outage to the next, on the average."""
_LATEST = 2 * NS_PER_MINUTE
"""Behind the last outage it goes on for so long."""


def returns_of(
    setting: Setting, seed: int, count: int, progress: Progress, make: MakeBroker = make_broker
) -> tuple[list[Return], Counter[str]]:
    """Returns from outages that the trader met, and how many of each kind these are.

    Args:
        setting: configuration and folder.
        seed: of market, outages and traffic.
        count: outages.
        progress: told once a turn.
        make: makes the adapter.
    """
    start = parse_instant(_START, now=0)
    outages = draw_outages(Random(seed), start, start + 24 * NS_PER_HOUR, _EVERY)[:count]
    end = outages[-1].end + _LATEST
    minutes = (end - start) // NS_PER_MINUTE
    market = ServedOptions(
        symbols=("BTCUSD",), seed=seed, history="1d", ahead=f"{minutes + 10}m", execution="immediate"
    )
    time = SimulatedTime(start)
    desk = Desk(setting.folder / "outages", setting.config, Scene(market, outages, seed=seed), time, make)

    def ending() -> str:
        progress("outages", len(desk.terminal.returns), count)
        return "over" if time.now() >= end or setting.stopping() else ""

    desk.trade(ending)
    found = desk.terminal.returns
    return found, Counter(one.outage.kind for one in found)
