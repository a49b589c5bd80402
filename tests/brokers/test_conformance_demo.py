"""The same cards on a real terminal, where somebody names one: on Windows, on a demo account, by choice."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import sleep

import msgspec
import pytest

from ictcli.brokers.conformance import CARDS, play, require_demo
from ictcli.brokers.conformance_card import Bench, Card
from ictcli.brokers.opening import open_broker
from ictcli.clock import NS_PER_SECOND, now_ns
from ictcli.config.trading import BrokerConfig
from ictcli.market.timeframes import TIMEFRAMES, Timeframe

HARMLESS = [card for card in CARDS if not card.faults]


class RealMarket:
    """A market that goes on by itself."""

    faults = None
    timeframe: Timeframe = TIMEFRAMES["M1"]

    @property
    def now(self) -> int:
        return now_ns()

    def go_on(self) -> None:
        sleep(2)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    named = os.environ.get("ICTCLI_DEMO_BROKER")
    if not named:
        pytest.skip("no demo account: set ICTCLI_DEMO_BROKER to a TOML file (docs/broker-conformance.md)")
    config = msgspec.toml.decode(Path(named).read_bytes(), type=BrokerConfig)
    broker = open_broker("demo", config, os.environ, seed=now_ns())
    broker.connect()
    started = now_ns()
    magics = (0xFFFF << 32 | (started // NS_PER_SECOND + n) % 2**32 for n in count(1))
    symbol = os.environ.get("ICTCLI_DEMO_SYMBOL", "EURUSD")
    on = Bench(broker, RealMarket(), symbol, magics, config.login or broker.account().login, started)
    require_demo(on)
    yield on
    broker.close()


@pytest.mark.parametrize("card", HARMLESS, ids=[card.name for card in HARMLESS])
def test_a_real_terminal_passes(card: Card, bench: Bench) -> None:
    play(card, bench)
