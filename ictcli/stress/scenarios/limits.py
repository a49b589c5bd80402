"""No money, no room, no market, odd calendars: refused for the right reason, nothing sent, nothing breaks."""

from dataclasses import replace

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.errors import IctError
from ictcli.stress import books
from ictcli.stress.claims import cases_claim
from ictcli.stress.limits_cases import LIMITS, Limit, Played
from ictcli.stress.scenario import Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.simulated_session import (
    LOGIN,
    RULE,
    Desk,
    MakeBroker,
    Scene,
    SimulatedTime,
    make_broker,
)
from ictcli.telemetry import Progress


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Every limit once; both profiles try them all."""
    wrong: list[str] = []
    tried = 0
    for limit in LIMITS:
        if setting.stopping():
            break
        progress(limit.name, tried, len(LIMITS))
        if why := play(limit, setting, seed):
            wrong.append(f"{limit.name}: {why}")
        tried += 1
    names = ", ".join(limit.name for limit in LIMITS[:tried])
    return [
        cases_claim(
            "limits that were not kept as they must be", len(wrong), tried, note="; ".join(wrong) or names
        )
    ]


def play(limit: Limit, setting: Setting, seed: int, make: MakeBroker = make_broker) -> str:
    """Trade at a limit; what went wrong, empty for nothing."""
    time = SimulatedTime(parse_instant(limit.start, now=0))
    start = time.now()
    end = start + limit.minutes * NS_PER_MINUTE + 30 * NS_PER_SECOND
    market = replace(
        limit.market, seed=seed, history="3d", ahead=f"{limit.minutes + 5}m", execution="immediate"
    )
    scene = Scene(market, seed=seed, config=limit.change, params=limit.params)
    desk = Desk(setting.folder / limit.name.replace(" ", "-"), setting.config, scene, time, make)
    limit.meanwhile(desk, -1.0)

    def ending() -> str:
        limit.meanwhile(desk, (time.now() - start) / NS_PER_SECOND)
        return "over" if time.now() >= end or setting.stopping() else ""

    try:
        desk.trade(ending)
    except IctError as error:
        return f"the loop ended with {error.name}: {error.message}"
    return _judged(limit, desk, start)


def _judged(limit: Limit, desk: Desk, start: int) -> str:
    desk.terminal.initialize()
    found = books.compare(desk.place, desk.record, desk.historian)
    if found.wrong:
        return found.wrong[0]
    account = desk.server.account()
    verdict = books.reconciled(
        desk.place, desk.historian, RULE, f"{account.server}/{LOGIN}", start, desk.clock.now, desk.clock.sleep
    )
    return limit.expect(Played(desk, found, verdict)) or ("" if verdict == "clean" else verdict)


SCENARIO = Scenario(
    "limits", "no money, no room, no market, odd calendars: refused for the right reason, nothing breaks",
    run, beside=True,
)  # fmt: skip
