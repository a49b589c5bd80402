"""The loop: bars of all series in the order of their closes, each first matched, then decided upon.

One call takes any stretch of bars: a backtest gives all of them, a live loop one at a time, and the same
records go in and out. Bars on which nothing can happen are skipped (``alarms``).
"""

from ictcli.engine.alarms import next_row, set_alarms
from ictcli.engine.desk import decide
from ictcli.engine.management import manage
from ictcli.engine.margin import equity, used_margin
from ictcli.engine.matching import match
from ictcli.engine.nights import pass_roll
from ictcli.engine.orders import drop
from ictcli.engine.pieces import pieces_of, rows_until
from ictcli.engine.positions import exit_price, leave, slippage
from ictcli.engine.records import MOST_ORDERS, MOST_POSITIONS
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.engine.world import (
    CURSOR,
    DEALS,
    EVENTS,
    FAR,
    FIRST_BAR,
    KNOWN,
    MARKS,
    NEXT,
    RESERVED,
    TRADES,
    Market,
    Output,
    Quote,
    Tape,
    World,
)
from ictcli.kernels import hot_kernel, kernel
from ictcli.strategies.decisions import NEVER

_END = int(ExitReason.END)
_CANCELLED = int(OrderEvent.CANCELLED)
_NO_NEXT_BAR = int(Refusal.NO_NEXT_BAR)


@hot_kernel
def quote_of(world: World, market: Market, s: int, row: int, bar: int) -> Quote:
    """A bar as fills see it."""
    spread = int(market.spread[row])
    if spread < 0:
        spread = world.series[s]["typical_spread"]
    return Quote(
        bar,
        market.ts[row],
        market.open[row],
        market.high[row],
        market.low[row],
        market.close[row],
        spread,
        market.volume[row],
    )


@hot_kernel
def learn(world: World, tape: Tape, instant: int) -> None:
    """Bring last closes, spreads and true ranges of all series up to an instant."""
    market, work = tape.market, tape.work
    for s in range(len(world.states)):
        known = work[s, KNOWN]
        if known >= tape.spans[s, 1] or market.ts_close[known] > instant:
            continue
        after = rows_until(market.ts_close, known, min(tape.spans[s, 1], work[s, NEXT] + 1), instant)
        if world.rules[0]["needs_atr"] == 1:
            for row in range(known, after):
                average(world, market, s, row, work[s, FIRST_BAR] + row)
        last = quote_of(world, market, s, after - 1, 0)
        state = world.states[s]
        state["close"], state["spread"] = last.close, last.spread
        state["bar"] = work[s, FIRST_BAR] + after
        work[s, KNOWN] = after


@hot_kernel
def average(world: World, market: Market, s: int, row: int, bar: int) -> None:
    """Take one bar into the average true range (Wilder; the first value is the mean of the first ones)."""
    state = world.states[s]
    length = world.rules[0]["atr_length"]
    true_range = float(market.high[row] - market.low[row])
    if bar > 0:
        close = state["close"]
        true_range = max(
            true_range, float(abs(market.high[row] - close)), float(abs(market.low[row] - close))
        )
    if bar < length:
        state["true_ranges"] += true_range
        if bar == length - 1:
            state["atr"] = state["true_ranges"] / length
    else:
        state["atr"] = (state["atr"] * (length - 1) + true_range) / length
    state["close"] = market.close[row]


@kernel
def mark(world: World, output: Output, instant: int) -> None:
    """Write down what the account is worth at an instant."""
    account = world.account[0]
    worth = equity(account, world.series, world.states, world.positions)
    account["equity"] = worth
    count = output.counts[MARKS]
    one = output.marks[count]
    one["ts"], one["balance"], one["equity"] = instant, account["balance"], worth
    one["margin"] = used_margin(world.series, world.states, world.positions)
    output.counts[MARKS] = count + 1


@hot_kernel
def earliest(tape: Tape) -> int:
    """The close of the next bar at which something may happen; ``NEVER`` when there is none."""
    now = NEVER
    for s in range(len(tape.spans)):
        row = tape.work[s, NEXT]
        if row < tape.spans[s, 1]:
            now = min(now, tape.market.ts_close[row])
    return int(now)


@hot_kernel
def is_due(tape: Tape, s: int, now: int) -> bool:
    """Whether the next bar of a series at which something may happen closes now."""
    row = tape.work[s, NEXT]
    return bool(row < tape.spans[s, 1] and tape.market.ts_close[row] == now)


@kernel
def last_close(tape: Tape) -> int:
    """The latest close of a stretch of bars, ``-NEVER`` when there are none."""
    last = -NEVER
    for s in range(len(tape.spans)):
        if tape.spans[s, 1] > tape.spans[s, 0]:
            last = max(last, tape.market.ts_close[tape.spans[s, 1] - 1])
    return int(last)


@hot_kernel
def has_room(output: Output) -> bool:
    """Whether one more instant can be written down."""
    counts = output.counts
    reserve = counts[RESERVED]
    deals = counts[DEALS] + reserve < len(output.deals) and counts[EVENTS] + reserve < len(output.events)
    trades = counts[TRADES] + reserve < len(output.trades)
    return bool(deals and trades and counts[MARKS] + reserve < len(output.marks))


@hot_kernel
def pass_rolls(world: World, tape: Tape, output: Output, instant: int) -> bool:
    """Take every roll of the trading day before an instant; False when the output is full before."""
    account = world.account[0]
    while account["roll"] < len(world.rolls) and world.rolls[account["roll"], 0] < instant:
        if not has_room(output):
            return False
        instant_of_roll = world.rolls[account["roll"], 0]
        learn(world, tape, instant_of_roll)
        pass_roll(world.rules[0], account, world.series, world.states, world.positions, world.rolls)
        mark(world, output, instant_of_roll)
    return True


@hot_kernel
def match_bar(world: World, tape: Tape, output: Output, s: int) -> None:
    """Match the due bar of a series piece by piece where finer data reproduce it, else as a whole."""
    market, fine, row = tape.market, tape.fine, tape.work[s, NEXT]
    bar = tape.work[s, FIRST_BAR] + row
    first, after = pieces_of(market, row, fine, tape.pieces[s, 0], tape.pieces[s, 1])
    if first < after:
        for one in range(first, after):
            match(world, output, s, quote_of(world, fine, s, one, bar))
        return
    match(world, output, s, quote_of(world, market, s, row, bar))


@hot_kernel
def match_due(world: World, tape: Tape, output: Output, now: int) -> None:
    """Match the bars that close now, unless a broker does."""
    for s in range(len(tape.spans)):
        if world.rules[0]["external"] == 0 and is_due(tape, s, now):
            match_bar(world, tape, output, s)
    if world.account[0]["balance"] <= 0:
        world.account[0]["ruined"] = 1


@hot_kernel
def decide_at(world: World, tape: Tape, output: Output, s: int, row: int) -> None:
    """Manage the positions of a series at the close of a bar, and take what its strategies decided there."""
    work = tape.work
    bar = work[s, FIRST_BAR] + row
    quote = quote_of(world, tape.market, s, row, bar)
    manage(world, output, s, quote)
    state = world.states[s]
    while work[s, CURSOR] < tape.asked[s, 1] and tape.decisions[work[s, CURSOR]]["bar"] <= bar:
        at = work[s, CURSOR]
        now = tape.market.ts_close[row]
        decide(world, output, s, tape.owners[at], state["cursor"], tape.decisions[at], quote, now)
        state["cursor"] += 1
        work[s, CURSOR] = at + 1


@hot_kernel
def look_ahead_to(world: World, tape: Tape, s: int, row: int) -> None:
    """Set the alarms of a series and find the next row, from ``row`` on, at which one may ring."""
    set_alarms(world, s)
    work = tape.work
    fine = tape.pieces[s, 1] > tape.pieces[s, 0]
    if fine and (world.states[s]["low_ask"] > -FAR or world.states[s]["high_ask"] < FAR):
        world.states[s]["moving"] = 1  # the pieces of a bar have spreads of their own
    decided = tape.spans[s, 1]
    if work[s, CURSOR] < tape.asked[s, 1]:
        decided = max(tape.decisions[work[s, CURSOR]]["bar"] - work[s, FIRST_BAR], row)
    state, own = world.states[s], world.series[s]
    work[s, NEXT] = next_row(state, own, tape.market, row, tape.spans[s, 1], decided, work[s, FIRST_BAR])


@hot_kernel
def decide_due(world: World, tape: Tape, output: Output, now: int) -> None:
    """Decide on the series whose bars closed now, and look for their next ones."""
    for s in range(len(tape.spans)):
        if is_due(tape, s, now):
            row = tape.work[s, NEXT]
            decide_at(world, tape, output, s, row)
            look_ahead_to(world, tape, s, row + 1)


@kernel
def begin(world: World, tape: Tape) -> None:
    """Set up ``Tape.work`` for a stretch of bars."""
    spans, work = tape.spans, tape.work
    for s in range(len(spans)):
        work[s, KNOWN] = spans[s, 0]
        work[s, FIRST_BAR] = world.states[s]["bar"] - spans[s, 0]
        work[s, CURSOR] = tape.asked[s, 0]
        look_ahead_to(world, tape, s, spans[s, 0])


@kernel
def run(world: World, tape: Tape, output: Output) -> bool:
    """Go on until the bars end (True) or the output is full (False: empty it and call again).

    Args:
        world: the account; changed in place.
        tape: bars and decisions; ``begin`` was called on it.
        output: where records are written.
    """
    while True:
        now = earliest(tape)
        over = now == NEVER
        if not has_room(output) or not pass_rolls(world, tape, output, last_close(tape) if over else now):
            return False
        if over:
            return True
        learn(world, tape, now - 1)
        trades = output.counts[TRADES]
        match_due(world, tape, output, now)
        learn(world, tape, now)
        decide_due(world, tape, output, now)
        if output.counts[TRADES] > trades:
            mark(world, output, now)
        if world.rules[0]["stop_out"] > 0 and len(tape.spans) > 1:
            watch_others(world, tape)


@hot_kernel
def watch_others(world: World, tape: Tape) -> None:
    """Renew the alarms of every series with positions: what an account can bear changes with each deal."""
    for s in range(len(tape.spans)):
        if world.states[s]["positions"] > 0:
            look_ahead_to(world, tape, s, tape.work[s, KNOWN])


@kernel
def end_stretch(world: World, tape: Tape) -> None:
    """Take note of the last bars of a stretch that is over."""
    for s in range(len(tape.spans)):
        tape.work[s, NEXT] = tape.spans[s, 1]
    learn(world, tape, last_close(tape))


@kernel
def finish(world: World, output: Output, instant: int) -> None:
    """Close what is open at the last closes, less slippage, and withdraw what rests."""
    for s in range(len(world.states)):
        state = world.states[s]
        close = state["close"]
        quote = Quote(state["bar"] - 1, instant, close, close, close, close, state["spread"], -1)
        for slot in range(MOST_ORDERS):
            if world.orders[s, slot]["live"] == 1:
                drop(world, output, s, slot, quote, _CANCELLED, _NO_NEXT_BAR)
        for slot in range(MOST_POSITIONS):
            position = world.positions[s, slot]
            if position["live"] == 1:
                price = exit_price(position, close, quote.spread)
                leave(world, output, s, slot, quote, price, slippage(world.series[s], quote), _END)
    mark(world, output, instant)
