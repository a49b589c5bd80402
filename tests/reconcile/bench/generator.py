"""Consistent pairs from a seed: an account that trades for days, told by its ledger and by its broker."""

from collections.abc import Sequence
from random import Random

from tests.reconcile.bench.actions import ACTIONS, Action, enter, hit, leave
from tests.reconcile.bench.instruments import INSTRUMENTS
from tests.reconcile.bench.maker import Maker
from tests.reconcile.bench.records import DAY, HOUR, MINUTE, NS, Pair, Side, lots, state
from tests.reconcile.bench.strangers import STRANGE

START = 1_709_510_400 * NS
"""2024-03-04, a Monday; the window of a pair begins some days later."""


def pair(seed: int, steps: int = 34) -> Pair:
    """A pair without a fault.

    Args:
        seed: decides everything.
        steps: how many things happen within the window.
    """
    rng = Random(seed)
    local, broker = _sides(rng)
    since = START + rng.randrange(2 * DAY, 5 * DAY, NS)
    until = since + rng.randrange(3 * DAY, 8 * DAY, NS)
    local.until, broker.until, broker.since = until + HOUR, until, since
    maker = Maker(rng, local, broker)
    maker.early = True
    _play(maker, [*ACTIONS, *STRANGE], START, since - HOUR, rng.randint(0, 8))
    maker.early = False
    _play(maker, [*ACTIONS, *STRANGE], since + 2 * HOUR, until - 2 * HOUR, steps)
    if rng.random() < 0.5:
        _ahead(maker, until, rng.randint(1, 5))
    _finish(maker)
    known = dict(local.instruments)
    _forget(maker)
    return Pair(seed, local, broker, maker.groups, maker.number, maker.strangers, known)


def _sides(rng: Random) -> tuple[Side, Side]:
    currency, minor = rng.choice([("USD", 2), ("USD", 2), ("EUR", 2), ("JPY", 0)])
    netting = rng.random() < 0.4
    opening = lots(rng.randint(10_000, 10_000_000) if not minor else rng.randint(100_000, 10_000_000) / 100)
    chosen = rng.sample(INSTRUMENTS, rng.randint(4, len(INSTRUMENTS)))
    account = f"Bench-Demo/{rng.randint(1000, 9_999_999)}"
    made = [
        Side(account, currency, minor, netting, opening, instruments={one.symbol: one for one in chosen})
        for _ in range(2)
    ]
    made[1].equity_told = rng.random() < 0.8
    made[1].clock_offset = rng.choice([None, 0, rng.randint(-NS, NS)])
    return made[0], made[1]


def _play(maker: Maker, actions: Sequence[Action], begin: int, end: int, steps: int) -> None:
    """Let things happen at random instants, in their order."""
    for instant in sorted(maker.rng.randrange(begin, end, 1_000_000) for _ in range(steps)):
        maker.now = max(instant, maker.now + NS)
        if maker.now < end:
            maker.rng.choice(actions)(maker)


def _ahead(maker: Maker, until: int, steps: int) -> None:
    """Let things happen behind the watermark, which one side may have seen and the other not.

    Something that both have seen may happen at the watermark, on either side of it by either clock.
    """
    maker.ahead = True
    maker.now = until + MINUTE
    if maker.rng.random() < 0.3:
        maker.now = until - maker.rng.randint(0, 2 * NS)
        maker.rng.choice([enter, leave, hit])(maker)
        maker.now = max(maker.now, until + MINUTE)
    for _ in range(steps):
        maker.sees = maker.rng.choice([(True, True), (True, False), (False, True)])
        maker.now += maker.rng.randint(1, 60) * NS
        maker.rng.choice([*ACTIONS, *STRANGE])(maker)
    maker.sees = (True, True)


def _finish(maker: Maker) -> None:
    """What both sides say of the positions that are open at last."""
    rng, unit = maker.rng, maker.local.unit
    for position, holding in maker.holdings.items():
        swap = unit * rng.choice([0, 0, -13, -250, 31])
        for side in (maker.local, maker.broker):
            if position in side.held:
                side.held[position].swap = swap
        if position in maker.broker.held:
            theirs = maker.broker.held[position]
            theirs.profit = unit * rng.randint(-90_000, 90_000)
            tick = maker.local.instruments[holding.group.symbol].tick
            if rng.random() < 0.2 and not holding.group.busy:
                theirs.price = round(state(holding.deals).price / tick) * tick
    for held in maker.broker.held.values():
        if held.position not in maker.holdings:
            held.profit = unit * rng.randint(-900, 900)
    maker.broker.repeats = rng.choice([0, 0, 0, 1, 3])


def _forget(maker: Maker) -> None:
    """What a source may leave out without being incomplete."""
    rng = maker.rng
    if rng.random() < 0.1:
        maker.broker.instruments = {}
    elif rng.random() < 0.1:
        maker.local.instruments.popitem()
    maker.broker.balance_told = rng.random() > 0.05
    if not maker.broker.balance_told:
        maker.broker.equity_told = False
