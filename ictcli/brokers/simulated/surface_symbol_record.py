"""The record of a symbol: its specification, its quote, and what the broker permits in it."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from ictcli.brokers.simulated.records import ServerTick
from ictcli.brokers.simulated.surface_session import Session
from ictcli.brokers.simulated.surface_worth import profit_of
from ictcli.market.calendars import calendar
from ictcli.market.symbols import WEEKDAYS, SymbolSpec
from ictcli.terminals.symbol_constants import SymbolCalcMode, SymbolSwapMode
from ictcli.terminals.symbol_record import SymbolInfo

_NOTHING: dict[str, Any] = {
    name: "" if kind is str else 0.0 if kind is float else False if kind is bool else 0
    for name, kind in SymbolInfo.__annotations__.items()
}
_CALCULATION = {"fx": SymbolCalcMode.FOREX, "future": SymbolCalcMode.FUTURES}


def symbol_record(session: Session, spec: SymbolSpec, tick: ServerTick, *, selected: bool) -> SymbolInfo:
    """The symbol as ``symbol_info`` shows it; what is not kept is 0 or empty.

    Args:
        session: clock, permissions, account.
        spec: its specification.
        tick: its last quote; all zero before the first.
        selected: whether it is in MarketWatch; visible there only when put there.
    """
    values = _NOTHING | {"select": selected, "visible": spec.name in session.selected}
    values |= _contract(session, spec) | _quote(session, spec, tick) | _permitted(session, spec)
    return SymbolInfo(values.values())


def _quote(session: Session, spec: SymbolSpec, tick: ServerTick) -> dict[str, Any]:
    if not tick.bid:
        return {}
    units = session.units(spec)
    one = profit_of(session.server, spec, session.options.same_as, 1, 1.0, _one_tick(session, spec, tick))
    worth = {} if one is None else dict.fromkeys(_TICK_VALUES, one)
    return worth | {
        "time": session.clock.seconds(tick.ts),
        "volume": tick.volume,
        "volume_real": float(tick.volume),
        "spread": tick.ask - tick.bid,
        "bid": units.price(tick.bid),
        "ask": units.price(tick.ask),
    }


_TICK_VALUES = ("trade_tick_value", "trade_tick_value_profit", "trade_tick_value_loss")


def _one_tick(session: Session, spec: SymbolSpec, tick: ServerTick) -> tuple[float, float]:
    units = session.units(spec)
    return units.price(tick.bid - units.tick), units.price(tick.bid)


def _contract(session: Session, spec: SymbolSpec) -> dict[str, Any]:
    digits = session.server.digits(spec.name)
    finer = digits - spec.digits
    return {
        "name": spec.name,
        "path": f"{spec.asset}\\{spec.name}",
        "description": spec.name,
        "digits": digits,
        "spread_float": True,
        "point": float(Decimal(1).scaleb(-digits)),
        "trade_tick_size": float(spec.tick_size),
        "trade_contract_size": float(spec.contract_size),
        "trade_calc_mode": int(_CALCULATION.get(spec.asset, SymbolCalcMode.CFDLEVERAGE)),
        "trade_stops_level": _points(spec.stops_level, finer),
        "trade_freeze_level": _points(spec.freeze_level, finer),
        "volume_min": float(spec.volume_min),
        "volume_max": float(spec.volume_max),
        "volume_step": float(spec.volume_step),
        "currency_base": spec.base,
        "currency_profit": spec.quote,
        "currency_margin": spec.base,
    }


def _permitted(session: Session, spec: SymbolSpec) -> dict[str, Any]:
    permissions = session.permissions(spec.name)
    finer = session.server.digits(spec.name) - spec.digits
    triple = 0 if calendar(spec.calendar).always_open else WEEKDAYS.index(spec.swap_triple) + 1
    return {
        "ticks_bookdepth": 1,
        "trade_mode": int(permissions.trading),
        "trade_exemode": int(permissions.execution),
        "filling_mode": int(permissions.filling),
        "order_mode": int(permissions.orders),
        "expiration_mode": int(permissions.expiration),
        "swap_mode": int(SymbolSwapMode.POINTS),
        "swap_rollover3days": triple,
        "swap_long": float(spec.swap_long.scaleb(finer)),
        "swap_short": float(spec.swap_short.scaleb(finer)),
    }


def _points(level: int, finer: int) -> int:
    """Points of the specification in points of the server's prices, rounded up."""
    return int(Decimal(level).scaleb(finer).to_integral_value(rounding=ROUND_CEILING))
