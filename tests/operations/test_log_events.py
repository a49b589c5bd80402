"""Events of the ledger as records of the log."""

from decimal import Decimal
from typing import Any, get_args

from ictcli.ledger.bodies import (
    Acked,
    Alerted,
    AnyBody,
    BarTaken,
    Denied,
    Intent,
    ModeSet,
    Rejected,
    Sent,
    Start,
)
from ictcli.operations.log_events import DROPPED, NAMES, EventLog
from ictcli.operations.log_lines import LogLine

START = Start(
    run="r1", epoch=1, mode="paper", account=77, server="s", currency="USD", version="1", config="c",
    strategies=("fvg",),
)  # fmt: skip
INTENT = Intent(
    id="i1", action="place", strategy="fvg", symbol="EURUSD", bar=1, leg=0, order="limit",
    volume=Decimal("0.1"), why="gap",
)  # fmt: skip
BAR = BarTaken(
    symbol="EURUSD", timeframe="M5", digits=5, ts=0, ts_close=1, open=1, high=1, low=1, close=1, spread=0,
    tick_volume=1,
)  # fmt: skip


class Heard:
    """What was logged, and what is known from then on."""

    def __init__(self, *, level: str = "INFO") -> None:
        order = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
        self.lines: list[dict[str, Any]] = []
        self.known: dict[str, Any] = {}
        self.log = EventLog(self._log, lambda one: order.index(one) >= order.index(level), self._know)

    def _log(self, level: str, event: str, message: str, **fields: Any) -> None:
        self.lines.append({"level": level, "event": event, "message": message, **fields})

    def _know(self, **fields: Any) -> None:
        self.known |= fields

    def take(self, *bodies: AnyBody) -> list[dict[str, Any]]:
        """What these events are logged as."""
        self.lines.clear()
        self.log.take(bodies, 0)
        return list(self.lines)


def test_an_order_can_be_followed_by_its_intent_and_every_answer_tells_the_symbol() -> None:
    heard = Heard()
    heard.take(START)
    assert heard.known == {"run": "r1", "account": 77}
    sent = Sent(id="i1", attempt=1, request={"password": "x"}, digest="d")
    lines = heard.take(INTENT, sent, Acked(id="i1", attempt=1, code=10009, order=5))
    assert [line["event"] for line in lines] == ["intent", "sent", "acked"]
    assert {line["intent"] for line in lines} == {"i1"}
    assert {line["symbol"] for line in lines} == {"EURUSD"}
    assert (lines[0]["kind"], lines[0]["volume"]) == ("limit", "0.1")
    assert (lines[2]["ticket"], lines[2]["code"]) == (5, "10009")
    assert "request" not in lines[1]


def test_what_went_wrong_weighs_more() -> None:
    heard = Heard()
    lines = heard.take(
        Denied(id="i1", code="HALTED"),
        Rejected(id="i1", attempt=1, code=10019, message="no money"),
        ModeSet(mode="reducing", reason="breaker"),
        ModeSet(mode="active", reason="lifted"),
        Alerted(severity="critical", code="clock", text="3 hours ahead"),
    )
    assert [line["level"] for line in lines] == ["WARNING", "WARNING", "WARNING", "INFO", "CRITICAL"]
    assert lines[1]["message"] == "rejected 10019: no money"
    assert lines[4]["message"] == "alerted clock: 3 hours ahead"


def test_bars_are_only_made_into_records_where_somebody_wants_them() -> None:
    assert Heard().take(BAR) == []
    assert [line["event"] for line in Heard(level="DEBUG").take(BAR)] == ["bar"]


def test_no_field_of_an_event_takes_the_place_of_one_that_every_line_has() -> None:
    kept = {"run", "account", "intent", "ticket", "deal", "symbol", "strategy", "code"}
    taken = {
        NAMES.get(name, name)
        for kind in get_args(AnyBody)
        for name in kind.__struct_fields__
        if name not in DROPPED
    }
    assert {"price", "volume", "at"} < taken
    assert taken & (set(LogLine.__struct_fields__) - kept) == set()


def test_intents_that_are_long_over_cost_no_memory() -> None:
    heard = Heard()
    for number in range(5_000):
        heard.take(Intent(id=str(number), action="place", strategy="s", symbol="EURUSD", bar=1, leg=0))
    assert "symbol" not in heard.take(Acked(id="0", attempt=1, code=1))[0]
    assert heard.take(Acked(id="4999", attempt=1, code=1))[0]["symbol"] == "EURUSD"
