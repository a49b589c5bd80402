"""What happens on an account of ours: each action changes both sides alike."""

from collections.abc import Callable
from dataclasses import replace

from tests.reconcile.bench.maker import LAG, Holding, Maker
from tests.reconcile.bench.records import MINUTE, NS, Asked, Group, Instrument

Action = Callable[[Maker], None]


def enter(maker: Maker) -> None:
    """A market order, filled at once in up to two deals; it opens, adds, reduces or reverses."""
    instrument = maker.rng.choice(ours(maker))
    side, volume = maker.rng.choice([-1, 1]), maker.volume(instrument)
    holding = _netted(maker, instrument)
    if holding is not None and maker.rng.random() < 0.3 and holding.volume * side < 0:
        volume = abs(holding.volume) + volume
    group = holding.group if holding else maker.group(instrument.symbol)
    asked = maker.order(group, "market", side, volume, **levels(maker, instrument, side))
    fill(maker, asked, group, volume)


def rest(maker: Maker) -> None:
    """An order that waits."""
    instrument = maker.rng.choice(ours(maker))
    side = maker.rng.choice([-1, 1])
    kind = maker.rng.choice(["limit", "stop", "stop_limit"])
    group = maker.group(instrument.symbol)
    given = levels(maker, instrument, side) | {"price": maker.price(instrument)}
    if kind == "stop_limit":
        given["limit"] = maker.price(instrument)
    asked = maker.order(group, kind, side, maker.volume(instrument), **given)
    maker.working.append((asked, group))


def reach(maker: Maker) -> None:
    """An order that waited is filled, wholly or in part."""
    found = _waiting(maker)
    if found is None:
        return
    asked, group = found
    if group.position and group.position not in maker.holdings:
        maker.change(asked, status="cancelled")
        return
    left = asked.broker.volume - asked.broker.filled
    step = maker.local.instruments[group.symbol].step
    part = step * maker.rng.randint(1, max(1, left // step - 1))
    volume = left if maker.rng.random() < 0.5 else min(left, part)
    group = fill(maker, asked, group, volume)
    if volume < left and not maker.ahead:
        maker.working.append((asked, group))


def withdraw(maker: Maker) -> None:
    """An order that waited is over without being filled, or without being filled wholly."""
    found = _waiting(maker)
    if found is None:
        return
    asked, group = found
    maker.change(asked, status=maker.rng.choice(["cancelled", "expired"]))
    if maker.sees == (True, True) and maker.rng.random() < 0.3:
        asked.broker.status = maker.rng.choice(["cancelled", "expired", "rejected"])
    group.busy = group.busy or maker.ahead


def leave(maker: Maker) -> None:
    """A position is closed by an order of ours, wholly or in part."""
    holding = standing(maker)
    if holding is None:
        return
    volume = part(maker, holding)
    side = -1 if holding.volume > 0 else 1
    asked = maker.order(holding.group, "market", side, volume, position=holding.group.position)
    price = maker.price(maker.local.instruments[holding.group.symbol])
    maker.execute(asked, holding, volume, price)


def hit(maker: Maker) -> None:
    """A stop or target is hit, or the broker closes for want of margin; the ledger knows why."""
    holding = standing(maker)
    if holding is None:
        return
    reason = maker.rng.choice(["stop", "stop", "target", "target", "stop_out"])
    _by_another(maker, holding, abs(holding.volume), reason, holding.magic)


def meddle(maker: Maker) -> None:
    """A person closes a position of ours by hand, wholly or in part."""
    holding = standing(maker)
    if holding is not None:
        _by_another(maker, holding, part(maker, holding), "client", 0)


def protect(maker: Maker) -> None:
    """Stop and target of a position are moved."""
    holding = standing(maker)
    if holding is None:
        return
    moved = levels(maker, maker.local.instruments[holding.group.symbol], 1)
    for side, seen in zip((maker.local, maker.broker), maker.sees, strict=True):
        held = side.held.get(holding.group.position)
        if seen and held is not None:
            held.stop, held.target, held.touched = moved["stop"], moved["target"], maker.now
    holding.group.busy = holding.group.busy or maker.ahead


def pay(maker: Maker) -> None:
    """Money comes or goes."""
    amount = maker.local.unit * maker.rng.choice([100_000, -50_000, 777, -1, 25_000_001])
    maker.pay(maker.rng.choice(["deposit", "withdrawal", "correction", "bonus", "dividend"]), amount)


def charge(maker: Maker) -> None:
    """The operator's own fee, which is on nobody's books but ours."""
    maker.pay("operator", -maker.local.unit * maker.rng.randint(1, 9_000), operator=True)


def refuse(maker: Maker) -> None:
    """An intent of which the broker has nothing, or no more than a refused order.

    Before the window it may be one whose outcome nobody learned.
    """
    instrument = maker.rng.choice(ours(maker))
    group = maker.group(instrument.symbol)
    asked = maker.order(group, "market", maker.rng.choice([-1, 1]), maker.volume(instrument))
    group.busy = True
    long_ago = ["sent", "unknown"] if maker.early else []
    status = maker.rng.choice(["rejected", "rejected", "denied", "absent", "intent", *long_ago])
    maker.change(asked, status=status)
    if status == "rejected" and maker.rng.random() < 0.5:
        return
    if maker.sees[1]:
        maker.broker.orders.remove(asked.broker)
    asked.local.order = 0


def doubt(maker: Maker) -> None:
    """An order whose answer the ledger has not seen; the broker has it working."""
    rest(maker)
    asked, _ = maker.working.pop()
    maker.change(asked, status=maker.rng.choice(["sent", "unknown"]))
    asked.local.order, asked.broker.status = 0, maker.rng.choice(["pending", "open"])


def take_back(maker: Maker) -> None:
    """The broker takes a deal back and the ledger knows."""
    holding = standing(maker)
    if holding is None or maker.ahead:
        return
    last = holding.deals[-1]
    both = [one for side in (maker.local, maker.broker) for one in side.deals if one.deal == last.deal]
    for one in [last, *both]:
        one.voided = True
    if not holding.volume:
        maker.holdings.pop(holding.group.position)


def undo(maker: Maker) -> None:
    """The broker takes a deal back that the ledger never had."""
    holding = standing(maker)
    if holding is None or not maker.sees[1]:
        return
    theirs = next(one for one in maker.broker.deals if one.deal == holding.deals[-1].deal)
    gone = replace(theirs, deal=maker.ticket(), order=maker.ticket(), ts=maker.now, voided=True)
    maker.broker.deals.append(gone)


def too_late(maker: Maker) -> None:
    """An order is filled after it was over; the ledger has marked the deal."""
    found = _waiting(maker)
    if found is None or maker.ahead:
        return
    asked, group = found
    maker.change(asked, status=maker.rng.choice(["cancelled", "expired"]))
    if group.position and group.position not in maker.holdings:
        return
    maker.now += maker.rng.randint(1, 9) * MINUTE
    fill(maker, asked, group, asked.broker.volume - asked.broker.filled, late=True)


def too_much(maker: Maker) -> None:
    """An order is filled beyond its volume; the ledger has marked the deal."""
    instrument = maker.rng.choice(ours(maker))
    holding = _netted(maker, instrument)
    side = maker.rng.choice([-1, 1]) if holding is None else 1 if holding.volume > 0 else -1
    volume = maker.volume(instrument)
    group = holding.group if holding else maker.group(instrument.symbol)
    asked = maker.order(group, "market", side, volume, **levels(maker, instrument, side))
    fill(maker, asked, group, volume)
    fill(maker, asked, group, instrument.step * maker.rng.randint(1, 3), over=True)


def fill(maker: Maker, asked: Asked, group: Group, volume: int, **flags: bool) -> Group:
    """Fill an order in up to two deals, opening its position where there is none yet; gives its group."""
    instrument = maker.local.instruments[group.symbol]
    holding = _netted(maker, instrument) or maker.holdings.get(group.position)
    if holding is not None and holding.group is not group:
        group = _join(asked, group, holding.group)
    first = instrument.step * maker.rng.randint(1, volume // instrument.step)
    for piece in [volume] if maker.rng.random() < 0.6 else [first, volume - first]:
        if piece:
            if holding is None or not holding.volume:
                group = _fresh(maker, asked, group)
                holding = maker.open(asked, group)
            maker.execute(asked, holding, piece, maker.price(instrument), **flags)
    return group


def ours(maker: Maker) -> list[Instrument]:
    """What we trade; with netting the last one is left to strangers."""
    listed = list(maker.local.instruments.values())
    return listed[:-1] if maker.local.netting else listed


def standing(maker: Maker) -> Holding | None:
    """A position of ours that is open."""
    open_now = [one for one in maker.holdings.values() if not (maker.ahead and one.group.busy)]
    return maker.rng.choice(open_now) if open_now else None


def part(maker: Maker, holding: Holding) -> int:
    """The volume of a position, or some of it."""
    step = maker.local.instruments[holding.group.symbol].step
    whole = abs(holding.volume)
    return whole if maker.rng.random() < 0.6 else step * maker.rng.randint(1, whole // step)


def levels(maker: Maker, instrument: Instrument, side: int) -> dict[str, int | None]:
    """Stop and target, now and then without one of them."""
    away = instrument.price // 50 // instrument.tick * instrument.tick
    stop, target = maker.price(instrument) - side * away, maker.price(instrument) + side * away
    return {
        "stop": stop if maker.rng.random() < 0.9 else None,
        "target": target if maker.rng.random() < 0.7 else None,
    }


def _netted(maker: Maker, instrument: Instrument) -> Holding | None:
    if not maker.local.netting:
        return None
    found = [one for one in maker.holdings.values() if one.group.symbol == instrument.symbol]
    return found[0] if found else None


def _join(asked: Asked, group: Group, into: Group) -> Group:
    """An order that was on its own becomes one of a position."""
    group.asked.remove(asked)
    group.busy = True
    into.asked.append(asked)
    return into


def _fresh(maker: Maker, asked: Asked, group: Group) -> Group:
    """The group of a position that an order opens: its own, unless a position was in it already.

    Both would share an order then, so neither gets a fault.
    """
    if not group.position:
        return group
    made = maker.group(group.symbol)
    group.busy = made.busy = True
    group.asked.remove(asked)
    made.asked.append(asked)
    return made


def _waiting(maker: Maker) -> tuple[Asked, Group] | None:
    if not maker.working:
        return None
    return maker.working.pop(maker.rng.randrange(len(maker.working)))


def _by_another(maker: Maker, holding: Holding, volume: int, reason: str, magic: int) -> None:
    price = maker.price(maker.local.instruments[holding.group.symbol])
    side = -1 if holding.volume > 0 else 1
    ticket = maker.stopped(holding, volume, reason, magic)
    maker.now += maker.rng.randint(0, 2) * NS + LAG
    maker.deal(
        holding, order=ticket, magic=magic, intent=holding.intent, side=side, volume=volume, price=price,
        reason=reason, of_position=True,
    )  # fmt: skip


ACTIONS: tuple[Action, ...] = (
    enter, enter, enter, enter, enter, rest, rest, reach, reach, withdraw, leave, leave, leave, hit, hit,
    meddle, protect, pay, charge, refuse, doubt, take_back, undo, too_late, too_much,
)  # fmt: skip
