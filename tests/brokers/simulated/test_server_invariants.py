"""Whatever is asked of a trade server, sane or not: its records agree with each other and with its money."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator

from ictcli.brokers.simulated.faults import Fault, FaultPlan, FaultRates
from ictcli.brokers.simulated.faults_server import FaultyServer
from ictcli.brokers.simulated.records import ServerOrder, ServerRequest
from ictcli.brokers.simulated.server import TradeServer
from ictcli.terminals.constants import OrderState, OrderType, TradeAction
from tests.brokers.simulated.serving import NAMES, cash, play, serve, trades
from tests.engine.random_worlds import MIDDLE, Kind, random_world

KIND = Kind(many=2, fine=True, managed=False)
WORKING = (int(OrderState.PLACED), int(OrderState.PARTIAL))
PROOFS = 2_000
"""Worlds of the proof."""
FAULTS: dict[Fault, float] = {fault: 0.03 for fault in Fault if fault != Fault.NONE}


def some_request(rng: Generator, server: TradeServer) -> ServerRequest:
    """A request that often makes sense."""
    orders, positions = server.open_orders(), server.positions()
    symbol = NAMES[int(rng.integers(0, len(server.symbols())))]
    bid = server.tick(symbol).bid or MIDDLE

    def near() -> int:
        return int(rng.choice([0, 0, bid + int(rng.integers(-15, 16))]))

    position = rng.choice([one.ticket for one in positions] or [0])
    volume = int(rng.choice([0, 1, 3, 5, 10]))
    action = int(rng.choice([1, 1, 1, 1, 5, 5, 5, 6, 7, 8, 10]))
    resting = int(rng.integers(2, 8)) if action == TradeAction.PENDING else int(rng.integers(0, 8))
    return ServerRequest(
        action=action,
        symbol=symbol,
        type=int(rng.choice([0, 1, resting] if action == TradeAction.DEAL else [resting])),
        volume=volume,
        price=bid + int(rng.integers(-15, 16)),
        limit=near(),
        stop=near(),
        target=near(),
        filling=int(rng.integers(0, 3)),
        time_type=int(rng.choice([0, 0, 1, 2, 3])),
        expires=server.now + int(rng.integers(-2, 5)) * 30_000_000_000,
        magic=int(rng.integers(0, 3)),
        order=int(rng.choice([one.ticket for one in orders] or [0])),
        position=int(rng.choice([0, int(position)])),
        position_by=int(rng.choice([one.ticket for one in positions] or [0])),
    )


def records_agree(server: TradeServer) -> None:
    """Orders, deals, positions and money tell one story."""
    over, deals = server.done_orders(-(2**62), 2**62), trades(server)
    orders: dict[int, ServerOrder] = {one.ticket: one for one in [*over, *server.open_orders()]}
    assert len(orders) == len(over) + len(server.open_orders())
    assert len({deal.ticket for deal in deals}) == len(deals)
    filled: dict[int, int] = defaultdict(int)
    net: dict[int, int] = defaultdict(int)
    for deal in deals:
        filled[deal.order] += deal.volume
        net[deal.position] += deal.volume * (1 - 2 * deal.type)
    for ticket, order in orders.items():
        done = filled[ticket] // (2 if order.type == OrderType.CLOSE_BY else 1)
        assert order.volume - order.remaining == done, order
        assert (order.state in WORKING) == (order.done == 0 and order not in over)
        assert order.state != OrderState.FILLED or order.remaining == 0
    held = {one.identifier: one.volume * (1 - 2 * one.type) for one in server.positions()}
    assert held == {position: steps for position, steps in net.items() if steps}
    account = server.account()
    assert cash(server) == account.balance
    assert account.equity == account.balance + sum(one.profit + one.swap for one in server.positions())
    states = server.scene.world.states
    assert int(states["positions"].sum()) == len(held)
    assert int(states["orders"].sum()) <= len(server.open_orders())


def asked_at_random(seed: int, **options: Any) -> None:
    """A random world with random requests after each bar, some of them through faults."""
    rng = np.random.default_rng(seed)
    world, _ = random_world(seed, KIND)
    server = serve(world, **options)
    faulty = FaultyServer(server, FaultPlan(FaultRates(FAULTS), np.random.default_rng(seed + 1)))
    good = 0

    def asking(asked: TradeServer, _: int, __: int) -> None:
        nonlocal good
        for _ in range(int(rng.integers(0, 4))):
            request = some_request(rng, asked)
            told = asked.check(request).retcode
            result = (faulty if rng.random() < 0.3 else asked).execute(request)
            good += result is not None and result.retcode in (10008, 10009)
            assert told == 0 or result is None or not 10008 <= result.retcode <= 10010 or faulty.away
        records_agree(asked)

    play(server, world, asking)
    records_agree(server)


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.sampled_from(["next_quote", "immediate"]), st.booleans())
def test_records_and_money_agree_after_any_requests(seed: int, execution: str, deduplicates: bool) -> None:
    asked_at_random(seed, execution=execution, deduplicates=deduplicates)


@pytest.mark.proof
def test_proof_records_and_money_agree_after_any_requests(
    record_property: Callable[[str, object], None],
) -> None:
    for seed in range(PROOFS):
        asked_at_random(seed, execution=("next_quote", "immediate")[seed % 2], deduplicates=seed % 3 == 0)
    record_property("worlds", PROOFS)
