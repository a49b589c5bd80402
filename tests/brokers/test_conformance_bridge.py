"""The same cards with a bridge between adapter and terminal: real sockets, real frames."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ictcli.brokers.conformance import CARDS, play
from ictcli.brokers.conformance_card import Card
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.terminal import Terminal
from tests.brokers.stage import set_stage

TOKEN = "only-for-this-test-0123456789abcdef"

Line = Callable[[SimulatedTerminal], Terminal]


@pytest.fixture
def bridge() -> Iterator[Line]:
    """Puts a bridge before a terminal."""
    with ExitStack() as stack:

        def between(terminal: SimulatedTerminal) -> Terminal:
            server = BridgeServer(terminal, "127.0.0.1", 0, TOKEN)
            thread = threading.Thread(target=server.serve)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.stop)
            client = bridge_terminal("127.0.0.1", server.port, TOKEN, 10.0)
            stack.callback(client.shutdown)
            return client

        yield between


@pytest.mark.parametrize("card", CARDS, ids=[card.name for card in CARDS])
def test_the_adapter_passes_over_a_bridge(card: Card, bridge: Line) -> None:
    play(card, set_stage(through=bridge)[0])
