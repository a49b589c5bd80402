"""Functions that calculate, check and send (MT5.md 1.5)."""

from collections.abc import Callable
from typing import Any

from ictcli.brokers.simulated.records import Server, ServerRequest, ServerResult
from ictcli.brokers.simulated.surface_arguments import (
    INVALID_ARGUMENTS,
    Refusal,
    c_double,
    c_int,
    fits,
    invalid,
    no_such_value,
    parsed,
    request_of,
)
from ictcli.brokers.simulated.surface_calls import Surface, keyed, positional
from ictcli.brokers.simulated.surface_numbers import Units, money
from ictcli.brokers.simulated.surface_permissions import refused
from ictcli.brokers.simulated.surface_records import margin_level
from ictcli.brokers.simulated.surface_texts import TEXTS
from ictcli.brokers.simulated.surface_worth import margin_of, profit_of
from ictcli.market.symbols import SymbolSpec
from ictcli.terminals.constants import ErrorCode, OrderType, Retcode, TradeAction
from ictcli.terminals.structs import OrderCheckResult, OrderSendResult, TradeRequest

_GOOD = frozenset({0, Retcode.PLACED, Retcode.DONE, Retcode.DONE_PARTIAL})
_LONG = 2**63 - 1
_LAST_SECOND = 2**32 - 1
_WIDE = ("magic", "order", "deviation", "position", "position_by")


class SendingFunctions(Surface):
    """The functions of MT5.md 1.5."""

    @positional()
    def order_calc_margin(self, *args: Any) -> float:
        """Margin that an order would bind, in account currency."""
        parsed(args, 4)
        _side(c_int(args[0]))
        volume, price = c_double(args[2]), c_double(args[3])
        server, spec = self._calculating(args[1])
        return _calculated(margin_of(server, spec, self.session.options.same_as, volume, price))

    @positional()
    def order_calc_profit(self, *args: Any) -> float:
        """Gross profit between two prices, in account currency."""
        parsed(args, 5)
        side, volume = _side(c_int(args[0])), c_double(args[2])
        prices = c_double(args[3]), c_double(args[4])
        server, spec = self._calculating(args[1])
        return _calculated(profit_of(server, spec, self.session.options.same_as, side, volume, prices))

    @keyed()
    def order_check(self, *args: Any, **named: Any) -> OrderCheckResult:
        """What would come of a request: code 0 where it is good; nothing is executed."""
        request = request_of(args, named)
        server = self.session.reach()
        result = self._judged(request, server.check)
        assert result is not None
        return self._checked(server, request, 0 if result.retcode in _GOOD else result.retcode)

    @keyed()
    def order_send(self, *args: Any, **named: Any) -> OrderSendResult:
        """Send a request to the trade server; a result does not mean that it was executed."""
        request = request_of(args, named)
        server = self.session.reach()
        if self.session.controls.api_disabled:
            raise Refusal(ErrorCode.E_AUTO_TRADING_DISABLED)
        self.session.requests += 1
        result = self._judged(request, self._executed)
        if result is None:
            self.session.fail_as_planned()
            raise Refusal(ErrorCode.E_INTERNAL_FAIL_RECEIVE)
        spec = self.session.spec(self._symbol(server, request))
        return _answer(request, result, self.session.units(spec) if spec else None, self.session.requests)

    def _executed(self, asked: ServerRequest) -> ServerResult | None:
        self.session.listener.arrived(asked)
        result = self.session.server.execute(asked)
        self.session.listener.answered(result)
        return result

    def _judged(
        self, request: TradeRequest, server_says: Callable[[ServerRequest], ServerResult | None]
    ) -> ServerResult | None:
        """What the terminal refuses by itself, else what the server says."""
        code = self._refused_here() or self._unfit(request)
        if code:
            return ServerResult(code)
        name = self._symbol(self.session.server, request)
        spec = self.session.spec(name)
        if spec is not None:
            code = refused(request, self.session.permissions(name), reduces=self._reduces(request))
        return ServerResult(code) if code else server_says(self._asked(request, spec))

    def _refused_here(self) -> int:
        controls = self.session.controls
        if not self.session.server.line.connected:
            return Retcode.CONNECTION
        if not controls.trade_allowed:
            return Retcode.CLIENT_DISABLES_AT
        if not controls.account_trade_allowed:
            return Retcode.TRADE_DISABLED
        return 0 if controls.account_expert_allowed else Retcode.SERVER_DISABLES_AT

    def _unfit(self, request: TradeRequest) -> int:
        """The code of a request whose numbers or symbol no server would take."""
        if any(getattr(request, name) > _LONG for name in _WIDE):
            return Retcode.INVALID
        if not 0 <= request.expiration <= _LAST_SECOND:
            return Retcode.INVALID_EXPIRATION
        if request.action not in (TradeAction.DEAL, TradeAction.PENDING):
            return Retcode.INVALID if request.symbol and self.session.spec(request.symbol) is None else 0
        if self.session.spec(request.symbol) is None:
            return Retcode.INVALID
        return 0 if self.session.is_selected(request.symbol) else Retcode.PRICE_OFF

    def _asked(self, request: TradeRequest, spec: SymbolSpec | None) -> ServerRequest:
        units = self.session.units(spec) if spec else None
        (price, limit, stop, target), prices_exact = _points(request, units)
        volume, volume_exact = units.steps(request.volume) if units else (0, True)
        return ServerRequest(
            action=request.action,
            symbol=spec.name if spec else request.symbol,
            type=request.type,
            volume=volume,
            price=price,
            limit=limit,
            stop=stop,
            target=target,
            deviation=request.deviation,
            filling=request.type_filling,
            time_type=request.type_time,
            expires=self.session.clock.instant(request.expiration),
            magic=request.magic,
            order=request.order,
            position=request.position,
            position_by=request.position_by,
            comment=request.comment,
            volume_exact=volume_exact,
            prices_exact=prices_exact,
        )

    def _symbol(self, server: Server, request: TradeRequest) -> str:
        """The symbol of a request, by the order or position it names where it does not name the symbol."""
        if request.symbol:
            return str(request.symbol)
        if request.action in (TradeAction.MODIFY, TradeAction.REMOVE):
            named = (order.symbol for order in server.open_orders() if order.ticket == request.order)
        else:
            named = (
                item.symbol
                for item in server.positions()
                if request.position in (item.ticket, item.identifier)
            )
        return next(named, "")

    def _reduces(self, request: TradeRequest) -> bool:
        """Whether a deal closes or reduces: it names a position of the other side, or nets one."""
        if request.action != TradeAction.DEAL:
            return False
        netting = not self.session.server.account().hedging
        if not (netting or request.position):
            return False
        return any(
            item.type != request.type
            and (
                request.position in (item.ticket, item.identifier)
                or (netting and item.symbol == request.symbol)
            )
            for item in self.session.server.positions()
        )

    def _calculating(self, symbol: Any) -> tuple[Server, SymbolSpec]:
        if not fits(symbol, "symbol"):
            raise invalid(INVALID_ARGUMENTS)
        return self.session.reach(), self.session.require_symbol(symbol)

    def _checked(self, server: Server, request: TradeRequest, code: int) -> OrderCheckResult:
        account = server.account()
        margin = account.margin + self._more_margin(server, request, account.digits)
        return OrderCheckResult(
            (
                int(code), money(account.balance, account.digits), money(account.equity, account.digits),
                money(account.profit, account.digits), money(margin, account.digits),
                money(account.equity - margin, account.digits), margin_level(account.equity, margin),
                TEXTS.get(code, "Done" if code == 0 else ""), request,
            )
        )  # fmt: skip

    def _more_margin(self, server: Server, request: TradeRequest, digits: int) -> int:
        """Minor units that a new deal would bind; an order that rests, and one that closes, binds none."""
        spec = self.session.spec(request.symbol)
        if request.action != TradeAction.DEAL or spec is None or self._reduces(request):
            return 0
        tick = server.tick(spec.name)
        price = self.session.units(spec).price(tick.ask if request.type == OrderType.BUY else tick.bid)
        bound = margin_of(server, spec, self.session.options.same_as, request.volume, price)
        scale: int = 10**digits
        return round((bound or 0.0) * scale)


def _answer(request: TradeRequest, result: ServerResult, units: Units | None, number: int) -> OrderSendResult:
    volume, price, bid, ask = (
        (
            units.lots(result.volume),
            units.price(result.price),
            units.price(result.bid),
            units.price(result.ask),
        )
        if units
        else (0.0, 0.0, 0.0, 0.0)
    )
    comment = result.comment or TEXTS.get(result.retcode, "")
    return OrderSendResult(
        (
            int(result.retcode), result.deal, result.order, volume, price, bid, ask, comment,
            number % 2**32, 0, request,
        )
    )  # fmt: skip


def _points(request: TradeRequest, units: Units | None) -> tuple[list[int], bool]:
    if units is None:
        return [0, 0, 0, 0], True
    found = [units.points(price) for price in (request.price, request.stoplimit, request.sl, request.tp)]
    return [points for points, _ in found], all(exact for _, exact in found)


def _side(action: int) -> int:
    if action not in (OrderType.BUY, OrderType.SELL):
        raise no_such_value()
    return 1 if action == OrderType.BUY else -1


def _calculated(amount: float | None) -> float:
    if amount is None:
        raise Refusal(ErrorCode.E_FAIL)
    return amount
