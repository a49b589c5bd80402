"""What only a trader knows - void prices, waits, time stops, session ends - works through requests alone.

Given its turn at an announced open and after the inside of a bar, a client that cancels and closes by
requests trades as the engine does that keeps those rules itself.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.brokers.simulated.records import ServerOrder, ServerRequest
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.turns import instants, turn_of, turns_of
from ictcli.engine.desk import align
from ictcli.engine.orders import is_void
from ictcli.engine.portfolio import Stream, ask
from ictcli.engine.world import Quote
from ictcli.terminals.constants import Retcode, TradeAction
from tests.brokers.simulated.serving import NAMES, close, serve, trades
from tests.brokers.simulated.test_server_parity import (
    CLIENT_SIDE,
    KIND,
    Trader,
    broker_side,
    end,
    expected_deals,
    told_deal,
)
from tests.engine.random_worlds import random_world
from tests.engine.worlds import World

KEPT = ("void_at", "max_wait", "max_bars", "flat")


class Client(Trader):
    """A trader that also keeps the rules which brokers do not know."""

    def __init__(self, *made_of: Any) -> None:
        super().__init__(*made_of)
        self.rules: dict[int, Any] = {}

    def enter(self, server: TradeServer, s: int, owner: int, decision: Any, steps: int) -> None:
        """Place an order and remember what the broker is not told."""
        ticket = server.scene.book.history.next_order
        super().enter(server, s, owner, decision, steps)
        self.rules[ticket] = decision.reshape(1).copy()[0]
        align(self.rules[ticket], int(server.scene.world.series[s]["tick"]))

    def at_open(self, server: TradeServer, s: int, quote: Quote) -> None:
        """Withdraw and close what the open has made pointless."""
        for order in self.waiting(server, s):
            rules = self.rules[order.ticket]
            waited = 0 < rules["max_wait"] < quote.bar - rules["bar"]
            if waited or quote.ts >= rules["flat"]:
                self.remove(server, order.ticket)
            else:
                self.void(server, s, order, (quote.open, quote.open, quote.spread))
        for one in server.positions():
            rules = self.rules[one.ticket]
            opened = next(deal.ts for deal in trades(server) if deal.position == one.ticket)
            bars = server.scene.markets[s].bars(server.scene.markets[s].timeframe)
            age = int((bars.ts_close > opened).sum())
            over = 0 < rules["max_bars"] < age or quote.ts >= rules["flat"]
            if one.symbol == NAMES[s] and over:
                asked = server.execute(close(one.ticket, 1 - 2 * one.type, one.volume, on=s))
                assert asked.retcode in (Retcode.PLACED, Retcode.CLOSE_ORDER_EXIST)

    def after(self, server: TradeServer, s: int, quote: Quote) -> None:
        """Withdraw what the inside of a bar has made pointless."""
        for order in self.waiting(server, s):
            self.void(server, s, order, (quote.high, quote.low, quote.spread))

    def waiting(self, server: TradeServer, s: int) -> list[ServerOrder]:
        """Orders of a symbol that are to open something."""
        return [one for one in server.open_orders() if one.symbol == NAMES[s] and one.ticket in self.rules]

    def void(self, server: TradeServer, s: int, order: ServerOrder, prices: tuple[int, int, int]) -> None:
        """Remove an order whose void price was reached."""
        own = server.scene.world.orders[s, server.scene.order_slot(s, order.ticket)].copy()
        own["asked"] = self.rules[order.ticket]
        if is_void(own, *prices):
            self.remove(server, order.ticket)

    def remove(self, server: TradeServer, ticket: int) -> None:
        """Remove an order."""
        asked = ServerRequest(int(TradeAction.REMOVE), order=ticket)
        assert server.execute(asked).retcode == Retcode.DONE


def turn_by_turn(server: TradeServer, world: World, client: Client) -> None:
    """Let a world go by with the client's turns in each bar."""
    fine = world.fine or [None] * len(world.bars)
    for now, due in instants(world.bars):
        server.pass_time(now)
        for s, row in due:
            typical = int(server.scene.world.series[s]["typical_spread"])
            for turn in turns_of(world.bars[s], fine[s], row, row, typical):
                server.announce(s, turn.quote)
                client.at_open(server, s, turn.quote)
                server.open_phase(s, turn.quote)
                server.inside_phase(s, turn.quote, turn.ends)
                client.after(server, s, turn.quote)
            server.close_bar(s, turn_of(world.bars[s], row, row, typical).quote, now)
        server.learn(now)
        for s, row in due:
            client.act(server, s, row)


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.sampled_from([*[(name,) for name in KEPT], KEPT]))
def test_a_client_keeps_its_own_rules_through_requests(seed: int, kept: tuple[str, ...]) -> None:
    world, asks = random_world(seed, KIND)
    world.rules["netting"] = 0
    for own in world.terms:
        own["freeze_level"] = 0
    plain = broker_side(world, asks)
    for one, blank in zip(asks, plain, strict=True):
        for name in set(CLIENT_SIDE) - set(kept):
            one.decision[name] = blank.decision[name]
        one.decision["expires"] = blank.decision["expires"]
    done = world.run(asks)
    asked = ask([Stream(one.on, one.by, one.decision) for one in asks], len(world.bars))
    server = serve(world)
    turn_by_turn(server, world, Client(asked, done))
    end(server)
    assert [told_deal(deal) for deal in trades(server)] == expected_deals(done)
