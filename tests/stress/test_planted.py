"""Every threshold can be missed: builds that are deliberately slow, lossy or leaking are caught.

The faults are planted here, into the production code under stress; without them the same run does not fail.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.reports import Evidence, Outcome
from ictcli.brokers.requests import Place
from ictcli.stress import load
from ictcli.stress.scenario import Claim, Verdict
from ictcli.stress.scenarios import memory, symbols, throughput
from ictcli.stress.setting import Setting
from ictcli.stress.stopwatch import WatchedBroker
from ictcli.telemetry import silent
from ictcli.trading.account import Account
from ictcli.trading.trader import Trader
from tests.stress.settings import setting_of

FEW = 45
"""Requests of a run."""
LEAKED, OBJECTS, WRAPPED = 200_000, 100, 4
"""What a planted leak keeps of each bar: bytes in one piece, small objects, and blocks that hold these."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of a second: fewer bars and requests than a claim needs to pass, enough for one to fail."""
    monkeypatch.setattr(load, "SETTLED", 3)
    monkeypatch.setattr(load, "_REHEARSED", (60, 5))
    monkeypatch.setattr(load, "SLICE", 4)
    monkeypatch.setitem(throughput._ENOUGH, "quick", FEW)
    monkeypatch.setitem(symbols._BARS, "quick", 24)
    monkeypatch.setitem(memory._BARS, "quick", 900)
    monkeypatch.setattr(memory, "_EVERY", 10)
    monkeypatch.setattr(memory, "_WARMING", 0.1)


def claim(found: Sequence[Claim], part: str) -> Claim:
    (one,) = [one for one in found if part in one.name]
    return one


def made(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


def through(tmp_path: Path, **limits: float) -> list[Claim]:
    return throughput.run(setting_of(tmp_path, limits=limits), 3, silent)


def test_an_honest_build_fails_nothing(tmp_path: Path) -> None:
    found = through(tmp_path, trades_per_hour=2_000, signal_to_order_ms=5_000)
    assert [one.name for one in found if one.verdict is Verdict.FAIL] == []
    assert claim(found, "differ").verdict is Verdict.PASS
    assert claim(found, "error").n >= FEW
    assert claim(found, "signal").n > 10


@pytest.mark.no_cover
def test_a_slow_send_misses_the_time_to_the_order_and_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throughput._ENOUGH, "quick", 22)
    plain = Mt5Broker.send

    def slow(self: Mt5Broker, request: Any, *rest: Any) -> Outcome:
        time.sleep(0.51 if isinstance(request, Place) else 0.0)
        return plain(self, request, *rest)

    monkeypatch.setattr(Mt5Broker, "send", slow)
    found = through(tmp_path, trades_per_hour=12_000)
    assert claim(found, "signal").verdict is Verdict.FAIL
    assert claim(found, "trades an hour").verdict is Verdict.FAIL


def test_a_broker_that_refuses_one_order_in_ten_misses_the_error_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, count = Mt5Broker.send, [0]

    def refusing(self: Mt5Broker, request: Any, *rest: Any) -> Outcome:
        count[0] += 1
        return Outcome("rejected", 10006, "planted") if count[0] % 10 == 0 else plain(self, request, *rest)

    monkeypatch.setattr(Mt5Broker, "send", refusing)
    one = claim(through(tmp_path), "error")
    assert one.verdict is Verdict.FAIL
    assert "planted" in one.note


def test_errors_of_many_symbols_are_a_share_with_its_bound_and_few_orders_show_nothing(
    tmp_path: Path,
) -> None:
    found = symbols.run(replace(setting_of(tmp_path), symbols=(1, 2)), 3, silent)
    errors = claim(found, "orders in error")
    assert (errors.value, errors.threshold, errors.unit) == (0.0, 0.001, "share")
    assert errors.verdict is Verdict.INCONCLUSIVE
    assert errors.n > 0
    assert claim(found, "2 symbols: work for a bar").n == claim(found, "1 symbols: work").n


def test_a_line_that_loses_deals_leaves_the_ledger_different_from_the_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = WatchedBroker.evidence

    def lossy(self: WatchedBroker, since: int) -> Evidence:
        seen = plain(self, since)
        return replace(seen, deals=tuple(one for one in seen.deals if one.ticket % 7))

    monkeypatch.setattr(WatchedBroker, "evidence", lossy)
    one = claim(through(tmp_path), "differ")
    assert one.verdict is Verdict.FAIL
    assert one.note


def test_a_slow_decision_misses_the_time_of_a_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(setting: Setting) -> Claim:
        return claim(symbols.run(setting, 3, silent), "work for a bar")

    honest = run(setting_of(made(tmp_path, "honest")))
    plain = Account.close

    def slow(self: Account, *given: Any) -> Any:
        time.sleep(0.11)
        return plain(self, *given)

    monkeypatch.setattr(Account, "close", slow)
    found = run(setting_of(made(tmp_path, "slow")))
    assert found.verdict is Verdict.FAIL
    assert found.n == honest.n == 24 - 3
    assert (honest.value or 0.0) < (found.value or 0.0)


def test_what_stays_behind_with_every_bar_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A leak of 200,000 bytes and 100 objects, which only its own terms show: not what stays with an order.

    What earlier tests left in the process is given back while it runs, and moves the slope of so few bars by
    thousands of bytes.
    """
    honest = memory.run(setting_of(made(tmp_path, "honest"), probability=0.01), 3, silent)
    kept: list[object] = []
    plain = Trader.closed

    def leaking(self: Trader, *given: Any) -> Any:
        kept.append((bytearray(LEAKED), [str(len(kept) * 1_000 + at) for at in range(OBJECTS)]))
        return plain(self, *given)

    monkeypatch.setattr(Trader, "closed", leaking)
    found = memory.run(setting_of(made(tmp_path, "leaking"), probability=0.01), 3, silent)
    assert claim(found, "memory with each bar").verdict is Verdict.FAIL
    assert claim(found, "Python blocks").verdict is Verdict.FAIL
    assert moved(honest, found, "memory with each bar") == pytest.approx(LEAKED, rel=0.2)
    assert moved(honest, found, "Python blocks") == pytest.approx(OBJECTS + WRAPPED, rel=0.3)
    assert moved(honest, found, "with each order") == pytest.approx(0.0, abs=2 * LEAKED), "one in six bars"


def moved(before: Sequence[Claim], after: Sequence[Claim], name: str) -> float:
    """By how much what was measured is larger."""
    return (claim(after, name).value or 0.0) - (claim(before, name).value or 0.0)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(1, 9))
def test_memory_of_an_honest_build_is_flat_with_every_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, proof_facts: dict[str, object]
) -> None:
    monkeypatch.undo()
    found = memory.run(setting_of(tmp_path, probability=0.01), seed, silent)
    proof_facts |= {one.name: [one.value, one.bound.low, one.bound.high] for one in found}
    assert claim(found, "memory with each bar").verdict is Verdict.PASS
    assert [one for one in found if one.verdict is Verdict.FAIL] == []
