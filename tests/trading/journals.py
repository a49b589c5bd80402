"""Journals by hand: what a trader would have written, entry by entry."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

from ictcli.ledger.bodies import AnyBody, Filled, Intent, Start
from ictcli.ledger.log import Entry

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
NOON = 1_700_000_000 * SECOND


def entries(bodies: Iterable[AnyBody], *, step: int = SECOND // 100) -> list[Entry]:
    """These events in their places, one every ten milliseconds."""
    return [Entry(number + 1, NOON + number * step, body) for number, body in enumerate(bodies)]


def start(mode: Literal["paper", "live", "replay", "dry"] = "paper", *strategies: str) -> Start:
    """A trader's beginning."""
    return Start(
        run="r", epoch=1, mode=mode, account=7, server="s", currency="USD", version="1", config="c",
        strategies=strategies or ("fvg_retest@1:aaaa",),
    )  # fmt: skip


def intent(id: str, **changes: Any) -> Intent:  # noqa: A002
    """A wish to buy at the market."""
    given: dict[str, Any] = {
        "action": "place", "strategy": "fvg_retest", "symbol": "EURUSD", "bar": 1, "leg": 0, "side": 1,
        "order": "market", "volume": Decimal("0.20"), "expected": Decimal("1.10000"),
        "stop": Decimal("1.09900"),
    }  # fmt: skip
    return Intent(id=id, **(given | changes))


def deal(number: int, position: int, side: int, volume: str, *, entry: str = "in", **changes: Any) -> Filled:
    """A fill, which cost a dollar."""
    given: dict[str, Any] = {
        "order": number, "symbol": "EURUSD", "price": Decimal("1.10000"), "profit": Decimal(0),
        "commission": Decimal(-1), "swap": Decimal(0), "fee": Decimal(0), "reason": "expert",
        "ts": NOON + number * SECOND,
    }  # fmt: skip
    return Filled(
        deal=number, position=position, side=side, volume=Decimal(volume), entry=entry, **(given | changes)
    )


def round_trip(number: int, profit: str, **changes: Any) -> list[AnyBody]:
    """An intent, the deal that opened and the one that closed; costs are two dollars."""
    ts = changes.pop("ts", NOON + number * SECOND)
    name = f"intent{number}"
    return [
        intent(name, **changes),
        deal(2 * number, number, 1, "0.20", id=name, ts=ts),
        deal(2 * number + 1, number, -1, "0.20", entry="out", profit=Decimal(profit), ts=ts + SECOND),
    ]
