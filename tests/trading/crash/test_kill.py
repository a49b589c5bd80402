"""kill -9 while trading: whatever the moment, the ledger and the terminal agree after the next start."""

import json
import signal
import time
from pathlib import Path
from random import Random

import pytest

from ictcli.clock import now_ns
from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import AnyBody, BarTaken
from ictcli.ledger.journal import open_journal
from ictcli.trading.crashpoints import POINTS
from tests.trading.crash.arena import Arena, arena, requested, wait_for

LAST = ("after_record", "after_intent", "after_sent", "before_send")
"""These may leave an order of which nobody knows: nothing more is opened for a while, only closed."""
ORDER = [*(point for point in POINTS if point not in LAST), *LAST]
LIFE = 150.0
"""Seconds in which every point is reached; an order of which nobody knows is absent after 60 at least."""
BUDGET = 30.0
"""Seconds from a start to a compared account."""


def killed_at(place: Arena, crash: str) -> None:
    code, said = place.live(LIFE, crash=crash)
    assert code == -signal.SIGKILL, f"{crash}: {code} {said}"


def test_an_end_at_named_points_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with arena(tmp_path) as place:
        for n, point in enumerate(ORDER[::2]):
            killed_at(place, f"{point}:{2 + n % 3 if point not in LAST else 1}")
        assert place.differences() == []
        assert len(requested(tmp_path)) > 5
        assert max(place.recoveries) < BUDGET


def kill_at_random(place: Arena, draw: Random) -> bool:
    """Kill a trader somewhere in its life; whether it was still alive then."""
    process = place.trader(30)
    time.sleep(draw.uniform(0.3, 3.0))
    alive = process.poll() is None
    process.kill()
    place.finish(process)
    return alive


def test_an_end_at_a_random_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    draw = Random(5)
    with arena(tmp_path) as place:
        assert kill_at_random(place, draw)
        assert place.differences() == []


def test_a_ledger_of_ten_thousand_events_is_taken_up_in_time(tmp_path: Path) -> None:
    with arena(tmp_path) as place:
        fill_ledger(tmp_path, 10_000)
        started = time.monotonic()
        process = place.trader(20)
        wait_for(tmp_path / "report.json", BUDGET)
        took = time.monotonic() - started
        process.send_signal(signal.SIGKILL)
        place.finish(process)
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["events"] > 10_000
        assert report["mode"] == "active"
        assert took < BUDGET


def fill_ledger(folder: Path, events: int) -> None:
    body: AnyBody = BarTaken(
        symbol="BTCUSD", timeframe="M1", digits=2, ts=0, ts_close=60, open=1, high=2, low=1, close=2,
        spread=1, tick_volume=1,
    )  # fmt: skip
    with open_journal(find_place(folder, {}), now=now_ns()) as journal:
        for _ in range(events // 1000):
            journal.append([body] * 1000, now_ns())


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(10))
def test_three_hundred_random_ends_and_every_named_point(
    tmp_path: Path, shard: int, proof_facts: dict[str, object]
) -> None:
    draw, kills, recoveries, requests = Random(shard), 0, [0.0], 0
    for run in range(6):
        folder = tmp_path / str(run)
        with arena(folder) as place:
            for point in ORDER:
                killed_at(place, f"{point}:{draw.randrange(1, 4) if point not in LAST else 1}")
            assert place.differences() == []
        rates = ("--rates", "lost_done=0.02", "late=0.02", "requote=0.05", "part=0.1")
        with arena(tmp_path / f"{run}-random", *rates) as place:
            kills += sum(kill_at_random(place, draw) for _ in range(5))
            assert place.differences() == []
            recoveries += place.recoveries
            requests += len(requested(place.folder)) // 2
    proof_facts.update(
        random_kills=kills, named_kills=6 * len(ORDER), lost=0, doubled=0, requests=requests,
        slowest_recovery_seconds=round(max(recoveries), 3),
    )  # fmt: skip
    assert kills == 30
    assert requests >= 30, "the machine was too busy to trade: nothing was shown"
    assert max(recoveries) < BUDGET
