"""The server's account and positions as a terminal shows them."""

import numpy as np

from ictcli.brokers.simulated.phases import floating_of, held_worth, margin_used
from ictcli.brokers.simulated.records import ServerAccount, ServerPosition
from ictcli.brokers.simulated.server_records import Held
from ictcli.brokers.simulated.server_scene import Scene
from ictcli.engine.money import minor_digits
from ictcli.terminals.constants import PositionType


def account_of(scene: Scene) -> ServerAccount:
    """The account at the prices of the moment; swap of open positions is profit, not balance."""
    options, rules = scene.options, scene.world.rules[0]
    ticks = [market.tick for market in scene.markets]
    quotes = np.array([(tick.bid, tick.ask - tick.bid) for tick in ticks], np.int64)
    swap, worth = held_worth(scene.world, quotes)
    profit = swap + worth
    balance = int(scene.world.account[0]["balance"]) - swap
    return ServerAccount(
        login=options.login,
        server=options.server,
        currency=options.currency,
        digits=minor_digits(options.currency),
        balance=balance,
        equity=balance + profit,
        profit=profit,
        margin=margin_used(scene.world),
        hedging=not scene.netting,
        leverage=scene.leverage,
        stop_out_percent=float(rules["stop_out"]) / 10_000,
        demo=options.demo,
    )


def positions_of(scene: Scene) -> list[ServerPosition]:
    """Open positions at the prices of the moment, by ticket."""
    held = sorted(scene.book.held.values(), key=lambda one: one.ticket)
    return [_position(scene, one) for one in held]


def _position(scene: Scene, held: Held) -> ServerPosition:
    slot, tick = scene.position_slot(held), scene.markets[held.series].tick
    record = scene.world.positions[held.series, slot]
    return ServerPosition(
        ticket=held.ticket,
        symbol=scene.symbols[held.series].spec.name,
        type=int(PositionType.BUY if held.side > 0 else PositionType.SELL),
        magic=held.magic,
        volume=held.steps,
        price=int(record["entry_value"]) / int(record["steps"]),
        opened=held.opened,
        updated=held.updated,
        stop=held.stop,
        target=held.target,
        swap=int(record["swap"]),
        profit=floating_of(scene.world, held.series, slot, tick.bid, tick.ask - tick.bid),
        reason=held.reason,
        comment=held.comment,
        identifier=held.identifier,
    )
