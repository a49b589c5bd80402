"""Beside a client that trades a bridge serves one that only reads, and the first notices nothing of it."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ictcli.clock import monotonic
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.bridge.greeting import VERSION, Hello, encode
from ictcli.terminals.bridge.reading import READING
from ictcli.terminals.bridge.seats import Turns
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.remote import CountingTerminal
from ictcli.terminals.surface import FUNCTIONS
from tests.terminals.played import PlayedTerminal

TOKEN = "a-token-of-some-length"
ORDER = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "magic": 7}


class NotedTerminal(PlayedTerminal):
    """A played terminal that notes what reaches it, and lets nobody in twice."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder, log=f"{folder}/orders")
        self.noted: list[str] = []
        self.connected = False
        self.inside = 0
        self.most_inside = 0

    def initialize(self, *args: Any, **kwargs: Any) -> bool:
        self.noted.append("initialize")
        self.connected = True
        return super().initialize(*args, **kwargs)

    def shutdown(self) -> bool:
        self.noted.append("shutdown")
        self.connected = False
        return True

    def terminal_info(self) -> Any:
        self.noted.append("terminal_info")
        return super().terminal_info() if self.connected else None

    def history_deals_total(self, start: int, end: int) -> int:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        threading.Event().wait(0.002)
        self.noted.append(f"total {start}")
        self.inside -= 1
        return 5


class Stand:
    """A bridge in a thread."""

    def __init__(self, folder: Path, **limits: float) -> None:
        self.terminal = NotedTerminal(str(folder))
        self.notes: list[str] = []
        self.server = BridgeServer(
            self.terminal, "127.0.0.1", 0, TOKEN, note=self.notes.append, penalty=0.01, **limits
        )
        self.thread = threading.Thread(target=self.server.serve)
        self.thread.start()
        self.clients: list[CountingTerminal] = []

    def client(self, *, reads: bool = False, urgent: bool = False) -> CountingTerminal:
        port = self.server.port
        made = bridge_terminal("127.0.0.1", port, TOKEN, 5.0, reads=reads, urgent=urgent)
        self.clients.append(made)
        return made

    def end(self) -> None:
        for one in self.clients:
            one.line.close()
        self.server.stop()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    (tmp_path / "EURUSD.M1.npy").touch()
    made = Stand(tmp_path)
    yield made
    made.end()


def test_a_reader_is_served_beside_a_trader(stand: Stand) -> None:
    trader, reader = stand.client(), stand.client(reads=True)
    assert trader.initialize()
    assert reader.initialize()
    assert reader.account_info().login == trader.account_info().login == 12_345
    assert reader.history_deals_total(1, 2) == 5
    assert "a client that only reads is served" in stand.notes


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("order_send", (ORDER,)),
        ("order_check", (ORDER,)),
        ("login", (5,)),
        ("symbol_select", ("EURUSD", False)),
        ("market_book_add", ("EURUSD",)),
    ],
)
def test_a_reader_can_change_nothing(stand: Stand, function: str, arguments: tuple[Any, ...]) -> None:
    reader = stand.client(reads=True)
    assert reader.initialize()
    with pytest.raises(TypeError, match=f"only reads: '{function}'"):
        reader.line.ask(function, arguments, {})
    assert not Path(stand.terminal.log).exists()
    assert reader.account_info().login == 12_345


def test_every_function_either_reads_or_is_the_traders_alone() -> None:
    changing = {
        "order_send", "order_check", "login", "symbol_select", "market_book_add", "market_book_release",
    }  # fmt: skip
    assert set(FUNCTIONS) - READING == changing


def test_a_reader_leaves_the_traders_connection_alone(stand: Stand) -> None:
    trader = stand.client()
    assert trader.initialize()
    for _ in range(3):
        reader = stand.client(reads=True)
        assert reader.initialize(login=99, password="p")
        assert reader.shutdown()
    assert stand.terminal.noted == ["initialize", "terminal_info", "terminal_info", "terminal_info"]
    assert trader.terminal_info().connected


def test_a_reader_waits_for_a_trader_that_is_not_connected_yet(stand: Stand) -> None:
    trader, reader = stand.client(), stand.client(reads=True)
    assert trader.initialize()
    stand.terminal.connected = False
    assert reader.initialize() is False
    assert "initialize" not in stand.terminal.noted[1:]


def test_a_reader_alone_connects_by_itself_and_a_trader_may_come_any_time(stand: Stand) -> None:
    reader, trader = stand.client(reads=True), stand.client()
    assert reader.initialize()
    assert stand.terminal.noted == ["initialize"]
    assert trader.initialize()
    assert reader.shutdown()
    assert trader.terminal_info().connected


def test_there_is_one_reader_at_a_time_and_it_takes_no_traders_seat(stand: Stand) -> None:
    first, second, trader = stand.client(reads=True), stand.client(reads=True), stand.client()
    assert first.initialize()
    assert second.initialize() is False
    assert "another client" in second.last_error()[1]
    assert trader.initialize()
    stop = stand.client(urgent=True)
    assert stop.initialize() is False
    assert first.history_deals_total(1, 2) == 5
    first.shutdown()
    assert second.initialize()


def test_a_quiet_reader_loses_its_seat_to_another_reader_only(tmp_path: Path) -> None:
    stand = Stand(tmp_path, takeover=0.05)
    trader, first, second = stand.client(), stand.client(reads=True), stand.client(reads=True)
    assert trader.initialize()
    assert first.initialize()
    assert second.initialize()
    assert trader.history_deals_total(1, 2) == 5
    assert second.history_deals_total(1, 2) == 5
    stand.end()


def test_calls_never_meet_and_both_get_on(stand: Stand) -> None:
    trader, reader = stand.client(), stand.client(reads=True)
    assert trader.initialize()
    assert reader.initialize()
    ended = threading.Event()
    asked: list[int] = []

    def read_on() -> None:
        while not ended.is_set():
            reader.history_deals_total(2, 3)

    reading = threading.Thread(target=read_on)
    reading.start()
    try:
        for _ in range(60):
            asked.append(len(stand.terminal.noted))
            trader.history_deals_total(1, 2)
    finally:
        ended.set()
        reading.join(5)
    calls = stand.terminal.noted
    between = [calls.index("total 1", at) - at for at in asked]
    assert stand.terminal.most_inside == 1
    assert sorted(between)[30] <= 2, between
    assert sum(one == "total 2" for one in calls) > 30


def test_who_trades_comes_before_every_reader_that_waits() -> None:
    for _ in range(30):
        turns, order = Turns(), list[str]()

        def take(turn: AbstractContextManager[None], name: str, order: list[str] = order) -> None:
            with turn:
                order.append(name)

        with turns.after():
            waiting = [threading.Thread(target=take, args=(turns.after(), "reads")) for _ in range(3)]
            waiting += [threading.Thread(target=take, args=(turns.first(), "trades"))]
            for one in waiting:
                one.start()
            while not turns.awaited:
                threading.Event().wait(0.001)
        for one in waiting:
            one.join(5)
        assert order == ["trades", "reads", "reads", "reads"]


def test_a_call_that_fails_ends_its_turn() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="no"), turns.after():
        raise ValueError("no")
    with turns.first():
        assert not turns.awaited


@pytest.mark.proof
def test_a_reader_costs_a_trader_one_call_at_most(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    stand = Stand(tmp_path)
    trader, reader = stand.client(), stand.client(reads=True)
    assert trader.initialize()
    assert reader.initialize()
    ended = threading.Event()

    def read_on() -> None:
        while not ended.is_set():
            reader.history_deals_total(2, 3)

    def slowest(rounds: int) -> list[float]:
        took = []
        for _ in range(rounds):
            begun = monotonic()
            trader.history_deals_total(1, 2)
            took.append(monotonic() - begun)
        return sorted(took)

    alone = slowest(2_000)
    reading = threading.Thread(target=read_on)
    reading.start()
    try:
        beside = slowest(2_000)
    finally:
        ended.set()
        reading.join(5)
    stand.end()
    proof_facts["median_alone_ms"] = round(1000 * alone[1_000], 3)
    proof_facts["median_beside_ms"] = round(1000 * beside[1_000], 3)
    proof_facts["p99_alone_ms"] = round(1000 * alone[1_980], 3)
    proof_facts["p99_beside_ms"] = round(1000 * beside[1_980], 3)
    assert beside[1_000] <= 3 * alone[1_000]


def test_a_traders_hello_is_what_every_bridge_understands() -> None:
    assert msgspec.msgpack.decode(encode(Hello(VERSION, TOKEN))) == [VERSION, TOKEN, False]
    assert msgspec.msgpack.decode(encode(Hello(VERSION, TOKEN, urgent=True))) == [VERSION, TOKEN, True]
    assert msgspec.msgpack.decode(encode(Hello(VERSION, TOKEN, reads=True)))[3] is True
