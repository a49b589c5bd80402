"""Bars and decisions of a trader as the journal tells them."""

from collections.abc import Callable, Sequence
from typing import Any

from ictcli.clock import NS_PER_SECOND
from ictcli.engine.refusals import Refusal, explain
from ictcli.ledger.bodies import BarTaken, Decided
from ictcli.strategies.decisions import ENTER, KIND_NAMES, STAGE_NAMES
from ictcli.trading.account import Account, Closed
from ictcli.trading.reckoning import Told
from ictcli.trading.wishes import Units

_GRACE = 120 * NS_PER_SECOND
"""For fetching, and for clocks that do not quite agree."""


def is_timely(ts: int, ts_close: int, real: int) -> bool:
    """Whether a bar is taken as it closes: no later than the next one closes, by the real clock.

    Not ``trade.bar_age``, which can be set to anything: evidence must not depend on it.

    Args:
        ts: open of the bar, ns UTC.
        ts_close: its close.
        real: the real clock, ns UTC.
    """
    return -_GRACE <= real - ts_close <= (ts_close - ts) + _GRACE


def bars_taken(
    closed: Sequence[Closed],
    account: Account,
    names: Sequence[str],
    real: Callable[[], int] | None,
    *,
    late: bool = False,
) -> list[BarTaken]:
    """Bars that were taken.

    Args:
        closed: the bars.
        account: that takes them.
        names: timeframe of every series.
        real: the real clock, ns UTC; None where time is played back.
        late: strategies only learned from them.
    """
    now = real() if real is not None else None
    units = account.units
    return [_bar_taken(one, units[one.series], names[one.series], late=late, now=now) for one in closed]


def _bar_taken(one: Closed, units: Units, timeframe: str, *, late: bool, now: int | None) -> BarTaken:
    bar = one.bar
    fields = ("ts", "ts_close", "open", "high", "low", "close", "spread", "tick_volume")
    values = {name: int(getattr(bar, name)[0]) for name in fields}
    timely = now is not None and is_timely(values["ts"], values["ts_close"], now)
    return BarTaken(
        symbol=units.symbol, timeframe=timeframe, digits=bar.digits, late=late, timely=timely, **values
    )


def decided(told: Sequence[Told], account: Account, now: int) -> list[Decided]:
    """Every decision and non-decision in words."""
    found = []
    for one in told:
        decision, seat = one.decision, one.seat
        why = explain(one.refusal) if one.refusal != Refusal.NONE else ""
        facts: dict[str, Any] = {"stage": STAGE_NAMES[int(decision["stage"])]}
        if decision["kind"] == ENTER:
            facts |= {name: int(decision[name]) for name in ("side", "price", "stop", "target")}
        found.append(
            Decided(
                symbol=account.units[seat.series].symbol,
                strategy=account.names[seat.owner],
                bar=now,
                what="refused" if why else KIND_NAMES[int(decision["kind"])],
                reason=why or seat.reason(int(decision["reason"])),
                setup=int(decision["setup"]),
                facts=facts,
                timeframe=account.units[seat.series].timeframe,
            )
        )
    return found
