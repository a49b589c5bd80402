"""What others do on the account, with what the ledger knows of it."""

from dataclasses import replace

from tests.reconcile.bench.maker import Maker
from tests.reconcile.bench.records import NS, Deal, Held, Instrument, Order

STRANGE_MAGICS = (0, 777, 99_123)


def order(maker: Maker) -> None:
    """An order that is none of ours; the ledger has flagged it."""
    instrument = _theirs(maker)
    status = maker.rng.choice(["open", "cancelled", "partial", "expired"])
    made = _order(maker, instrument, "limit", status)
    maker.broker.orders.append(made)
    _tell(maker, "order", made.order, told=not maker.early or status in {"open", "partial"})
    _flag(maker, "order", made.order)


def flagged(maker: Maker) -> None:
    """An order, its deal and its position; the ledger has flagged them all, or the order alone."""
    made = _traded(maker)
    if made is None:
        return
    _flag(maker, "order", made.order)
    if maker.early or maker.rng.random() < 0.7:
        _flag(maker, "deal", made.deal)
        _flag(maker, "position", made.position)


def booked(maker: Maker) -> None:
    """A deal that the ledger has booked without an intent of ours behind it."""
    made = _traded(maker)
    if made is None or maker.ahead:
        return
    maker.local.deals.append(replace(made))
    maker.local.held[made.position] = replace(maker.broker.held[made.position], stop=None)
    if maker.rng.random() < 0.5:
        _flag(maker, "order", made.order)


def _traded(maker: Maker) -> Deal | None:
    """A market order, its deal and the position it opens, at the broker.

    Before the window it costs nothing: no deal that is told could explain why the ledger lacks the money.
    """
    instrument = _theirs(maker)
    if maker.local.netting and any(one.symbol == instrument.symbol for one in maker.broker.deals):
        return None
    asked = _order(maker, instrument, "market", "filled")
    asked.filled, asked.position = asked.volume, asked.order
    maker.broker.orders.append(asked)
    maker.now += maker.rng.randint(0, 2) * NS
    costs = 0 if maker.early else maker.local.unit * maker.rng.randint(0, 500)
    deal = Deal(
        maker.ticket(), asked.order, asked.order, asked.magic, asked.symbol, asked.side, "in", asked.volume,
        maker.price(instrument), maker.now, commission=-costs, reason="client",
    )  # fmt: skip
    maker.broker.deals.append(deal)
    _tell(maker, "order", deal.order, told=not maker.early)
    _tell(maker, "deal", deal.deal, told=not maker.early)
    _tell(maker, "position", deal.position, told=True)
    stop = maker.rng.choice([None, instrument.price])
    maker.broker.held[deal.position] = Held(deal.position, deal.position, deal.magic, deal.symbol, stop)
    return deal


def _order(maker: Maker, instrument: Instrument, kind: str, status: str) -> Order:
    made = Order(
        maker.ticket(), maker.rng.choice(STRANGE_MAGICS), instrument.symbol, maker.rng.choice([-1, 1]), kind,
        status, maker.volume(instrument), maker.now, maker.now, reason="client",
    )  # fmt: skip
    if kind == "limit":
        made.price = maker.price(instrument)
    return made


def _theirs(maker: Maker) -> Instrument:
    listed = list(maker.local.instruments.values())
    return listed[-1] if maker.local.netting else maker.rng.choice(listed)


def _tell(maker: Maker, what: str, ticket: int, *, told: bool) -> None:
    """Keep in mind that the broker tells of something that must be called foreign."""
    if told and not maker.ahead:
        maker.strangers.add(f"{what}:{ticket}")


def _flag(maker: Maker, what: str, ticket: int) -> None:
    if not maker.ahead:
        maker.local.foreign.add((what, ticket))


STRANGE = (order, flagged, booked)
