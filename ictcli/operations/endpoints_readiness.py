"""Whether a running trader is alive, and whether it is ready to trade: one check per thing it needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE, NS_PER_SECOND, iso
from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar
from ictcli.reconcile.freshness import Freshness
from ictcli.trading.measures import Picture

_LONGEST_LOOK = 60 * NS_PER_DAY


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a trader needs, and whether it has it; ``detail`` is for people."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A series whose bars a trader waits for: ``length`` of a bar, ns, and when its market is open."""

    symbol: str
    timeframe: str
    length: int
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, ns: a turn of the loop, and a bar beyond its close."""

    turn: int
    bar: int


def alive(lag: float, patience: Patience) -> Check:
    """Whether the loop comes round; ``lag`` is how long ago it last did, seconds."""
    most = patience.turn / NS_PER_SECOND
    return Check("loop", lag <= most, f"came round {lag:.1f} s ago; {most:.0f} s are allowed")


def ready(
    picture: Picture | None,
    halted: str | None,
    reconciled: Sequence[Freshness],
    series: Sequence[Expected],
    *,
    now: int,
    patience: Patience,
) -> list[Check]:
    """Everything that a trader needs to trade; it is ready when all of it is there.

    Args:
        picture: of the session; None while it starts.
        halted: why the emergency stop is on; None while it is off.
        reconciled: how long ago its ledger was reconciled.
        series: it waits for.
        now: ns UTC.
        patience: what is allowed.
    """
    stop = Check("halt", halted is None, "no emergency stop" if halted is None else f"halted: {halted}")
    if picture is None:
        return [Check("session", ok=False, detail="starting: recovery is not over"), stop]
    return [
        Check("session", ok=True, detail=f"{picture.mode} on account {picture.account}, run {picture.run}"),
        stop,
        _permission(picture),
        _recovery(picture),
        _ledger(picture, now, patience),
        _broker(picture, now),
        _bars(picture, series, now, patience.bar),
        _reconciliation(reconciled),
    ]


def _permission(picture: Picture) -> Check:
    why = f": {picture.why}" if picture.why else ""
    return Check("permission", picture.allowed == "active", f"{picture.allowed}{why}")


def _recovery(picture: Picture) -> Check:
    unknown = int(picture.values.get("unknown_orders", 0))
    if picture.recovering:
        return Check("recovery", ok=False, detail="what was open at the start is still being resolved")
    told = f"orders whose outcome is not known: {unknown}" if unknown else "every outcome is known"
    return Check("recovery", not unknown, told)


def _ledger(picture: Picture, now: int, patience: Patience) -> Check:
    age = (now - picture.probed) / NS_PER_SECOND
    return Check("ledger", age * NS_PER_SECOND <= patience.turn, f"answered {age:.1f} s ago")


def _broker(picture: Picture, now: int) -> Check:
    if not picture.broker:
        return Check("broker", ok=True, detail="the built-in terminal")
    if not picture.silent_since:
        return Check("broker", ok=True, detail=f"{picture.broker} answers")
    silent = (now - picture.silent_since) / NS_PER_SECOND
    return Check("broker", ok=False, detail=f"{picture.broker} has not answered for {silent:.0f} s")


def _bars(picture: Picture, series: Sequence[Expected], now: int, late: int) -> Check:
    told = []
    for one in series:
        closed = picture.bars.get((one.symbol, one.timeframe), picture.reached)
        if open_time(one.calendar, closed, now) > one.length + late:
            told.append(f"{one.symbol} {one.timeframe}: no bar since {iso(closed)}")
    return Check("bars", not told, "; ".join(told) or f"{len(series)} series, none late")


def open_time(calendar: Calendar, since: int, until: int) -> int:
    """How long a market was regularly open between two instants, ns, to the minute."""
    first = max(since, until - _LONGEST_LOOK)
    minutes: Int64 = np.arange(first, until, NS_PER_MINUTE, dtype=np.int64)
    return int(np.count_nonzero(calendar.is_open(minutes))) * NS_PER_MINUTE


def _reconciliation(found: Sequence[Freshness]) -> Check:
    for one in found:
        if one.result == "never":
            continue
        if one.result == "findings":
            counted = f"{one.roots} finding{'s' * (one.roots != 1)}"
            return Check("reconciliation", ok=False, detail=f"{one.ledger}: {counted}, {iso(one.at)}")
        if one.stale:
            return Check("reconciliation", ok=False, detail=f"{one.ledger}: stale, last {iso(one.at)}")
    told = [f"{one.ledger}: {one.result}" for one in found]
    return Check("reconciliation", ok=True, detail="; ".join(told) or "no ledger with a broker behind it")


Judge = Callable[[], list[Check]]
