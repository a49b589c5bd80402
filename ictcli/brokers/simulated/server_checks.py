"""Why a trade server refuses a request: the return codes of MetaTrader 5, in the order of its checks.

A stop order's protection is measured from where it is expected to be filled, slippage included, and a
position may be closed within the freeze level: both as the engine does, so that paper equals a backtest.
"""

from collections.abc import Callable

from ictcli.brokers.simulated.phases import margin_free, margin_needed
from ictcli.brokers.simulated.records import ServerOrder, ServerRequest
from ictcli.brokers.simulated.server_book import side_of
from ictcli.brokers.simulated.server_records import Held
from ictcli.brokers.simulated.server_scene import Scene
from ictcli.engine.records import MOST_POSITIONS
from ictcli.strategies.decisions import LIMIT, STOP_LIMIT
from ictcli.terminals.constants import OrderTime, OrderType, Retcode, TradeAction
from ictcli.terminals.symbol_constants import SymbolTradeMode

_DATED = (int(OrderTime.SPECIFIED), int(OrderTime.SPECIFIED_DAY))
_MODES = {
    (int(SymbolTradeMode.LONGONLY), -1): Retcode.LONG_ONLY,
    (int(SymbolTradeMode.SHORTONLY), 1): Retcode.SHORT_ONLY,
    (int(SymbolTradeMode.CLOSEONLY), 1): Retcode.CLOSE_ONLY,
    (int(SymbolTradeMode.CLOSEONLY), -1): Retcode.CLOSE_ONLY,
}


def refusal(scene: Scene, request: ServerRequest) -> Retcode | None:
    """Why a request is refused, None when it is not."""
    symbol = symbol_of(scene, request)
    if isinstance(symbol, Retcode):
        return symbol
    s = scene.series_of(symbol)
    if s < 0:
        return Retcode.INVALID
    judge = _JUDGES.get(request.action)
    if judge is None:
        return Retcode.INVALID
    return _market_refuses(scene, s) or judge(scene, s, request)


def symbol_of(scene: Scene, request: ServerRequest) -> str | Retcode:
    """The symbol that a request is about, or why there is none."""
    book = scene.book
    if request.action in (TradeAction.MODIFY, TradeAction.REMOVE):
        order = book.orders.get(request.order)
        return order.symbol if order is not None else Retcode.INVALID
    if request.action in (TradeAction.SLTP, TradeAction.CLOSE_BY) and request.position:
        held = book.by_ticket(request.position)
        return scene.symbols[held.series].spec.name if held is not None else Retcode.POSITION_CLOSED
    return request.symbol


def position_of(scene: Scene, s: int, request: ServerRequest) -> Held | None:
    """The position that a request names; on a netting account the one of the symbol."""
    if request.position:
        held = scene.book.by_ticket(request.position)
        return held if held is not None and held.series == s else None
    if scene.netting:
        return next(iter(scene.book.on(s)), None)
    return None


def closes(scene: Scene, s: int, request: ServerRequest) -> bool:
    """Whether a deal closes a position by its ticket.

    On a netting account a deal that names the position and brings protection, adds, or is larger is an
    order like any other.
    """
    if not request.position:
        return False
    if not scene.netting:
        return True
    held = position_of(scene, s, request)
    if held is None:
        return True
    reduces = held.side == -side_of(request.type) and request.volume <= held.steps
    return reduces and request.stop == 0 and request.target == 0


def _market_refuses(scene: Scene, s: int) -> Retcode | None:
    disabled = scene.symbols[s].trade_mode == SymbolTradeMode.DISABLED
    if disabled or scene.world.series[s]["tradable"] == 0:
        return Retcode.TRADE_DISABLED
    if scene.markets[s].tick.bid == 0:
        return Retcode.PRICE_OFF
    return None if scene.ended or scene.markets[s].is_open(scene.now) else Retcode.MARKET_CLOSED


def _refuse_trade(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    judge = _refuse_close if closes(scene, s, request) else _refuse_deal
    return judge(scene, s, request)


def _refuse_removal(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    return Retcode.FROZEN if is_frozen(scene, s, scene.book.orders[request.order]) else None


def _refuse_volume(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    own = scene.world.series[s]
    fits = own["min_steps"] <= request.volume <= own["max_steps"]
    return None if request.volume_exact and fits else Retcode.INVALID_VOLUME


def _refuse_deal(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    if request.type not in (OrderType.BUY, OrderType.SELL):
        return Retcode.INVALID
    return (
        _refuse_volume(scene, s, request)
        or _refuse_side(scene, s, request)
        or _refuse_room(scene, s)
        or _refuse_stops(scene, s, request)
        or _refuse_margin(scene, s, request)
    )


def _refuse_side(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    """What the symbol's mode and the account allow to be opened."""
    side = side_of(request.type)
    against = [held for held in scene.book.on(s) if held.side == -side]
    if scene.netting and sum(held.steps for held in against) >= request.volume:
        return None
    if not scene.netting and scene.options.one_sided and against:
        return Retcode.HEDGE_PROHIBITED
    return _MODES.get((scene.symbols[s].trade_mode, side))


def _refuse_room(scene: Scene, s: int) -> Retcode | None:
    if not scene.has_room(s):
        return Retcode.LIMIT_ORDERS
    full = not scene.netting and scene.world.states[s]["positions"] >= MOST_POSITIONS
    return Retcode.LIMIT_POSITIONS if full else None


def _on_grid(scene: Scene, s: int, *prices: int) -> bool:
    tick = int(scene.world.series[s]["tick"])
    return all(price >= 0 and price % tick == 0 for price in prices)


def _refuse_stops(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    """Protection of a new order: on the grid, on its side, and far enough."""
    side, stop, target = side_of(request.type), request.stop, request.target
    if not _on_grid(scene, s, stop, target) or not request.prices_exact:
        return Retcode.INVALID_STOPS
    market = request.type in (OrderType.BUY, OrderType.SELL)
    price = scene.leaving_price(s, side) if market else scene.planned(s, request)
    return _too_near(scene, s, side, price, stop, target)


def _too_near(scene: Scene, s: int, side: int, price: int, stop: int, target: int) -> Retcode | None:
    level = max(1, int(scene.world.series[s]["stops_level"]))
    near = stop != 0 and side * (price - stop) < level
    near = near or (target != 0 and side * (target - price) < level)
    return Retcode.INVALID_STOPS if near else None


def _refuse_margin(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    steps, side = request.volume, side_of(request.type)
    if scene.netting and request.action == TradeAction.DEAL:
        steps -= sum(held.steps for held in scene.book.on(s) if held.side == -side)
    if scene.world.account[0]["balance"] <= 0 or scene.world.account[0]["ruined"] == 1:
        return Retcode.NO_MONEY if steps > 0 else None
    needed = margin_needed(scene.world, s, max(1, steps), scene.planned(s, request))
    if needed < 0:
        return Retcode.PRICE_OFF
    if steps <= 0 or scene.world.rules[0]["stop_out"] == 0:
        return None
    return Retcode.NO_MONEY if needed > margin_free(scene.world) else None


def _refuse_close(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    held = position_of(scene, s, request)
    if held is None:
        return Retcode.POSITION_CLOSED
    if request.type not in (OrderType.BUY, OrderType.SELL) or side_of(request.type) != -held.side:
        return Retcode.INVALID
    if not request.volume_exact or request.volume <= 0:
        return Retcode.INVALID_VOLUME
    if request.volume > held.steps:
        return Retcode.INVALID_CLOSE_VOLUME
    if held.closing:
        return Retcode.CLOSE_ORDER_EXIST
    older = [one for one in scene.book.on(s) if one.side == held.side and one.number < held.number]
    return Retcode.FIFO_CLOSE if scene.options.fifo and older else None


def _refuse_pending(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    if not OrderType.BUY_LIMIT <= request.type <= OrderType.SELL_STOP_LIMIT:
        return Retcode.INVALID
    return (
        _refuse_volume(scene, s, request)
        or _refuse_side(scene, s, request)
        or _refuse_room(scene, s)
        or _refuse_prices(scene, s, request)
        or _refuse_stops(scene, s, request)
        or _refuse_expiration(scene, request)
        or _refuse_margin(scene, s, request)
    )


def _refuse_prices(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    """Prices of a resting order: on the grid, on their side of the market, and far enough from it."""
    kind, side = request.type // 2, side_of(request.type)
    whole = request.prices_exact and _on_grid(scene, s, request.price, request.limit)
    if not whole or request.price <= 0 or (kind == STOP_LIMIT and request.limit <= 0):
        return Retcode.INVALID_PRICE
    away = side * (request.price - scene.market_price(s, side)) * (-1 if kind == LIMIT else 1)
    near = away < max(1, int(scene.world.series[s]["stops_level"]))
    return Retcode.INVALID_PRICE if near else None


def _refuse_expiration(scene: Scene, request: ServerRequest) -> Retcode | None:
    late = request.time_type in _DATED and request.expires <= scene.now
    return Retcode.INVALID_EXPIRATION if late or not 0 <= request.time_type <= 3 else None


def _refuse_protection(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    held = position_of(scene, s, request)
    if held is None:
        return Retcode.POSITION_CLOSED
    if not _on_grid(scene, s, request.stop, request.target) or not request.prices_exact:
        return Retcode.INVALID_STOPS
    stop, target = request.stop, request.target
    if (stop, target) == (held.stop, held.target):
        return Retcode.NO_CHANGES
    price = scene.leaving_price(s, held.side)
    level = int(scene.world.series[s]["freeze_level"])
    if level > 0 and any(one and abs(price - one) <= level for one in (held.stop, held.target)):
        return Retcode.FROZEN
    fresh_stop, fresh_target = stop * (stop != held.stop), target * (target != held.target)
    return _too_near(scene, s, held.side, price, fresh_stop, fresh_target)


def is_frozen(scene: Scene, s: int, order: ServerOrder) -> bool:
    """Whether the market is so near to a resting order that it cannot be changed."""
    level = int(scene.world.series[s]["freeze_level"])
    if level == 0 or scene.ended or order.type in (OrderType.BUY, OrderType.SELL):
        return False
    return abs(scene.market_price(s, side_of(order.type)) - order.price) <= level


def changed(order: ServerOrder, request: ServerRequest) -> ServerRequest:
    """A change of an order as if it were a new order."""
    return ServerRequest(
        action=int(TradeAction.PENDING),
        symbol=order.symbol,
        type=order.type,
        volume=order.volume,
        price=request.price,
        limit=request.limit or order.limit,
        stop=request.stop,
        target=request.target,
        time_type=request.time_type,
        expires=request.expires,
        prices_exact=request.prices_exact,
    )


def _refuse_change(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    order = scene.book.orders[request.order]
    if order.type in (OrderType.BUY, OrderType.SELL):
        return Retcode.INVALID
    fresh = changed(order, request)
    names = ("price", "limit", "stop", "target", "time_type", "expires")
    if all(getattr(fresh, name) == getattr(order, name) for name in names):
        return Retcode.NO_CHANGES
    if is_frozen(scene, s, order):
        return Retcode.FROZEN
    same = (fresh.price, fresh.limit) == (order.price, order.limit)
    refused = None if same else _refuse_prices(scene, s, fresh)
    return refused or _refuse_stops(scene, s, fresh) or _refuse_expiration(scene, fresh)


def _refuse_close_by(scene: Scene, s: int, request: ServerRequest) -> Retcode | None:
    if scene.netting:
        return Retcode.INVALID
    one, other = position_of(scene, s, request), scene.book.by_ticket(request.position_by)
    if one is None or other is None:
        return Retcode.POSITION_CLOSED
    if one.series != other.series or one.side != -other.side:
        return Retcode.INVALID
    return Retcode.CLOSE_ORDER_EXIST if one.closing or other.closing else None


_JUDGES: dict[int, Callable[[Scene, int, ServerRequest], Retcode | None]] = {
    TradeAction.DEAL: _refuse_trade,
    TradeAction.PENDING: _refuse_pending,
    TradeAction.SLTP: _refuse_protection,
    TradeAction.MODIFY: _refuse_change,
    TradeAction.REMOVE: _refuse_removal,
    TradeAction.CLOSE_BY: _refuse_close_by,
}
