"""A trader without a market view: what it wants at the close of a bar is drawn from the seed and the bar.

Asked twice about one bar, as after a restart, it wants the same again as far as orders and positions are
still there; the names of its intents are the same in any case.
"""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from msgspec import structs

from ictcli.brokers.reports import Quote
from ictcli.clock import NS_PER_SECOND
from ictcli.ledger.bodies import Action, Intent
from ictcli.trading.identity import intent_id
from ictcli.trading.simulation.retold import Retold
from ictcli.trading.simulation.surface import LOGIN

BAR = 6 * NS_PER_SECOND
STRATEGY = "scripted"
POINT = Decimal("0.00001")


class Script:
    """The wishes of one run.

    Args:
        seed: of the run.
        symbols: that it trades.
        begun: opening of the first bar, ns UTC.
        bar: its length, ns.
        point: in which it measures distances of prices.
    """

    def __init__(
        self, seed: int, symbols: tuple[str, ...], begun: int, bar: int = BAR, point: Decimal = POINT
    ) -> None:
        self._seed, self._symbols, self._begun = seed, symbols, begun
        self._bar, self._point = bar, point

    def bar_at(self, now: int) -> int:
        """Number of the bar that closed last."""
        return (now - self._begun) // self._bar

    def wishes(self, bar: int, journal: Retold, quotes: dict[str, Quote]) -> Iterator[Intent]:
        """What is wanted at the close of a bar.

        Args:
            bar: its number.
            journal: what became of earlier wishes.
            quotes: fresh prices by symbol; a symbol without one is left alone.
        """
        draw = Random(self._seed * 100_003 + bar)
        symbol = self._symbols[draw.randrange(len(self._symbols))]
        wants = [draw.random() < share for share in (0.75, 0.35, 0.4, 0.3, 0.2)]
        entry, pick = self._entry(draw, symbol, quotes.get(symbol), bar), Random(draw.random())
        if wants[0] and entry is not None:
            yield entry
        yield from self._about_positions(bar, journal, quotes, pick, close=wants[1], protect=wants[3])
        yield from self._about_orders(bar, journal, pick, cancel=wants[2], amend=wants[4])

    def _entry(self, draw: Random, symbol: str, quote: Quote | None, bar: int) -> Intent | None:
        side = 1 if draw.random() < 0.5 else -1
        kind = draw.choice(("market", "market", "market", "limit", "stop"))
        volume = Decimal(draw.randrange(1, 10)).scaleb(-2)
        away = draw.randrange(5, 40) * self._point
        if quote is None:
            return None
        market = quote.ask if side > 0 else quote.bid
        price = {"limit": market - side * away, "stop": market + side * away}.get(kind)
        base = price or market
        return self._intent(
            "place", symbol, bar, side=side, order=kind, volume=volume, price=price,
            stop=base - side * 400 * self._point, target=base + side * 600 * self._point, expected=base,
            bid=quote.bid, ask=quote.ask, quoted=quote.ts,
        )  # fmt: skip

    def _about_positions(
        self, bar: int, journal: Retold, quotes: dict[str, Quote], pick: Random, *, close: bool, protect: bool
    ) -> Iterator[Intent]:
        held = journal.holdings()
        if not held:
            return
        one = held[pick.randrange(len(held))]
        half = one.volume > 1 and pick.random() < 0.4
        volume = max((one.volume / 2).quantize(Decimal("0.01")), Decimal("0.01")) if half else one.volume
        quote = quotes.get(one.symbol)
        if protect and quote is not None:
            base = quote.bid if one.side > 0 else quote.ask
            yield self._intent(
                "protect", one.symbol, bar, position=one.position,
                stop=base - one.side * 300 * self._point, target=base + one.side * 700 * self._point,
            )  # fmt: skip
        if close and quote is not None:
            yield self._intent(
                "close", one.symbol, bar, side=-one.side, order="market", volume=volume,
                position=one.position, reduces=True, expected=quote.bid if one.side > 0 else quote.ask,
                bid=quote.bid, ask=quote.ask, quoted=quote.ts,
            )  # fmt: skip

    def _about_orders(
        self, bar: int, journal: Retold, pick: Random, *, cancel: bool, amend: bool
    ) -> Iterator[Intent]:
        resting = journal.resting()
        if not resting:
            return
        story = resting[pick.randrange(len(resting))]
        asked = story.intent
        if amend and asked.price is not None:
            further = -asked.side if asked.order == "limit" else asked.side
            yield self._intent(
                "amend", asked.symbol, bar, target_id=asked.id,
                price=asked.price + further * 10 * self._point, stop=asked.stop, target=asked.target,
            )  # fmt: skip
        if cancel:
            yield self._intent("cancel", asked.symbol, bar, target_id=asked.id)

    def _intent(self, action: Action, symbol: str, bar: int, **fields: Any) -> Intent:
        close = self._begun + bar * self._bar
        name = intent_id(LOGIN, STRATEGY, symbol, close, 0, action)
        bare = Intent(id=name, action=action, strategy=STRATEGY, symbol=symbol, bar=close, leg=0)
        return structs.replace(bare, **fields)
