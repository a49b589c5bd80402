"""Each fault does what it says, as often as planned, and the same seed does the same."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.brokers.simulated.faults import Fault, FaultPlan, FaultRates
from ictcli.brokers.simulated.faults_server import FaultyServer
from ictcli.brokers.simulated.records import Server
from ictcli.brokers.simulated.turns import turn_of
from ictcli.clock import NS_PER_SECOND
from ictcli.terminals.constants import Retcode
from tests.brokers.simulated.serving import NAMES, close, market, play, rest, serve
from tests.engine.worlds import MINUTE, World, minutes, rules, series

FLAT = (1000, 1000, 1000, 1000)
EXECUTED = {Fault.CUT_DONE: 1, Fault.TIMEOUT_DONE: 1, Fault.LOST_DONE: 1, Fault.TWICE: 2, Fault.NONE: 1}
CODES = {
    Fault.REQUOTE: Retcode.REQUOTE,
    Fault.REJECT: Retcode.REJECT,
    Fault.BUSY: Retcode.TOO_MANY_REQUESTS,
    Fault.CUT: Retcode.CONNECTION,
    Fault.CUT_DONE: Retcode.CONNECTION,
    Fault.TIMEOUT: Retcode.TIMEOUT,
    Fault.TIMEOUT_DONE: Retcode.TIMEOUT,
    Fault.TWICE: Retcode.PLACED,
    Fault.NONE: Retcode.PLACED,
    Fault.SWITCHED: Retcode.DONE,
}


class Bench:
    """A faulty server after a first bar, and bars to go on with."""

    def __init__(
        self, *script: Fault, rates: FaultRates | None = None, seed: int = 0, **options: Any
    ) -> None:
        self.bars = minutes(*[FLAT] * 6, spread=2)
        world = World([self.bars], [series()], rules())
        inner = serve(world, **options)
        play(inner, World([self.bars.slice(0, 1)], [series()]))
        plan = FaultPlan(rates or FaultRates(), np.random.default_rng(seed), script)
        self.faulty = FaultyServer(inner, plan)
        self.row = 0

    def go_on(self) -> None:
        """Let the next bar go by."""
        self.row += 1
        turn, inner = turn_of(self.bars, self.row, self.row, 0), self.faulty.inner
        inner.pass_time(turn.ends)
        inner.open_phase(0, turn.quote)
        inner.inside_phase(0, turn.quote, turn.ends)
        inner.close_bar(0, turn.quote, turn.ends)
        inner.learn(turn.ends)


def is_a_server(server: Server) -> Server:
    """What the type checker proves of both servers."""
    return server


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_says_and_does_what_it_is(fault: Fault) -> None:
    bench = Bench(fault)
    server = bench.faulty
    result = server.execute(market(1))
    assert server.faults == {fault: 1}
    if fault in CODES:
        assert result is not None
        assert result.retcode == CODES[fault]
        assert result.bid == 1000
    if fault in (Fault.LOST, Fault.LOST_DONE, Fault.LATE, Fault.RESTART):
        assert result is None
        assert server.line.errors["order_send"][0] in (-1, -10000, -10002, -10005)
    asked = server.inner.open_orders()
    if fault == Fault.PART:
        assert len(asked) == 1
    else:
        assert len(asked) == EXECUTED.get(fault, 0)
    assert (server.strayed != []) == (fault == Fault.SWITCHED)


def test_requotes_and_too_many_requests_come_in_runs() -> None:
    for fault in (Fault.REQUOTE, Fault.BUSY):
        lengths = Counter(run_of(fault, seed) for seed in range(60))
        assert set(lengths) == {1, 2, 3}, lengths


def run_of(fault: Fault, seed: int) -> int:
    """How often in a row a fault is answered."""
    server = Bench(fault, seed=seed).faulty
    codes = []
    for _ in range(5):
        result = server.execute(rest(2, 900))
        assert result is not None
        codes.append(result.retcode)
    return codes.index(10009)


def test_a_line_that_is_cut_comes_back() -> None:
    bench = Bench(Fault.CUT)
    seen = []
    for _ in range(3):
        result = bench.faulty.execute(market(1))
        assert result is not None
        seen.append((result.retcode, bench.faulty.line.connected))
        if len(seen) == 2:
            bench.go_on()
    assert seen == [(Retcode.CONNECTION, False), (Retcode.CONNECTION, False), (Retcode.PLACED, True)]


def test_a_late_request_arrives_when_nobody_waits_for_it() -> None:
    bench = Bench(Fault.LATE)
    bench.faulty.execute(market(1))
    bench.go_on()
    assert [order.remaining for order in bench.faulty.open_orders()] == [10]
    bench.go_on()
    assert [deal.ts for deal in bench.faulty.deals(1, 2**62) if deal.type < 2] == [2 * MINUTE]


def test_a_part_of_a_deal_is_executed_and_the_rest_cancelled() -> None:
    placed = Bench(Fault.PART, seed=3)
    placed.faulty.execute(market(1))
    placed.go_on()
    (order,) = placed.faulty.done_orders(0, 2**62)
    (position,) = placed.faulty.positions()
    assert order.state == 2
    assert 0 < position.volume < 10
    assert order.remaining == 10 - position.volume
    done = Bench(Fault.PART, Fault.PART, seed=3, execution="immediate")
    result = done.faulty.execute(market(1))
    assert result is not None
    assert (result.retcode, result.volume) == (Retcode.DONE_PARTIAL, position.volume)
    left = done.faulty.execute(close(result.order, 1, position.volume))
    assert left is not None
    assert sum(one.volume for one in done.faulty.positions()) == position.volume - left.volume


def test_history_shows_what_is_over_after_a_while() -> None:
    rates = FaultRates(history_delay=200 * NS_PER_SECOND)
    waits = []
    for seed in range(20):
        bench = Bench(rates=rates, seed=seed)
        bench.faulty.execute(market(1))
        bench.go_on()
        assert len(bench.faulty.positions()) == 1
        waited = 0
        while len(bench.faulty.deals(1, 2**62)) < 1:
            bench.go_on()
            waited += 1
        waits.append(waited)
    assert min(waits) <= 1
    assert max(waits) >= 3


@pytest.mark.parametrize(
    ("how", "comment"), [("kept", "a long comment"), ("cut", "a long c"), ("replaced", "broker")]
)
def test_comments_are_rewritten(how: Any, comment: str) -> None:
    bench = Bench(rates=FaultRates(comments=how))
    bench.faulty.execute(market(1, comment="a long comment"))
    bench.faulty.execute(rest(2, 900, comment="a long comment"))
    assert [one.comment for one in bench.faulty.open_orders()] == [comment] * 2
    bench.go_on()
    assert [one.comment for one in bench.faulty.positions()] == [comment]
    assert [one.comment for one in bench.faulty.deals(1, 2**62)] == [comment]
    assert [one.comment for one in bench.faulty.done_orders(0, 2**62)] == [comment]


def test_another_account_has_another_number_and_no_trades() -> None:
    bench = Bench(Fault.NONE, Fault.SWITCHED)
    own = bench.faulty.account().login
    bench.faulty.execute(rest(2, 900))
    bench.faulty.execute(market(1))
    bench.faulty.execute(market(-1))
    assert bench.faulty.account().login != own
    shown = len(bench.faulty.open_orders()) + len(bench.faulty.positions())
    assert shown + len(bench.faulty.deals(0, 2**62)) + len(bench.faulty.done_orders(0, 2**62)) == 0
    assert [one.type for one in bench.faulty.strayed] == [0, 1]
    bench.go_on()
    assert bench.faulty.account().login == own
    assert len(bench.faulty.open_orders()) == 1


def test_a_restart_fails_the_next_calls_without_a_connection() -> None:
    bench = Bench(Fault.RESTART)
    bench.faulty.execute(market(1))
    errors = bench.faulty.line.errors
    assert set(errors["positions_get"]) == {-10004}
    assert len(errors["order_send"]) == 1 + len(errors["positions_get"])


def test_what_a_server_without_deduplication_gets_twice_it_does_twice() -> None:
    for deduplicates, orders in ((False, 2), (True, 1)):
        bench = Bench(Fault.TWICE, deduplicates=deduplicates)
        bench.faulty.execute(market(1, comment="same"))
        assert len(bench.faulty.open_orders()) == orders


def test_faults_come_at_their_rates_and_the_same_seed_does_the_same() -> None:
    rates = {Fault.REJECT: 0.2, Fault.LOST: 0.1}

    def drawn(seed: int) -> list[Fault]:
        plan = FaultPlan(FaultRates(rates), np.random.default_rng(seed))
        return [plan.next() for _ in range(4000)]

    counts = Counter(drawn(1))
    assert set(counts) == {Fault.REJECT, Fault.LOST, Fault.NONE}
    assert abs(counts[Fault.REJECT] - 800) < 120
    assert abs(counts[Fault.LOST] - 400) < 90
    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize("rates", [{Fault.LOST: 0.7, Fault.CUT: 0.4}, {Fault.LOST: -0.1}])
def test_rates_are_shares(rates: dict[Fault, float]) -> None:
    with pytest.raises(ValueError, match="shares"):
        FaultPlan(FaultRates(rates), np.random.default_rng(0))


def test_a_faulty_server_is_asked_like_any_other() -> None:
    bench = Bench()
    plain, faulty = is_a_server(bench.faulty.inner), is_a_server(bench.faulty)
    for one in (plain, faulty):
        assert one.now == MINUTE
        assert one.symbols()[0].name == NAMES[0]
        assert one.digits(NAMES[0]) == 0
        assert one.tick(NAMES[0]).ask == 1002
        assert len(one.ticks(NAMES[0], 0, MINUTE)) == 2
        assert one.check(market(1)).retcode == 0
        assert one.check(close(5, 1, 1)).retcode == Retcode.POSITION_CLOSED


def test_the_page_names_every_fault() -> None:
    page = (Path(__file__).parents[3] / "docs" / "simulated-server.md").read_text(encoding="utf-8")
    assert [fault for fault in Fault if fault != Fault.NONE and f"`{fault}`" not in page] == []
