"""What a trade server does with a request that it does not refuse."""

from collections.abc import Callable

import numpy as np

from ictcli.brokers.simulated.phases import close_at, close_steps, fill_now
from ictcli.brokers.simulated.records import ServerOrder, ServerRequest, ServerResult, ServerTick
from ictcli.brokers.simulated.server_checks import changed, closes, position_of, refusal, symbol_of
from ictcli.brokers.simulated.server_scene import Scene
from ictcli.engine.refusals import ExitReason, Refusal
from ictcli.engine.world import Quote
from ictcli.market.trading_day import roll_day, roll_start
from ictcli.strategies.decisions import NEVER, WHOLE
from ictcli.terminals.constants import OrderFilling, OrderState, OrderTime, OrderType, Retcode, TradeAction

_LEAVE = int(ExitReason.STRATEGY)
_REFUSED = {
    int(Refusal.OPEN_BEYOND_STOP): Retcode.INVALID_STOPS,
    int(Refusal.OPEN_BEYOND_TARGET): Retcode.INVALID_STOPS,
    int(Refusal.MARGIN): Retcode.NO_MONEY,
    int(Refusal.BALANCE_EXHAUSTED): Retcode.NO_MONEY,
    int(Refusal.NO_ROOM): Retcode.LIMIT_POSITIONS,
}


def answer(
    scene: Scene, s: int, retcode: Retcode, order: int = 0, deal: int = 0, volume: int = 0, price: int = 0
) -> ServerResult:
    """An answer with the quote of the moment; its text is the terminal's."""
    tick = scene.markets[s].tick if s >= 0 else ServerTick(0, 0, 0)
    return ServerResult(int(retcode), order, deal, volume, price, tick.bid, tick.ask)


def handle(scene: Scene, request: ServerRequest, part: int = 0) -> ServerResult:
    """Refuse a request or do it; arguments as for ``perform``."""
    s = asked_series(scene, request)
    code = refusal(scene, request)
    if code is not None:
        return answer(scene, s, code)
    new = request.action in (TradeAction.DEAL, TradeAction.PENDING) and request.magic != 0
    key = f"{request.magic} {request.comment}"
    if scene.options.deduplicates and new and key in scene.answers:
        return answer(scene, s, Retcode.DONE, scene.answers[key])
    scene.changes += 1
    result = perform(scene, s, request, part)
    if scene.options.deduplicates and new:
        scene.answers[key] = result.order
    return result


def asked_series(scene: Scene, request: ServerRequest) -> int:
    """Series of the symbol that a request is about, -1 for none."""
    symbol = symbol_of(scene, request)
    return -1 if isinstance(symbol, Retcode) else scene.series_of(symbol)


def deliver(scene: Scene, now: int) -> None:
    """Do what was on its way and has arrived by an instant, in the order of arrival."""
    due = sorted((one for one in scene.under_way if one[0] <= now), key=lambda one: one[0])
    scene.under_way = [one for one in scene.under_way if one[0] > now]
    for arrives, request in due:
        scene.now = max(scene.now, arrives)
        handle(scene, request)


def perform(scene: Scene, s: int, request: ServerRequest, part: int = 0) -> ServerResult:
    """Do what is asked, or take note of it for the next open.

    Args:
        scene: changed in place.
        s: series of the symbol.
        request: one that was not refused.
        part: steps of a deal that can be had, 0 for all.
    """
    if request.action == TradeAction.DEAL:
        act = _close if closes(scene, s, request) else _open
        return act(scene, s, request, part or request.volume)
    return _ACTS[request.action](scene, s, request)


def _open(scene: Scene, s: int, request: ServerRequest, steps: int) -> ServerResult:
    planned = scene.planned(s, request)
    order = scene.book.new_order(request, scene.now, request.type)
    slot = scene.place(s, order, steps, planned)
    if not scene.at_once:
        return answer(scene, s, Retcode.PLACED, order.ticket)
    fill_now(scene.world, scene.output, s, slot, scene.quote_now(s))
    return _executed(scene, s, order)


def _close(scene: Scene, s: int, request: ServerRequest, steps: int) -> ServerResult:
    held = position_of(scene, s, request)
    assert held is not None
    order = scene.book.new_order(request, scene.now, request.type, position=held.identifier)
    held.closing = order.ticket
    if scene.at_once:
        close_steps(scene.world, scene.output, s, scene.position_slot(held), scene.quote_now(s), steps)
        return _executed(scene, s, order)
    if steps == held.steps:
        scene.world.positions[s, scene.position_slot(held)]["leave"] = _LEAVE
    else:
        scene.parts[s].append((order.ticket, steps))
    return answer(scene, s, Retcode.PLACED, order.ticket)


def _executed(scene: Scene, s: int, order: ServerOrder) -> ServerResult:
    """Book what an immediate execution wrote, and answer with it."""
    history = scene.book.history
    before = history.deals.count
    scene.book.take(scene.output, scene.now + scene.options.latency)
    own = [deal for deal in history.deals.since(before) if deal.order == order.ticket]
    if not own:
        refused = scene.book.refusals.get(order.ticket, 0)
        return answer(scene, s, _REFUSED.get(refused, Retcode.REJECT), order.ticket)
    volume = sum(deal.volume for deal in own)
    code = Retcode.DONE if volume == order.volume else Retcode.DONE_PARTIAL
    return answer(scene, s, code, order.ticket, own[-1].ticket, volume, own[-1].price)


def _rest(scene: Scene, s: int, request: ServerRequest) -> ServerResult:
    order = scene.book.new_order(request, scene.now, request.type)
    order.expires = _expires(scene, request)
    scene.place(s, order, request.volume, scene.planned(s, request))
    return answer(scene, s, Retcode.DONE, order.ticket)


def _expires(scene: Scene, request: ServerRequest) -> int:
    """The instant at which an order lapses, 0 for never; days end at 17:00 New York."""
    if request.time_type == OrderTime.GTC:
        return 0
    if request.time_type == OrderTime.SPECIFIED:
        return request.expires
    within = scene.now if request.time_type == OrderTime.DAY else request.expires
    return int(roll_start(roll_day(np.array([within], np.int64)) + 1)[0])


def _protect(scene: Scene, s: int, request: ServerRequest) -> ServerResult:
    held = position_of(scene, s, request)
    assert held is not None
    position = scene.world.positions[s, scene.position_slot(held)]
    position["stop"], position["target"] = request.stop, request.target
    held.stop, held.target, held.updated = request.stop, request.target, scene.now
    return answer(scene, s, Retcode.DONE, held.ticket)


def _change(scene: Scene, s: int, request: ServerRequest) -> ServerResult:
    order = scene.book.orders[request.order]
    fresh = changed(order, request)
    order.price, order.limit, order.stop, order.target = fresh.price, fresh.limit, fresh.stop, fresh.target
    order.time_type, order.expires = fresh.time_type, _expires(scene, fresh)
    own = scene.world.orders[s, scene.order_slot(s, order.ticket)]
    asked = own["asked"]
    asked["price"], asked["limit"], asked["stop"], asked["target"] = (
        fresh.price,
        fresh.limit,
        fresh.stop,
        fresh.target,
    )
    asked["expires"] = order.expires or NEVER
    own["planned"] = scene.planned(s, fresh)
    return answer(scene, s, Retcode.DONE, order.ticket)


def _close_by(scene: Scene, s: int, request: ServerRequest) -> ServerResult:
    """Close two opposite positions against each other, both at the price of the second."""
    book = scene.book
    one, other = position_of(scene, s, request), book.by_ticket(request.position_by)
    assert one is not None
    assert other is not None
    steps = min(one.steps, other.steps)
    by = scene.world.positions[s, scene.position_slot(other)]
    price = round(int(by["entry_value"]) / int(by["steps"]))
    order = book.new_order(
        request,
        scene.now,
        int(OrderType.CLOSE_BY),
        position=one.identifier,
        position_by=other.identifier,
        volume=steps,
        remaining=2 * steps,
        magic=request.magic or one.magic,
    )
    quote = scene.quote_now(s)
    for held in (one, other):
        held.closing = order.ticket
        close_at(scene.world, scene.output, s, scene.position_slot(held), quote, price, steps)
    book.take(scene.output, scene.now)
    book.finish(order, scene.now, OrderState.FILLED, scene.now)
    deals = book.history.deals
    first = next(deals.since(deals.count - 2)).ticket
    return answer(scene, s, Retcode.DONE, order.ticket, first, steps, price)


def _remove(scene: Scene, s: int, request: ServerRequest) -> ServerResult:
    order = scene.book.orders[request.order]
    scene.withdraw(order, OrderState.CANCELED)
    return answer(scene, s, Retcode.DONE, order.ticket)


_ACTS: dict[int, Callable[[Scene, int, ServerRequest], ServerResult]] = {
    TradeAction.PENDING: _rest,
    TradeAction.SLTP: _protect,
    TradeAction.MODIFY: _change,
    TradeAction.REMOVE: _remove,
    TradeAction.CLOSE_BY: _close_by,
}


def close_parts(scene: Scene, s: int, quote: Quote) -> None:
    """Close at an open the parts of positions that were asked for, in the order in which they were."""
    waiting, scene.parts[s] = scene.parts[s], []
    for ticket, steps in waiting:
        order = scene.book.orders.get(ticket)
        held = scene.book.by_ticket(order.position) if order is not None else None
        if held is not None:
            slot = scene.position_slot(held)
            close_steps(scene.world, scene.output, s, slot, quote, min(steps, held.steps))
            scene.book.take(scene.output, scene.now)


def refuse_unfillable(scene: Scene, s: int, quote: Quote) -> None:
    """Reject market orders that want all or nothing where an open cannot fill them."""
    share = int(scene.world.rules[0]["fill_share"])
    if share == 0 or quote.volume < 0:
        return
    traded = quote.volume * int(scene.world.series[s]["steps_per_tick"])
    most = traded * share // WHOLE // WHOLE
    for order in _waiting(scene, s, OrderFilling.FOK):
        if order.remaining > most:
            scene.withdraw(order, OrderState.REJECTED)


def cancel_rests(scene: Scene, s: int) -> None:
    """Cancel what an open left of market orders that do not wait."""
    for order in _waiting(scene, s, OrderFilling.IOC):
        scene.withdraw(order, OrderState.CANCELED)


def _waiting(scene: Scene, s: int, filling: OrderFilling) -> list[ServerOrder]:
    """Market orders of a series in the engine's book that are to be filled in one way."""
    found = [one for one in scene.book.orders.values() if one.type <= OrderType.SELL]
    own = [one for one in found if one.filling == filling and scene.series_of(one.symbol) == s]
    return [one for one in own if scene.order_slot(s, one.ticket) >= 0]
