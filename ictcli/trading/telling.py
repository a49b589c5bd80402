"""Bars and decisions of a trader as the journal tells them."""

from collections.abc import Sequence
from typing import Any

from ictcli.engine.refusals import Refusal, explain
from ictcli.ledger.bodies import BarTaken, Decided
from ictcli.strategies.decisions import ENTER, KIND_NAMES, STAGE_NAMES
from ictcli.trading.account import Account, Closed
from ictcli.trading.reckoning import Told
from ictcli.trading.wishes import Units


def bar_taken(one: Closed, units: Units, timeframe: str, *, late: bool = False) -> BarTaken:
    """A bar that was taken."""
    bar = one.bar
    names = ("ts", "ts_close", "open", "high", "low", "close", "spread", "tick_volume")
    values = {name: int(getattr(bar, name)[0]) for name in names}
    return BarTaken(symbol=units.symbol, timeframe=timeframe, digits=bar.digits, late=late, **values)


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
            )
        )
    return found
