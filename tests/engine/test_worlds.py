"""What holds for every world: money, prices, knowledge, and that no way of running it changes it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.excursions import excursions
from ictcli.engine.portfolio import Stream, ask
from ictcli.engine.refusals import ExitReason
from ictcli.engine.trades import last_exits
from ictcli.strategies.decisions import MARKET, MOST_DECISIONS_PER_BAR
from tests.engine.plain_engine import PlainEngine
from tests.engine.random_worlds import MIDDLE, Kind, random_world
from tests.engine.worlds import MINUTE, Ask, Told, World, assert_same, assert_same_story, buy, minutes, series

SEEDS = st.integers(0, 2**31)
EVERYTHING = Kind(many=3, fine=True)
SIMPLE = Kind(money=False, managed=False, simple=True, fine=True)
PRICES = ("price", "limit", "stop", "target", "void_at")
DISTANCES = ("even_at", "even_plus", "trail", "trail_from")
PROOFS = 10_000
"""Worlds of a proof."""

Check = Callable[[int], None]


def cash_is_conserved(seed: int) -> None:
    """The balance is the opening and what the deals and trades booked; equity at the end is the balance."""
    world, asks = random_world(seed, EVERYTHING)
    told = world.run(asks)
    for books in (told.books.deals, told.books.trades):
        net = books["gross"].sum() - books["commission"].sum() - books["fees"].sum() + books["swap"].sum()
        assert told.balance == int(world.rules["opening"][0]) + int(net)
    mark = told.books.marks[-1]
    assert mark["equity"] == mark["balance"] == told.balance
    assert mark["margin"] == 0
    opened = told.books.deals["entry"] == 1
    for name in ("steps", "side"):
        weight = told.books.deals[name] * (told.books.deals["steps"] if name == "side" else 1)
        signed = weight if name == "side" else np.where(opened, weight, -weight)
        assert int(signed.sum()) == 0


def fills_lie_within_their_bars(seed: int) -> None:
    """Without slippage every price was traded on the side that the deal is done on."""
    world, asks = random_world(seed, EVERYTHING)
    for own in world.terms:
        own["slippage"], own["slippage_share"] = 0, 0
    told = world.run(asks)
    at_end = int(ExitReason.END)
    for deal in told.books.deals[told.books.deals["reason"] != at_end]:
        s, bar = int(deal["series"]), int(deal["bar"])
        bars = world.bars[s]
        spreads = [int(bars.spread[bar])]
        if world.fine is not None and (fine := world.fine[s]) is not None:
            inside = (fine.ts >= bars.ts[bar]) & (fine.ts < bars.ts_close[bar])
            spreads += [int(v) for v in fine.spread[inside]]
        spreads = [int(world.terms[s]["typical_spread"][0]) if v < 0 else v for v in spreads]
        least, most = (min(spreads), max(spreads)) if deal["side"] > 0 else (0, 0)
        assert bars.low[bar] + least <= deal["price"] <= bars.high[bar] + most


def nothing_fills_before_it_is_known(seed: int) -> None:
    """An order fills at the earliest in the bar after the one that decided it."""
    world, asks = random_world(seed, EVERYTHING)
    told = world.run(asks)
    asked = ask([Stream(one.on, one.by, one.decision) for one in asks], len(world.bars))
    for deal in told.books.deals[told.books.deals["entry"] == 1]:
        decided = asked.decisions[asked.spans[deal["series"], 0] + deal["row"]]
        assert deal["bar"] > decided["bar"]
        assert deal["ts"] >= world.bars[deal["series"]].ts_close[decided["bar"]]
    events = told.books.events
    for event in events:
        decided = asked.decisions[asked.spans[event["series"], 0] + event["row"]]
        assert event["bar"] >= decided["bar"]


def a_run_in_parts_equals_one_run(seed: int) -> None:
    """Cut at any instants and continued from the bytes of a checkpoint."""
    world, asks = random_world(seed, EVERYTHING)
    closes = world.closes()
    rng = np.random.default_rng(seed + 1)
    cuts = sorted(rng.choice(closes, min(len(closes), 3), replace=False).tolist())
    assert_same(world.run(asks), world.run(asks, cuts))


def alarms_skip_nothing(seed: int) -> None:
    """A decision on every bar, which asks for nothing, makes the engine look at every bar."""
    world, asks = random_world(seed, EVERYTHING)
    assert_same_story(world.run(asks), world.run([*asks, *world.nothing()]))


def bar_by_bar_is_the_same(seed: int) -> None:
    """A live loop that gives one bar at a time and keeps a checkpoint between."""
    world, asks = random_world(seed, EVERYTHING)
    assert_same(world.run(asks), world.run(asks, world.closes()))


def changed(asks: list[Ask], change: Callable[[Any], None]) -> list[Ask]:
    """Decisions with a change to each."""
    copies = [replace(one, decision=one.decision.copy()) for one in asks]
    for one in copies:
        change(one.decision)
    return copies


def averages_nothing(world: World) -> None:
    """Make every position one fill: the share of a mixed entry value is rounded to a point of one step."""
    world.rules["netting"], world.rules["fill_share"] = 0, 0


def scaling_prices_and_points_changes_only_prices(seed: int) -> None:
    """Ten times finer points, each worth a tenth."""
    world, asks = random_world(seed, Kind())
    for own in world.terms:
        own["slippage_share"], own["conversion"] = 0, 0
    asks = changed(asks, lambda d: d.__setitem__("trail_atr", 0.0))
    finer = [series() for _ in world.terms]
    for own, small in zip(world.terms, finer, strict=True):
        small[:] = own
        small["denominator"] *= 10
        for name in (
            "commission",
            "fee",
            "slippage",
            "typical_spread",
            "tick",
            "stops_level",
            "freeze_level",
        ):
            small[name] *= 10
        small["swap_long"] *= 10
        small["swap_short"] *= 10
    averages_nothing(world)
    rules = world.rules.copy()
    rules["through"] *= 10

    def scale(decision: Any) -> None:
        for name in (*PRICES, *DISTANCES, "partial_at"):
            decision[name] *= 10

    small_world = replace(world, bars=[one.rescaled(1) for one in world.bars], terms=finer, rules=rules)
    one, other = world.run(asks), small_world.run(changed(asks, scale))
    for name in ("bar", "ts", "side", "steps", "reason", "gross", "commission", "fees", "swap", "balance"):
        assert one.books.deals[name].tolist() == other.books.deals[name].tolist(), name
    assert (one.books.deals["price"] * 10).tolist() == other.books.deals["price"].tolist()
    assert (one.books.events["price"] * 10).tolist() == other.books.events["price"].tolist()
    assert one.books.marks.tolist() == other.books.marks.tolist()


def a_mirrored_market_trades_mirrored(seed: int) -> None:
    """Prices turned over, buys made sells, without spread."""
    world, asks = random_world(seed, Kind(spread=False))
    for own in world.terms:
        own["conversion"], own["margin"], own["tick"] = 0, 0, 1
    averages_nothing(world)
    world.rules["stop_out"] = 0
    turned = []
    for bars in world.bars:
        o, h, low, c = (2 * MIDDLE - getattr(bars, name) for name in ("open", "low", "high", "close"))
        turned.append(replace(bars, open=o, high=h, low=low, close=c))
    terms = [own.copy() for own in world.terms]
    for own in terms:
        own["swap_long"], own["swap_short"] = own["swap_short"].copy(), own["swap_long"].copy()

    def mirror(decision: Any) -> None:
        decision["side"] *= -1
        for name in (*PRICES, "partial_at"):
            decision[name] = np.where(decision[name] == 0, 0, 2 * MIDDLE - decision[name])

    one = world.run(asks)
    other = replace(world, bars=turned, terms=terms).run(changed(asks, mirror))
    for name in (
        "bar",
        "ts",
        "steps",
        "reason",
        "ambiguous",
        "gross",
        "commission",
        "fees",
        "swap",
        "balance",
    ):
        assert one.books.deals[name].tolist() == other.books.deals[name].tolist(), name
    assert (-one.books.deals["side"]).tolist() == other.books.deals["side"].tolist()
    assert (2 * MIDDLE - one.books.deals["price"]).tolist() == other.books.deals["price"].tolist()
    assert one.books.events["event"].tolist() == other.books.events["event"].tolist()


def an_idle_series_changes_nothing(seed: int) -> None:
    """Another series that nobody trades, on the same stretch of time."""
    world, asks = random_world(seed, Kind(fine=True))
    own = world.bars[0]
    last = int(own.ts_close[-1])
    idle = minutes(*[(50, 60, 40, 50)] * (last // (7 * MINUTE)), length=7 * MINUTE)
    fine = None if world.fine is None else [*world.fine, None]
    with_idle = replace(world, bars=[own, idle], terms=[*world.terms, series()], fine=fine)
    one, other = world.run(asks), with_idle.run(asks)
    for name in ("trades", "deals", "events", "marks"):
        assert getattr(one.books, name).tobytes() == getattr(other.books, name).tobytes(), name


def pieces_that_equal_their_bars_change_nothing(seed: int) -> None:
    """Every bar resolved by one piece: itself."""
    world, asks = random_world(seed, Kind(many=2))
    assert_same(world.run(asks), replace(world, fine=list(world.bars)).run(asks))


def what_comes_later_changes_nothing_before(seed: int) -> None:
    """The first bars tell the same story whatever follows them."""
    world, asks = random_world(seed, replace(EVERYTHING, many=1))
    cut = max(1, len(world.bars[0]) // 2)
    short = replace(world, bars=[world.bars[0].slice(0, cut)], ends=False)
    early = [one for one in asks if one.decision["bar"][0] < cut]
    one, other = short.run(early), replace(world, ends=False).run(asks)
    for name in ("deals", "events"):
        mine, whole = getattr(one.books, name), getattr(other.books, name)
        assert mine.tobytes() == whole[whole["bar"] < cut].tobytes(), name


def a_plain_engine_agrees(seed: int) -> None:
    """Deal by deal, in the order of time; within a bar in any order. So do excursions, trade by trade."""
    world, asks = random_world(seed, SIMPLE)
    told = world.run(asks)
    plain = PlainEngine(world, asks)
    plain.run()
    mine = [
        (
            *(int(deal[name]) for name in ("bar", "side", "price", "steps")),
            "" if deal["entry"] else ExitReason(deal["reason"]).label,
            bool(deal["ambiguous"]),
        )
        for deal in told.books.deals
    ]
    assert sorted(mine) == sorted(plain.deals)
    assert told.balance == int(world.rules["opening"][0]) + plain.result
    assert sorted(ran(told, world, asks)) == sorted(plain.ran)


def ran(told: Told, world: World, asks: list[Ask]) -> list[tuple[int, ...]]:
    """First and last bar, side, entry, and excursions of every trade of a world of one series."""
    trades = told.books.trades
    asked = ask([Stream(0, one.by, one.decision) for one in asks], 1).decisions
    at_open = (asked[trades["row"]]["order"] == MARKET).astype(np.int64)
    fine, typical = (world.fine or [None])[0], int(world.terms[0]["typical_spread"][0])
    found = excursions(trades, world.bars[0], fine, typical, at_open, last_exits(told.books))
    columns = [trades[name] for name in ("opened", "closed", "side", "entry")]
    return [
        tuple(int(one) for one in row) for row in zip(*columns, found.adverse, found.favourable, strict=True)
    ]


CHECKS: list[Check] = [
    a_plain_engine_agrees,
    cash_is_conserved,
    fills_lie_within_their_bars,
    nothing_fills_before_it_is_known,
    a_run_in_parts_equals_one_run,
    alarms_skip_nothing,
    bar_by_bar_is_the_same,
    scaling_prices_and_points_changes_only_prices,
    a_mirrored_market_trades_mirrored,
    an_idle_series_changes_nothing,
    pieces_that_equal_their_bars_change_nothing,
    what_comes_later_changes_nothing_before,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_holds_for_random_worlds(check: Check) -> None:
    given(SEEDS)(check)()


def test_a_bar_of_very_many_decisions_is_told_whole() -> None:
    """40 strategies write as many decisions as one may: all of them are answered."""
    many = [replace(buy(0, price=-1), by=by) for by in range(40)]
    streams = [Stream(0, one.by, np.repeat(one.decision, MOST_DECISIONS_PER_BAR)) for one in many]
    world = World([minutes((1000, 1000, 1000, 1000))])
    told = world.desk().advance(world.bars, ask(streams, 1))
    assert len(told.events) == 40 * MOST_DECISIONS_PER_BAR
    assert told.events["row"].tolist() == list(range(40 * MOST_DECISIONS_PER_BAR))


def test_a_checkpoint_of_another_account_is_refused() -> None:
    world, other = World([minutes((1, 1, 1, 1))]), World([minutes((1, 1, 1, 1))] * 2)
    with pytest.raises(ValueError, match="not a checkpoint of this account"):
        world.desk().load(other.desk().save())


def told_once(seed: int, kind: Kind) -> Told:
    """One run of a random world."""
    world, asks = random_world(seed, kind)
    return world.run(asks)


def test_random_worlds_reach_most_of_what_can_happen() -> None:
    """A generator that stopped trading would prove nothing."""
    told = [told_once(seed, EVERYTHING) for seed in range(150)]
    events = set(np.concatenate([one.books.events["event"] for one in told]).tolist())
    assert events == set(range(1, 13))
    reasons = set(np.concatenate([one.books.trades["reason"] for one in told]).tolist())
    assert reasons == {int(reason) for reason in ExitReason}
    assert sum(int(one.books.deals["ambiguous"].sum()) for one in told) > 10


@pytest.mark.proof
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_holds_for_ten_thousand_worlds(check: Check, proof_facts: dict[str, object]) -> None:
    for seed in range(PROOFS):
        check(seed)
    proof_facts["worlds"] = PROOFS
