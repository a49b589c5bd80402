"""Small servers for tests: bars of a few series, requests in between, what became of them as plain values."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from ictcli.brokers.simulated.records import ServerDeal, ServerRequest, ServerResult
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_records import ServedSymbol, ServerOptions
from ictcli.brokers.simulated.turns import instants, turn_of, turns_of
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.terminals.constants import OrderType, TradeAction
from tests.engine.worlds import MINUTE, World

NAMES = ("ONE", "TWO", "THREE")
CENT = Decimal("0.01")

Asking = Callable[[TradeServer, int, int], None]
"""Called with the server, a series and its row after that bar is known."""


def spec_of(name: str, **changes: Any) -> SymbolSpec:
    """A symbol that always trades."""
    own: dict[str, Any] = {
        "name": name,
        "asset": "crypto",
        "digits": 2,
        "tick_size": CENT,
        "contract_size": Decimal(1),
        "base": name,
        "quote": "USD",
        "volume_min": CENT,
        "volume_max": Decimal(1000),
        "volume_step": CENT,
        "spread": 0,
        "commission": Decimal(0),
        "margin": CENT,
        "calendar": "crypto",
    }
    return SymbolSpec(**(own | changes))


def serve(world: World, **options: Any) -> TradeServer:
    """A server with the account of a world."""
    symbols = []
    for name, bars in zip(NAMES, world.bars, strict=False):
        length = int(bars.ts_close[0] - bars.ts[0]) // MINUTE if len(bars) else 1
        symbols.append(ServedSymbol(spec_of(name), 0, TIMEFRAMES[f"M{length}"]))
    start = min(int(one.ts[0]) for one in world.bars if len(one))
    return TradeServer(world.desk().world, symbols, ServerOptions(**options), start)


def play(server: TradeServer, world: World, asking: Asking | None = None) -> None:
    """Let all bars of a world go by; ``asking`` may send requests after each is known."""
    fine: Sequence[Bars | None] = world.fine or [None] * len(world.bars)
    for now, due in instants(world.bars):
        server.pass_time(now)
        for s, row in due:
            typical = int(server.scene.world.series[s]["typical_spread"])
            for turn in turns_of(world.bars[s], fine[s], row, row, typical):
                server.open_phase(s, turn.quote)
                server.inside_phase(s, turn.quote, turn.ends)
            server.close_bar(s, turn_of(world.bars[s], row, row, typical).quote, now)
        server.learn(now)
        for s, row in due:
            if asking is not None:
                asking(server, s, row)


def market(side: int, volume: int = 10, *, on: int = 0, **fields: Any) -> ServerRequest:
    """A request for a market order."""
    return ServerRequest(
        int(TradeAction.DEAL),
        NAMES[on],
        int(OrderType.BUY if side > 0 else OrderType.SELL),
        volume,
        **{"magic": 7, **fields},
    )


def rest(kind: int, price: int, volume: int = 10, *, on: int = 0, **fields: Any) -> ServerRequest:
    """A request for a resting order."""
    return ServerRequest(
        int(TradeAction.PENDING), NAMES[on], int(kind), volume, price, **{"magic": 7, **fields}
    )


def close(position: int, side: int, volume: int, *, on: int = 0, **fields: Any) -> ServerRequest:
    """A request to close a position of ``side``."""
    return market(-side, volume, on=on, position=position, **fields)


def sent(server: TradeServer, request: ServerRequest) -> ServerResult:
    """The answer to a request that is done or placed."""
    result = server.execute(request)
    assert result.retcode in (10008, 10009), result
    return result


def trades(server: TradeServer) -> list[ServerDeal]:
    """All deals but movements of the balance."""
    return [deal for deal in server.deals(-(2**62), 2**62) if deal.type < 2]


def cash(server: TradeServer) -> int:
    """Sum of all cash flows of all deals, the deposit included."""
    every = server.deals(-(2**62), 2**62)
    return sum(deal.profit + deal.commission + deal.swap + deal.fee for deal in every)


def told(server: TradeServer) -> list[str]:
    """``minute buy|sell volume at price entry reason`` of each deal."""
    entries, reasons = ("in", "out", "inout", "out_by"), {3: "", 4: " sl", 5: " tp", 6: " so"}
    return [
        f"{deal.ts // MINUTE} {'sell' if deal.type else 'buy'} {deal.volume} at {deal.price} "
        f"{entries[deal.entry]}{reasons[deal.reason]}"
        for deal in trades(server)
    ]


def states(server: TradeServer) -> list[tuple[int, int, int]]:
    """Ticket, state and rest of every order that is over."""
    every = server.done_orders(-(2**62), 2**62)
    return [(order.ticket, order.state, order.remaining) for order in every]
