"""Whatever goes wrong, an outcome never claims what did not happen at the trade server."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.breaker import BreakerRule
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.reports import Outcome
from ictcli.brokers.requests import Cancel, Close, Place, Request
from ictcli.brokers.simulated.faults import Fault, FaultPlan, FaultRates
from ictcli.brokers.simulated.faults_server import FaultyServer
from ictcli.brokers.simulated.server_records import ServerOptions
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.clock import monotonic
from ictcli.config.trading import BrokerConfig
from ictcli.errors import PolicyRefused, SourceUnavailable
from ictcli.terminals.times import ServerClock
from tests.brokers.stage import LOGIN, SimulatedMarket, calm_bars, numbers, server_of

KINDS = [kind for kind in Fault if kind != Fault.NONE]
REQUESTS = 25


@dataclass
class Claims:
    """What outcomes claimed, to be compared with the server's own books."""

    happened: list[int] = field(default_factory=list)
    never: list[int] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def note(self, request: Request, outcome: Outcome) -> None:
        self.kinds[outcome.kind] += 1
        if isinstance(request, Cancel) and outcome.kind == "done":
            self.cancelled.append(request.order)
        if not isinstance(request, Place | Close):
            return
        if outcome.kind in ("done", "placed", "partial"):
            self.happened.append(request.magic)
        elif outcome.kind in ("rejected", "retryable"):
            self.never.append(request.magic)


class Bad:
    """A broker over a server that misbehaves by a seeded plan."""

    def __init__(self, seed: int, execution: Any) -> None:
        self.rng = Random(seed)
        bars = calm_bars(seed)
        inner = server_of(bars, "hedging", ServerOptions(login=LOGIN, execution=execution)).inner
        rates = FaultRates(dict.fromkeys(KINDS, 0.05), comments="replaced")
        self.server = FaultyServer(inner, FaultPlan(rates, np.random.default_rng(seed)))
        market: Any = SimulatedMarket
        self.market = market(self.server, bars, None)
        self.broker = Mt5Broker(
            SimulatedTerminal(self.server),
            BrokerConfig(login=LOGIN),
            Surroundings(lambda: self.market.now, self.market.sleep, monotonic, Random(seed)),
            ServerClock("ny+7"),
            rule=BreakerRule(failures=1000),
        )
        self.magics = numbers()

    def request(self) -> Request:
        """Any request that makes sense now, as the server knows it."""
        draw, volume = self.rng.random(), Decimal(self.rng.randint(1, 40)) / 100
        positions, orders = self.server.inner.positions(), self.server.inner.open_orders()
        if draw < 0.2 and positions:
            one = self.rng.choice(positions)
            lots = Decimal(one.volume) / 100
            return Close("EURUSD", one.ticket, 1 if one.type else -1, lots, next(self.magics))
        if draw < 0.4 and orders:
            return Cancel("EURUSD", self.rng.choice(orders).ticket)
        if draw < 0.6:
            price = Decimal(self.rng.randint(107_000, 109_000)).scaleb(-5)
            return Place("EURUSD", 1, "limit", volume, next(self.magics), price=price)
        return Place("EURUSD", self.rng.choice((1, -1)), "market", volume, next(self.magics))

    def play(self) -> Claims:
        claims = Claims()
        for _ in range(5):
            self.market.go_on()
        for _ in range(REQUESTS):
            request = self.request()
            claims.note(request, self.broker.send(request))
            if self.rng.random() < 0.5:
                self.market.go_on()
        for _ in range(3):
            self.market.go_on()
        return claims

    def traces(self, magic: int) -> int:
        """Orders of a magic number that the server accepted, whatever became of them."""
        inner = self.server.inner
        alive = [one for one in inner.open_orders() if one.magic == magic]
        over = [one for one in inner.done_orders(-(2**62), 2**62) if one.magic == magic and one.state != 5]
        return len(alive) + len(over)


@pytest.mark.parametrize("execution", ["immediate", "next_quote"])
@pytest.mark.parametrize("seed", range(6))
def test_no_outcome_claims_what_did_not_happen(seed: int, execution: str) -> None:
    _prove(seed, execution)


@pytest.mark.proof
@pytest.mark.parametrize("execution", ["immediate", "next_quote"])
def test_no_outcome_claims_what_did_not_happen_in_many_runs(
    execution: str, proof_facts: dict[str, object]
) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(1000):
        kinds += _prove(seed, execution)
    proof_facts["requests"] = sum(kinds.values())
    proof_facts["outcomes"] = str(dict(sorted(kinds.items())))
    assert min(kinds[kind] for kind in ("done", "placed", "rejected", "retryable", "unknown")) > 100


def _prove(seed: int, execution: str) -> Counter[str]:
    bad = Bad(seed, execution)
    for _ in range(10):
        try:
            bad.broker.connect()
            break
        except (SourceUnavailable, PolicyRefused):
            continue
    claims = bad.play()
    for magic in claims.happened:
        assert bad.traces(magic) >= 1, f"seed {seed}: {magic} was said to be accepted and was not"
    for magic in claims.never:
        assert bad.traces(magic) == 0, f"seed {seed}: {magic} was said to be refused and was not"
    still = {one.ticket for one in bad.server.inner.open_orders()}
    assert not still & set(claims.cancelled)
    return claims.kinds
