"""Faults of open positions that no deal explains."""

from random import Random
from typing import Any

from ictcli.reconcile.findings import Kind
from tests.reconcile.bench.planted import Form, Planted
from tests.reconcile.bench.records import Group, Held, Pair
from tests.reconcile.bench.telling import positions


def standing(pair: Pair, rng: Random) -> list[tuple[Group, dict[str, Any], dict[str, Any]]]:
    """Positions of ours in free groups that both sides have, and that nothing moved behind the watermark."""
    ours = {row["position"]: row for row in positions(pair.local, local=True)}
    theirs = {row["position"]: row for row in positions(pair.broker, local=False)}
    return [
        (group, ours[group.position], theirs[group.position])
        for group in pair.free(rng)
        if group.position in ours and group.position in theirs
        if max(ours[group.position]["touched"], theirs[group.position]["touched"]) < pair.until
    ]  # fmt: skip


def _one(pair: Pair, rng: Random) -> tuple[Group, Held, Held] | None:
    found = standing(pair, rng)
    if not found:
        return None
    group = found[0][0]
    pair.take(group)
    return group, pair.local.held[group.position], pair.broker.held[group.position]


def more_here(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger's volume of a position is not what its deals make."""
    found = standing(pair, rng)
    if not found:
        return []
    group, ours, _ = found[0]
    pair.take(group)
    away = pair.instrument(group.symbol).step * rng.randint(1, 9)
    pair.local.held[group.position].volume = ours["volume"] + (away if ours["volume"] > 0 else -away)
    return [Planted(Kind.POSITION_QTY_DIFF, f"position:{group.position}")]


def missing_there(pair: Pair, rng: Random) -> list[Planted]:
    """The broker has a position no more, and no deal tells why."""
    chosen = _one(pair, rng)
    if chosen is None:
        return []
    chosen[2].gone = True
    return [Planted(Kind.POSITION_QTY_DIFF, f"position:{chosen[0].position}")]


def missing_here(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has a position no more, and no deal tells why."""
    chosen = _one(pair, rng)
    if chosen is None:
        return []
    chosen[1].gone = True
    return [Planted(Kind.POSITION_QTY_DIFF, f"position:{chosen[0].position}")]


def flipped(pair: Pair, rng: Random) -> list[Planted]:
    """The broker has a position on the other side."""
    found = standing(pair, rng)
    if not found:
        return []
    group, ours, _ = found[0]
    pair.take(group)
    pair.broker.held[group.position].volume = -int(ours["volume"])
    return [Planted(Kind.POSITION_SIDE_FLIP, f"position:{group.position}")]


def average(pair: Pair, rng: Random) -> list[Planted]:
    """One side has another average price."""
    found = standing(pair, rng)
    if not found:
        return []
    group, ours, _ = found[0]
    pair.take(group)
    side = rng.choice([pair.local, pair.broker])
    share = rng.choice([2_000, 1_000, 50]) * rng.choice([-1, 1])
    side.held[group.position].price = int(ours["price"]) + int(ours["price"]) // share
    return [Planted(Kind.AVG_PRICE_DIFF, f"position:{group.position}")]


def swap(pair: Pair, rng: Random) -> list[Planted]:
    """The ledger has another swap of an open position."""
    chosen = _one(pair, rng)
    if chosen is None:
        return []
    chosen[1].swap += pair.unit * rng.choice([-2, 2, 90, -4_000])
    return [Planted(Kind.SWAP_DIFF, f"position:{chosen[0].position}")]


def _level(field: str, how: str) -> Form:
    def plant(pair: Pair, rng: Random) -> list[Planted]:
        """The broker has another level, none, or one that the ledger never set."""
        wanted = how != "unwanted"
        found = [one for one in standing(pair, rng) if (one[1][field] is not None) == wanted]
        if not found:
            return []
        group, ours, _ = found[0]
        pair.take(group)
        instrument, held = pair.instrument(group.symbol), pair.broker.held[group.position]
        if how == "missing":
            setattr(held, field, None)
        elif how == "unwanted":
            setattr(held, field, instrument.price)
        else:
            away = rng.choice([instrument.tick // 2 + 1, instrument.tick, 90 * instrument.tick])
            setattr(held, field, ours[field] + away * rng.choice([-1, 1]))
        return [Planted(Kind.STOP_DIFF, f"position:{group.position}", field)]

    return Form(Kind.STOP_DIFF, f"{field}_{how}", plant)


FORMS: tuple[Form, ...] = (
    Form(Kind.POSITION_QTY_DIFF, "more_here", more_here),
    Form(Kind.POSITION_QTY_DIFF, "missing_there", missing_there, absence=True),
    Form(Kind.POSITION_QTY_DIFF, "missing_here", missing_here),
    Form(Kind.POSITION_SIDE_FLIP, "flipped", flipped),
    Form(Kind.AVG_PRICE_DIFF, "average", average),
    Form(Kind.SWAP_DIFF, "open", swap),
    *(_level(field, how) for field in ("stop", "target") for how in ("missing", "moved", "unwanted")),
)
