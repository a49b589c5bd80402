"""Events that tell of trades, for ledgers of tests."""

from decimal import Decimal

from ictcli.ledger import bodies
from ictcli.ledger.bodies import AnyBody

D = Decimal
SECOND = 1_000_000_000
NOW = 1_780_000_000 * SECOND


def start(epoch: int = 1, account: int = 7) -> bodies.Start:
    return bodies.Start(
        run="r", epoch=epoch, mode="paper", account=account, server="Sim-1", currency="USD", version="1",
        config="c", strategies=("fvg_retest",),
    )  # fmt: skip


def intent(name: str = "a", volume: str = "0.10", **more: object) -> bodies.Intent:
    facts: dict[str, object] = {
        "id": name, "action": "place", "strategy": "fvg_retest", "symbol": "EURUSD", "bar": NOW, "leg": 0,
        "magic": 65537, "side": 1, "order": "market", "volume": D(volume), "stop": D("1.09"),
        "expected": D("1.10000"), "why": "gap",
    }  # fmt: skip
    return bodies.Intent(**{**facts, **more})  # type: ignore[arg-type]


def sent(name: str = "a", attempt: int = 1) -> bodies.Sent:
    return bodies.Sent(id=name, attempt=attempt, request={"symbol": "EURUSD"}, digest="d" * 64)


def acked(name: str = "a", order: int = 11) -> bodies.Acked:
    return bodies.Acked(id=name, attempt=1, code=10009, order=order, message="done")


def filled(deal: int, name: str = "a", **more: object) -> bodies.Filled:
    facts: dict[str, object] = {
        "deal": deal, "order": 11, "position": 11, "symbol": "EURUSD", "side": 1, "entry": "in",
        "volume": D("0.10"), "price": D("1.10000"), "profit": D(0), "commission": D("-0.35"), "swap": D(0),
        "fee": D(0), "reason": "expert", "ts": NOW, "id": name, "magic": 65537,
    }  # fmt: skip
    return bodies.Filled(**{**facts, **more})  # type: ignore[arg-type]


def trade(number: int) -> list[list[AnyBody]]:
    """Batches of one trade from intent to close, as a trader writes them."""
    enter, leave = f"in{number}", f"out{number}"
    ticket = 1000 + number
    closing = filled(
        2 * number + 2, leave, order=ticket + 500_000, position=ticket, side=-1, entry="out",
        price=D("1.10250"), profit=D("25.00"), swap=D("-1.17"), ts=NOW + number,
    )  # fmt: skip
    return [
        [intent(enter)],
        [sent(enter)],
        [acked(enter, ticket), filled(2 * number + 1, enter, order=ticket, position=ticket)],
        [bodies.Protected(position=ticket, symbol="EURUSD", stop=D("1.09"), target=None)],
        [intent(leave, action="close", side=-1, position=ticket, reduces=True), sent(leave)],
        [acked(leave, ticket + 500_000), closing],
    ]
