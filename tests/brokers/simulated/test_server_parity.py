"""The trade server fills as the engine's desk does: random worlds played through both, to the digit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.brokers.simulated.records import ServerDeal, ServerRequest
from ictcli.brokers.simulated.server import TradeServer
from ictcli.engine.desk import EVERYTHING, align
from ictcli.engine.portfolio import Asked, Stream, ask
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.strategies.decisions import CANCEL, ENTER, NEVER
from ictcli.terminals.constants import OrderTime, Retcode, TradeAction
from tests.brokers.simulated.serving import NAMES, cash, close, play, serve, trades
from tests.engine.random_worlds import Kind, random_world
from tests.engine.worlds import Ask, Told, World

SEEDS = st.integers(0, 2**31)
KIND = Kind(many=3, fine=True, managed=False)
POOR = 1_400
"""Opening balance of an account that is soon stopped out."""
PROOFS = 3_000
"""Worlds of the proof."""
CLIENT_SIDE: dict[str, Any] = {
    "void_at": 0, "max_wait": 0, "max_bars": 0, "flat": NEVER, "group": 0, "reduce_only": 0,
}  # fmt: skip
REASONS = {int(ExitReason.STOP): 4, int(ExitReason.TARGET): 5, int(ExitReason.STOP_OUT): 6}
COMPARED = (
    "live", "number", "side", "steps", "opened_steps", "entry_value", "opened_value", "stop", "target",
    "entry", "opened", "opened_ts", "risk", "gross", "commission", "fees", "swap", "spread", "slippage",
    "exit_value",
)  # fmt: skip


def broker_side(world: World, asks: list[Ask]) -> list[Ask]:
    """Decisions without what only the trader knows, and none that has lapsed when it is made."""
    copies = [replace(one, decision=one.decision.copy()) for one in asks]
    for one in copies:
        for name, value in CLIENT_SIDE.items():
            one.decision[name] = value
        known = world.bars[one.on].ts_close[one.decision["bar"][0]]
        if one.decision["expires"][0] <= known:
            one.decision["expires"] = NEVER
    return copies


class Trader:
    """Sends to a server what a desk placed, cancelled and closed."""

    def __init__(self, asked: Asked, told: Told) -> None:
        self.asked = asked
        events = told.books.events
        placed = events[events["event"] == int(OrderEvent.PLACED)]
        self.placed = {(int(e["series"]), int(e["row"])): int(e["steps"]) for e in placed}
        self.setups: dict[int, tuple[int, int]] = {}
        self.next = [int(first) for first, _ in asked.spans]

    def act(self, server: TradeServer, s: int, row: int) -> None:
        """Act on the decisions of a bar."""
        first, last = (int(at) for at in self.asked.spans[s])
        while self.next[s] < last and self.asked.decisions[self.next[s]]["bar"] <= row:
            at = self.next[s]
            self.next[s] += 1
            decision, owner = self.asked.decisions[at], int(self.asked.owners[at])
            if decision["kind"] == ENTER and (s, at - first) in self.placed:
                self.enter(server, s, owner, decision, self.placed[s, at - first])
            elif decision["kind"] >= CANCEL:
                self.leave(server, s, owner, int(decision["setup"]), closing=decision["kind"] > CANCEL)

    def enter(self, server: TradeServer, s: int, owner: int, decision: Any, steps: int) -> None:
        """Place an order."""
        own = decision.reshape(1).copy()[0]
        align(own, int(server.scene.world.series[s]["tick"]))
        dated = own["expires"] < NEVER
        result = server.execute(
            ServerRequest(
                int(TradeAction.PENDING if own["order"] else TradeAction.DEAL),
                NAMES[s],
                int(2 * own["order"] + (own["side"] < 0)),
                steps,
                int(own["price"]) if own["order"] else 0,
                int(own["limit"]),
                int(own["stop"]),
                int(own["target"]),
                filling=2,
                time_type=int(OrderTime.SPECIFIED if dated and own["order"] else OrderTime.GTC),
                expires=int(own["expires"]) if dated else 0,
                magic=owner + 1,
            )
        )
        assert result.retcode in (Retcode.PLACED, Retcode.DONE), result
        self.setups[result.order] = owner, int(own["setup"])

    def leave(self, server: TradeServer, s: int, owner: int, setup: int, *, closing: bool) -> None:
        """Withdraw orders and close positions of a set-up."""

        def meant(ticket: int) -> bool:
            known = self.setups.get(ticket, (-1, -1))
            return known[0] == owner and setup in (EVERYTHING, known[1])

        for order in server.open_orders():
            if order.symbol == NAMES[s] and meant(order.ticket):
                result = server.execute(ServerRequest(int(TradeAction.REMOVE), order=order.ticket))
                assert result.retcode in (Retcode.DONE, Retcode.FROZEN)
        for one in server.positions():
            if closing and one.symbol == NAMES[s] and meant(one.ticket):
                request = close(one.ticket, 1 - 2 * one.type, one.volume, on=s)
                result = server.execute(request)
                assert result.retcode in (Retcode.PLACED, Retcode.CLOSE_ORDER_EXIST)


def expected_deals(told: Told) -> list[tuple[Any, ...]]:
    """The desk's deals as a broker tells them: the two that turn a netting position are one."""
    rows: list[tuple[Any, ...]] = []
    deals, at = told.books.deals, 0
    while at < len(deals):
        own = [deals[at]]
        same = at + 1 < len(deals) and deals[at]["order"] == deals[at + 1]["order"] != 0
        same = same and deals[at]["ts"] == deals[at + 1]["ts"]
        if same and deals[at]["entry"] == 0 and deals[at + 1]["entry"] == 1:
            own.append(deals[at + 1])
        at += len(own)
        totals = [
            int(sum(one[name] for one in own)) for name in ("steps", "gross", "commission", "swap", "fees")
        ]
        reason = REASONS.get(int(own[0]["reason"]), 3)
        entry = 2 if len(own) == 2 else 0 if own[0]["entry"] == 1 else 1
        first = (int(own[0][name]) for name in ("ts", "side", "price"))
        rows.append((NAMES[own[0]["series"]], *first, reason, entry, *totals))
    return rows


def told_deal(deal: ServerDeal) -> tuple[Any, ...]:
    """A deal of a server, with costs as the engine counts them."""
    what = (deal.symbol, deal.ts, 1 - 2 * deal.type, deal.price, deal.reason, deal.entry, deal.volume)
    return (*what, deal.profit, -deal.commission, deal.swap, -deal.fee)


def the_server_deals_as_the_desk(seed: int) -> None:
    """Same orders, same bars: same deals, positions, balance and swap."""
    world, asks = random_world(seed, KIND)
    if seed % 2:
        world.rules["opening"], world.rules["stop_out"] = POOR, 1_000_000
    asks = broker_side(world, asks)
    told = world.run(asks)
    asked = ask([Stream(one.on, one.by, one.decision) for one in asks], len(world.bars))
    server = serve(world)
    play(server, world, Trader(asked, told).act)
    end(server)
    done = [told_deal(deal) for deal in trades(server)]
    assert done == expected_deals(told)
    mine, desk = server.scene.world, told.desk.world
    assert int(mine.account["balance"][0]) == told.balance
    for name in COMPARED:
        assert np.array_equal(mine.positions[name], desk.positions[name]), name
    for name in ("close", "spread", "bar", "orders", "positions"):
        assert np.array_equal(mine.states[name], desk.states[name]), name
    assert cash(server) == server.account().balance
    assert server.account().equity == server.account().balance + server.account().profit


def end(server: TradeServer) -> None:
    """Withdraw every order and close every position at the last prices, as a desk finishes."""
    server.end_of_data()
    for order in server.open_orders():
        gone = server.execute(ServerRequest(int(TradeAction.REMOVE), order=order.ticket))
        assert gone.retcode == Retcode.DONE
    scene = server.scene
    held = sorted(scene.book.held.values(), key=lambda one: (one.series, scene.position_slot(one)))
    for one in held:
        assert server.execute(close(one.ticket, one.side, one.steps, on=one.series)).retcode == Retcode.DONE


@settings(max_examples=100)
@given(SEEDS)
def test_a_server_deals_as_the_desk(seed: int) -> None:
    the_server_deals_as_the_desk(seed)


@pytest.mark.proof
def test_proof_a_server_deals_as_the_desk(record_property: Callable[[str, object], None]) -> None:
    for seed in range(PROOFS):
        the_server_deals_as_the_desk(seed)
    record_property("worlds", PROOFS)
