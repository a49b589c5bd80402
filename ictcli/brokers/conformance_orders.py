"""Conformance cards about orders and positions."""

import json
from dataclasses import replace

from ictcli.brokers.conformance_card import Bench, Card, deals_of, equal, expect, orders_of
from ictcli.brokers.reports import Outcome
from ictcli.brokers.requests import Amend, Cancel, Place, Protect

LARGEST_MAGIC = 2**48 - 1


def _accepted(outcome: Outcome, what: str) -> None:
    expect(outcome.kind in ("done", "placed"), f"{what} ended {outcome.kind}: {outcome.message}")


def _refused(bench: Bench, request: Place, what: str) -> None:
    outcome = bench.broker.send(request)
    equal(outcome.kind, "rejected", what)
    equal(orders_of(bench.look(), request.magic), [], f"orders after {what}")


def _market_order(bench: Bench) -> None:
    request = bench.at_market()
    _accepted(bench.broker.send(request), "a market order")
    seen = bench.until(lambda one: bool(deals_of(one, request.magic)), "its deal")
    bench.market.go_on()
    seen = bench.look()
    orders, deals = orders_of(seen, request.magic), deals_of(seen, request.magic)
    equal(len(orders), 1, "the number of orders of one magic number")
    equal(sum(deal.volume for deal in deals), request.volume, "the volume of the deals")
    equal({deal.order for deal in deals}, {orders[0].ticket}, "the order behind the deals")
    equal({deal.side for deal in deals}, {1}, "the side of the deals")
    equal((orders[0].status, orders[0].remaining), ("filled", 0), "the order")
    positions = [one for one in seen.positions if one.identifier == deals[0].position]
    equal([(one.side, one.volume) for one in positions], [(1, request.volume)], "the position")


def _placed(bench: Bench) -> None:
    request = bench.at_market()
    outcome = bench.broker.send(request)
    _accepted(outcome, "a market order")
    if outcome.kind == "placed":
        equal(deals_of(bench.look(), request.magic), [], "deals of an order that is placed only")
        equal(outcome.deal, None, "the deal of an order that is placed only")
    else:
        bench.until(lambda one: bool(deals_of(one, request.magic)), "the deal of an order that is done")


def _close(bench: Bench) -> None:
    position = bench.opened()
    before = len(bench.look().positions)
    request = bench.closed(position)
    _accepted(bench.broker.send(request), "a close")
    seen = bench.until(lambda one: bool(deals_of(one, request.magic)), "the deal of a close")
    equal({deal.entry for deal in deals_of(seen, request.magic)}, {"out"}, "the entry of a closing deal")
    equal({deal.position for deal in deals_of(seen, request.magic)}, {position.identifier}, "its position")
    equal(len(seen.positions), before - 1, "the number of positions")


def _close_part(bench: Bench) -> None:
    one = bench.instrument
    position = bench.opened(volume=2 * one.volume_min)
    request = bench.closed(position, one.volume_min)
    _accepted(bench.broker.send(request), "closing a part")
    seen = bench.until(lambda seen: bool(deals_of(seen, request.magic)), "the deal of a part")
    rest = [left for left in seen.positions if left.identifier == position.identifier]
    equal([left.volume for left in rest], [one.volume_min], "what is left of the position")


def _close_twice(bench: Bench) -> None:
    position = bench.opened()
    request = bench.closed(position)
    bench.broker.send(request)
    bench.until(lambda one: bool(deals_of(one, request.magic)), "the deal of a close")
    before = len(bench.look().positions)
    again = bench.closed(position)
    outcome = bench.broker.send(again)
    expect(outcome.kind in ("noop", "rejected"), f"closing what is closed ended {outcome.kind}")
    bench.market.go_on()
    seen = bench.look()
    equal((len(seen.positions), deals_of(seen, again.magic)), (before, []), "what a second close left")


def _resting(bench: Bench) -> None:
    request = bench.resting()
    expires = (bench.market.now // bench.market.timeframe.ns + 100) * bench.market.timeframe.ns
    request = replace(request, expires=expires)
    equal(bench.broker.send(request).kind, "placed", "a resting order")
    orders = orders_of(bench.look(), request.magic)
    equal(len(orders), 1, "the number of orders")
    one = orders[0]
    equal((one.kind, one.side, one.status), ("limit", 1, "open"), "the order")
    equal((one.price, one.stop, one.target), (request.price, request.stop, request.target), "its prices")
    equal((one.volume, one.remaining), (request.volume, request.volume), "its volume")
    equal(one.expires, request.expires, "its expiry, converted there and back")


def _placed_order(bench: Bench) -> tuple[Place, int]:
    request = bench.resting()
    equal(bench.broker.send(request).kind, "placed", "a resting order")
    orders = orders_of(bench.look(), request.magic)
    equal(len(orders), 1, "the number of orders")
    return request, orders[0].ticket


def _amend(bench: Bench) -> None:
    request, ticket = _placed_order(bench)
    price = (request.price or bench.price(-1)) - 10 * bench.instrument.tick_size
    change = Amend(bench.symbol, ticket, price, stop=request.stop, target=None)
    _accepted(bench.broker.send(change), "an amendment")
    orders = orders_of(bench.look(), request.magic)
    found = [(one.ticket, one.price, one.stop, one.target, one.volume) for one in orders]
    equal(found, [(ticket, price, request.stop, None, request.volume)], "the amended order")


def _amend_nothing(bench: Bench) -> None:
    request, ticket = _placed_order(bench)
    before = orders_of(bench.look(), request.magic)
    price = request.price or bench.price(-1)
    same = Amend(bench.symbol, ticket, price, stop=request.stop, target=request.target)
    outcome = bench.broker.send(same)
    expect(outcome.kind in ("noop", "done"), f"an amendment that changes nothing ended {outcome.kind}")
    equal(orders_of(bench.look(), request.magic), before, "the order")


def _cancel(bench: Bench) -> None:
    request, ticket = _placed_order(bench)
    _accepted(bench.broker.send(Cancel(bench.symbol, ticket)), "a cancel")
    seen = bench.until(
        lambda one: any(order.ticket == ticket for order in one.done_orders), "the cancelled order"
    )
    equal([one.status for one in orders_of(seen, request.magic)], ["cancelled"], "the order")
    equal([one for one in seen.open_orders if one.ticket == ticket], [], "the open order")
    equal(deals_of(seen, request.magic), [], "its deals")


def _cancel_unknown(bench: Bench) -> None:
    outcome = bench.broker.send(Cancel(bench.symbol, 2**40))
    expect(outcome.kind in ("rejected", "noop"), f"cancelling what does not exist ended {outcome.kind}")


def _protect(bench: Bench) -> None:
    position = bench.opened()
    stop, target = bench.price(-2), bench.price(2)
    _accepted(bench.broker.send(Protect(bench.symbol, position.ticket, stop, target)), "new protection")
    equal(_held(bench, position.identifier), [(stop, target)], "the protection")
    _accepted(bench.broker.send(Protect(bench.symbol, position.ticket, stop, None)), "removing the target")
    equal(_held(bench, position.identifier), [(stop, None)], "the protection without a target")


def _held(bench: Bench, identifier: int) -> list[tuple[object, object]]:
    return [(one.stop, one.target) for one in bench.look().positions if one.identifier == identifier]


def _volumes(bench: Bench) -> None:
    one = bench.instrument
    half = one.volume_min + one.volume_step / 2
    _refused(bench, bench.at_market(volume=half), "a volume off the step")
    _refused(bench, bench.at_market(volume=one.volume_min / 2), "a volume below the least")
    _refused(bench, bench.at_market(volume=one.volume_max + one.volume_step), "a volume above the most")


def _wrong_side(bench: Bench) -> None:
    request = replace(bench.at_market(), stop=bench.price(2))
    _refused(bench, request, "a buy with its stop above the market")


def _comment(bench: Bench) -> None:
    request = replace(bench.resting(), comment="x" * 60)
    equal(bench.broker.send(request).kind, "placed", "an order with a long comment")
    equal(len(orders_of(bench.look(), request.magic)), 1, "the number of orders found by magic number")


def _magic(bench: Bench) -> None:
    bench.mine.add(LARGEST_MAGIC)
    request = replace(bench.resting(), magic=LARGEST_MAGIC)
    equal(bench.broker.send(request).kind, "placed", "an order with the largest magic number")
    expect(bool(orders_of(bench.look(), LARGEST_MAGIC)), "the largest magic number did not survive")


def _preview(bench: Bench) -> None:
    request = bench.at_market()
    equal(bench.broker.preview(request).kind, "done", "the preview of a good order")
    equal(bench.broker.preview(request).sent, "no", "whether a preview was sent")
    bench.market.go_on()
    seen = bench.look()
    equal((orders_of(seen, request.magic), deals_of(seen, request.magic)), ([], []), "what a preview left")


def _exact(bench: Bench) -> None:
    request = bench.resting()
    exact = bench.broker.exact(request)
    equal(json.loads(json.dumps(exact)), exact, "the request after a way through JSON")
    equal(bench.broker.exact(request), exact, "the same request once more")
    equal(orders_of(bench.look(), request.magic), [], "what asking for the exact request left")


def _twice(bench: Bench) -> None:
    request = bench.resting()
    for _ in range(2):
        bench.broker.send(request)
    wanted = 1 if bench.broker.deduplicates else 2
    equal(len(orders_of(bench.look(), request.magic)), wanted, "orders of a request that was sent twice")


def _money(bench: Bench) -> None:
    start = bench.broker.account().balance
    position = bench.opened()
    request = bench.closed(position)
    bench.broker.send(request)
    seen = bench.until(lambda one: bool(deals_of(one, request.magic)), "the deal of a close")
    deals = [deal for deal in seen.deals if deal.position == position.identifier]
    flows = sum(deal.profit + deal.commission + deal.swap + deal.fee for deal in deals)
    if seen.account is not None:
        equal(seen.account.balance, start + flows, "the balance after a round trip")


def _held_back(bench: Bench) -> None:
    request, asked = bench.resting(), list[int]()

    def hold() -> str:
        asked.append(1)
        return "the emergency stop is on"

    outcome = bench.broker.send(request, hold)
    equal((outcome.kind, outcome.sent), ("rejected", "no"), "a request that was held back")
    equal(len(asked), 1, "the number of times that the hold was asked")
    equal(orders_of(bench.look(), request.magic), [], "orders after it")
    equal(bench.broker.send(request, lambda: None).kind, "placed", "a request that was let go")


ORDERS = (
    Card(20, "A market order is one order, its deals and one position.", "counts, volumes", _market_order),
    Card(21, "Placed is not filled.", "no deal is shown before the market went on", _placed),
    Card(
        22, "A close by ticket closes that position and opens none.", "deals out, one position less", _close
    ),
    Card(
        23, "A part can be closed; the position stays the same one.", "identifier, volume left", _close_part
    ),
    Card(24, "Closing what is closed does nothing.", "noop or rejected, no deal", _close_twice),
    Card(25, "A resting order is kept as it was asked for.", "prices, volume, expiry in UTC", _resting),
    Card(26, "An amendment changes prices and nothing else.", "ticket and volume stay", _amend),
    Card(
        27, "An amendment to what is there already is no error.", "noop or done, order equal", _amend_nothing
    ),
    Card(28, "A cancelled order is over, without deals.", "done orders, open orders, deals", _cancel),
    Card(29, "Cancelling what does not exist is refused.", "a ticket nobody has", _cancel_unknown),
    Card(30, "New protection sets both prices; None removes one.", "the position after each", _protect),
    Card(31, "A volume off the grid is refused, never changed.", "step, least, most; no order", _volumes),
    Card(32, "Protection on the wrong side is refused.", "a buy with its stop above; no order", _wrong_side),
    Card(33, "A long comment costs no order.", "60 characters; found by magic number", _comment),
    Card(34, "Magic numbers of 48 bits survive.", "the largest one, read back", _magic),
    Card(35, "A preview executes nothing.", "no order, no deal", _preview),
    Card(36, "The exact request can be written down and sends nothing.", "JSON there and back", _exact),
    Card(37, "Sent twice is executed twice, unless it says otherwise.", "orders of one magic", _twice),
    Card(38, "A round trip changes the balance by its cash flows.", "exact decimals", _money),
    Card(39, "What is held back at the last moment does not leave.", "no order; asked once", _held_back),
)
