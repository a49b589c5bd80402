"""The desk: what becomes of a decision at the close of its bar, before any broker sees it.

These are the functions that guard live orders too: sanity, size, permission, and only then an order.
"""

from typing import Any

from ictcli.engine.margin import equity, used_margin
from ictcli.engine.orders import drop
from ictcli.engine.positions import NO_SLOT, has_margin, log
from ictcli.engine.records import MOST_ORDERS
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.engine.risk import permit
from ictcli.engine.sizing import size
from ictcli.engine.world import FAR, Output, Quote, World
from ictcli.kernels import hot_kernel
from ictcli.strategies.decisions import CANCEL, CLOSE, ENTER, LIMIT, MARKET, PARTIALS, STOP, STOP_LIMIT, WHOLE

_REFUSED, _PLACED = int(OrderEvent.REFUSED), int(OrderEvent.PLACED)
_CANCELLED, _CLOSE_ASKED = int(OrderEvent.CANCELLED), int(OrderEvent.CLOSE_ASKED)
_STRATEGY = int(ExitReason.STRATEGY)
_INVALID, _STOP_WRONG, _TARGET_WRONG, _PRICE_WRONG = (
    int(Refusal.INVALID_SIGNAL),
    int(Refusal.STOP_WRONG_SIDE),
    int(Refusal.TARGET_WRONG_SIDE),
    int(Refusal.PRICE_WRONG_SIDE),
)
_IN_POSITION, _BALANCE_EXHAUSTED = int(Refusal.IN_POSITION), int(Refusal.BALANCE_EXHAUSTED)
_TOO_CLOSE, _NO_ROOM, _MARGIN = int(Refusal.TOO_CLOSE), int(Refusal.NO_ROOM), int(Refusal.MARGIN)
_NOTHING_TO_REDUCE, _FROZEN = int(Refusal.NOTHING_TO_REDUCE), int(Refusal.FROZEN)
EVERYTHING = -1
"""``setup`` of a decision that cancels or closes all of its strategy."""


@hot_kernel
def floor_to(price: int, tick: int) -> int:
    """The highest multiple of a tick that is not above a price."""
    return price // tick * tick


@hot_kernel
def ceil_to(price: int, tick: int) -> int:
    """The lowest multiple of a tick that is not below a price."""
    return -(-price // tick * tick)


@hot_kernel
def align(asked: Any, tick: int) -> None:
    """Put the prices of an order on the tick grid, each against the trader."""
    if tick <= 1:
        return
    sign = asked["side"]
    limit = asked["order"] == LIMIT
    asked["price"] = sign * (
        floor_to(sign * asked["price"], tick) if limit else ceil_to(sign * asked["price"], tick)
    )
    asked["limit"] = sign * floor_to(sign * asked["limit"], tick)
    asked["stop"] = sign * floor_to(sign * asked["stop"], tick)
    asked["target"] = sign * ceil_to(sign * asked["target"], tick)
    asked["void_at"] = sign * floor_to(sign * asked["void_at"], tick)
    for at in range(PARTIALS):
        asked["partial_at"][at] = sign * ceil_to(sign * asked["partial_at"][at], tick)


@hot_kernel
def is_price(price: int) -> bool:
    """Whether a price can be one, or none."""
    return 0 <= price < FAR


@hot_kernel
def has_prices(asked: Any) -> bool:
    """Whether the prices of an order can be an order's."""
    sound = is_price(asked["price"]) and is_price(asked["limit"]) and is_price(asked["void_at"])
    sound = sound and is_price(asked["stop"]) and is_price(asked["target"])
    for at in range(PARTIALS):
        sound = sound and is_price(asked["partial_at"][at]) and 0 <= asked["partial_share"][at] <= WHOLE
    order = asked["order"]
    if order == STOP_LIMIT and asked["limit"] == 0:
        return False
    return bool(sound and MARKET <= order <= STOP_LIMIT and (order == MARKET or asked["price"] > 0))


@hot_kernel
def is_number(asked: Any) -> bool:
    """Whether an order's fields can be an order's."""
    whole = asked["max_wait"] >= 0 and asked["max_bars"] >= 0 and asked["steps"] >= 0
    whole = whole and asked["even_at"] >= 0 and asked["trail"] >= 0 and asked["trail_from"] >= 0
    finite = 0.0 <= asked["trail_atr"] < 1.0e9
    return bool(whole and finite and abs(asked["side"]) == 1 and has_prices(asked))


@hot_kernel
def planned_entry(own: Any, asked: Any, quote: Quote) -> int:
    """The entry price that a decision is sized for: what the close would give, or the order's own price."""
    side = asked["side"]
    if asked["order"] == LIMIT:
        return int(asked["price"])
    if asked["order"] == STOP_LIMIT:
        return int(asked["limit"])
    lost = own["slippage"] + (quote.high - quote.low) * own["slippage_share"] // WHOLE
    if asked["order"] == STOP:
        return int(asked["price"] + side * lost)
    market = quote.close + quote.spread if side > 0 else quote.close
    return int(market + side * lost)


@hot_kernel
def wrong_side(asked: Any, quote: Quote, entry: int) -> int:
    """The ``Refusal`` of prices that contradict each other or the market; 0 for none."""
    side, order = asked["side"], asked["order"]
    market = quote.close + quote.spread if side > 0 else quote.close
    if asked["stop"] != 0 and side * (first_exit(asked, quote) - asked["stop"]) <= 0:
        return _STOP_WRONG
    if asked["target"] != 0 and side * (asked["target"] - entry) <= 0:
        return _TARGET_WRONG
    for at in range(PARTIALS):
        if asked["partial_at"][at] != 0 and side * (asked["partial_at"][at] - entry) <= 0:
            return _TARGET_WRONG
    if order == LIMIT and side * (market - asked["price"]) <= 0:
        return _PRICE_WRONG
    if order >= STOP and side * (asked["price"] - market) <= 0:
        return _PRICE_WRONG
    return 0


@hot_kernel
def first_exit(asked: Any, quote: Quote) -> int:
    """The price at which a position could be left right after its fill, at the spread of now."""
    side, order = asked["side"], asked["order"]
    if order == MARKET:
        return quote.close if side > 0 else quote.close + quote.spread
    price = asked["price"]
    if order == STOP_LIMIT:
        price = side * min(side * price, side * asked["limit"])
    return int(price - side * quote.spread)


@hot_kernel
def left_at(asked: Any, quote: Quote, entry: int) -> int:
    """The price that a new stop and target are compared with: where a market order could be left at once."""
    if asked["order"] != MARKET:
        return entry
    return quote.close if asked["side"] > 0 else quote.close + quote.spread


@hot_kernel
def too_close(own: Any, asked: Any, quote: Quote, entry: int) -> bool:
    """Whether a price of an order lies within the broker's stops level."""
    level = own["stops_level"]
    market = quote.close + quote.spread if asked["side"] > 0 else quote.close
    reference = left_at(asked, quote, entry)
    near = asked["order"] != MARKET and abs(market - asked["price"]) < level
    near = near or (asked["stop"] != 0 and abs(reference - asked["stop"]) < level)
    return bool(near or (asked["target"] != 0 and abs(asked["target"] - reference) < level))


@hot_kernel
def is_taken(world: World, s: int, owner: int, group: int) -> bool:
    """Whether a strategy already has as much in a series as it may."""
    count = 0
    for slot in range(world.states[s]["position_end"]):
        one = world.positions[s, slot]
        if one["live"] == 1 and one["owner"] == owner and one["leave"] == 0:
            count += 1
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if (
            order["live"] == 1
            and order["owner"] == owner
            and (group == 0 or order["asked"]["group"] != group)
        ):
            count += 1
    return bool(count >= world.rules[0]["most_per_strategy"])


@hot_kernel
def reducible(world: World, s: int, owner: int, side: int) -> int:
    """Steps of the positions that an order may shrink."""
    netting = world.rules[0]["netting"] == 1
    steps = 0
    for slot in range(world.states[s]["position_end"]):
        one = world.positions[s, slot]
        if one["live"] == 1 and one["side"] == -side and (netting or one["owner"] == owner):
            steps += one["steps"]
    return steps


@hot_kernel
def new_order_slot(world: World, s: int) -> int:
    """A slot for a new order, ``NO_SLOT`` when all are taken."""
    for slot in range(MOST_ORDERS):
        if world.orders[s, slot]["live"] == 0:
            return slot
    return NO_SLOT


@hot_kernel
def obstacle(world: World, s: int, owner: int, asked: Any, quote: Quote, entry: int) -> int:
    """The ``Refusal`` of an entry before any volume is known, 0 for none."""
    account = world.account[0]
    if asked["reduce_only"] == 1:
        return 0 if reducible(world, s, owner, asked["side"]) > 0 else _NOTHING_TO_REDUCE
    if account["ruined"] == 1 or account["balance"] <= 0:
        return _BALANCE_EXHAUSTED
    code = wrong_side(asked, quote, entry)
    if code == 0 and too_close(world.series[s], asked, quote, entry):
        return _TOO_CLOSE
    if code == 0 and is_taken(world, s, owner, asked["group"]):
        return _IN_POSITION
    return int(code)


@hot_kernel
def judge(world: World, s: int, owner: int, asked: Any, quote: Quote, now: int, entry: int) -> int:
    """The volume in steps that an entry gets, or minus the ``Refusal`` that it gets instead."""
    code = obstacle(world, s, owner, asked, quote, entry)
    if code != 0:
        return -code
    if asked["reduce_only"] == 1:
        return int(asked["steps"]) if asked["steps"] > 0 else reducible(world, s, owner, asked["side"])
    account = world.account[0]
    worth = equity(account, world.series, world.states, world.positions)
    steps = size(world.rules[0], account, world.series, world.states, world.positions, s, asked, entry, worth)
    if steps <= 0:
        return int(steps)
    code = permit(
        world.rules[0], account, world.series, world.states, world.positions, world.orders, world.blackouts,
        s, asked, entry, steps, worth, now,
    )  # fmt: skip
    free = worth - used_margin(world.series, world.states, world.positions)
    if code == 0 and not has_margin(world, s, steps, entry, free):
        return -_MARGIN
    return int(-code if code != 0 else steps)


@hot_kernel
def take_entry(
    world: World, output: Output, s: int, owner: int, row: int, decision: Any, quote: Quote, now: int
) -> None:
    """Turn a decision to enter into an order, or into a refusal."""
    slot = new_order_slot(world, s)
    code = _INVALID
    steps, entry = 0, 0
    if slot == NO_SLOT:
        code = _NO_ROOM
    elif is_number(decision):
        order = world.orders[s, slot]
        order["asked"] = decision
        asked = order["asked"]
        align(asked, world.series[s]["tick"])
        entry = planned_entry(world.series[s], asked, quote)
        steps = judge(world, s, owner, asked, quote, now, entry)
        code = -steps
    if code > 0:
        log(output, s, owner, row, 0, quote, _REFUSED, code, decision["price"], 0)
        return
    place(world, output, s, slot, owner, row, steps, entry, quote)


@hot_kernel
def place(
    world: World,
    output: Output,
    s: int,
    slot: int,
    owner: int,
    row: int,
    steps: int,
    entry: int,
    quote: Quote,
) -> None:
    """Put an order that was judged into the book."""
    account, order = world.account[0], world.orders[s, slot]
    account["orders"] += 1
    account["orders_today"] += 1
    world.states[s]["orders"] += 1
    world.states[s]["order_end"] = max(world.states[s]["order_end"], slot + 1)
    order["live"], order["number"], order["owner"], order["row"] = 1, account["orders"], owner, row
    order["placed"], order["steps"], order["filled"] = quote.bar, steps, 0
    order["triggered"], order["position"], order["tried"], order["planned"] = 0, 0, 0, entry
    log(output, s, owner, row, order["number"], quote, _PLACED, 0, order["asked"]["price"], steps)


@hot_kernel
def withdraw(world: World, output: Output, s: int, owner: int, setup: int, quote: Quote) -> None:
    """Take the orders of a set-up off the book, unless the market is within the freeze level of one."""
    level = world.series[s]["freeze_level"]
    for slot in range(world.states[s]["order_end"]):
        order = world.orders[s, slot]
        if order["live"] == 0 or order["owner"] != owner:
            continue
        asked = order["asked"]
        if setup != EVERYTHING and asked["setup"] != setup:
            continue
        market = quote.close + quote.spread if asked["side"] > 0 else quote.close
        if asked["order"] != MARKET and abs(market - asked["price"]) <= level and level > 0:
            log(output, s, owner, order["row"], order["number"], quote, _REFUSED, _FROZEN, asked["price"], 0)
        else:
            drop(world, output, s, slot, quote, _CANCELLED, 0)


@hot_kernel
def ask_to_close(world: World, output: Output, s: int, owner: int, setup: int, quote: Quote) -> None:
    """Let the positions of a set-up be closed at the next open."""
    for slot in range(world.states[s]["position_end"]):
        one = world.positions[s, slot]
        if one["live"] == 0 or one["owner"] != owner or one["leave"] != 0:
            continue
        if setup == EVERYTHING or one["setup"] == setup:
            one["leave"] = _STRATEGY
            log(output, s, owner, one["row"], 0, quote, _CLOSE_ASKED, _STRATEGY, quote.close, one["steps"])


@hot_kernel
def decide(
    world: World, output: Output, s: int, owner: int, row: int, decision: Any, quote: Quote, now: int
) -> None:
    """Take one decision at the close of its bar; ``now`` is that close."""
    kind = decision["kind"]
    if kind == ENTER:
        take_entry(world, output, s, owner, row, decision, quote, now)
        return
    if kind >= CANCEL:
        withdraw(world, output, s, owner, decision["setup"], quote)
    if kind == CLOSE:
        ask_to_close(world, output, s, owner, decision["setup"], quote)
