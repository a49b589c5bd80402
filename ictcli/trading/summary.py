"""What a session of trading came to, as plain values."""

from collections.abc import Mapping
from typing import Any

from ictcli.brokers.reports import AccountReport
from ictcli.clock import iso
from ictcli.engine.margin import equity
from ictcli.errors import ExitCode
from ictcli.trading.engagement import Engagement
from ictcli.trading.orderbook_records import PositionState
from ictcli.trading.request import Traded, TradeMode


def summarize(
    engagement: Engagement, mode: TradeMode, account: AccountReport | None, ended: str, **more: Any
) -> Traded:
    """The document of a session that ended, and its exit code: 8 where an outcome is unknown.

    Args:
        engagement: the session.
        mode: how it traded.
        account: as the broker told it last; None where it could not be asked.
        ended: why.
        more: added to the document.
    """
    trader, book = engagement.trader, engagement.book
    unresolved = [one.id for one in book.unresolved()]
    units = trader.account.units[0]
    world = trader.account.desk.world
    worth = equity(world.account[0], world.series, world.states, world.positions)
    document: dict[str, Any] = {
        "schema": 1,
        "mode": mode,
        "account": engagement.terms.header.account,
        "until": iso(engagement.at) if engagement.at else None,
        "bars": trader.counts.bars,
        "decisions": trader.counts.decisions,
        "orders": trader.counts.orders,
        "fills": trader.counts.fills,
        "trades": trader.account.finished,
        "balance": account.balance if account else units.money(int(world.account[0]["balance"])),
        "equity": account.equity if account else units.money(int(worth)),
        "fees": book.fees,
        "state": book.mode,
        "state_reason": book.mode_reason,
        "positions": [_position(one) for one in book.positions.values()],
        "unresolved": unresolved,
        "ended": ended,
        **more,
    }
    return Traded(document, ExitCode.UNKNOWN_OUTCOME if unresolved else ExitCode.OK)


def _position(one: PositionState) -> Mapping[str, Any]:
    return {
        "position": one.identifier,
        "symbol": one.symbol,
        "volume": one.volume,
        "price": one.price,
        "stop": one.stop,
        "target": one.target,
    }
