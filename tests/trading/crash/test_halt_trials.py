"""The emergency stop against a trader that sends as fast as it can."""

import signal
import time
from pathlib import Path
from random import Random

import pytest

from ictcli.clock import now_ns
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from tests.trading.crash.arena import Arena, arena, requested, wait_for

IN_FLIGHT_MS = 100.0
"""A request that left before the stop was set arrives within this."""


def opening_times(place: Arena) -> list[int]:
    """When requests other than cancels reached the terminal, ns UTC."""
    lines = [line for line in requested(place.folder) if "arrived" in line]
    return [line["ts"] for line in lines if line["request"]["action"] != 8]


def trials(place: Arena, count: int, draw: Random) -> list[tuple[int, int]]:
    """Set and lift the stop so many times, each while requests arrive: instants between which it held."""
    latch = Latch(control_folder(place.folder))
    held = []
    for n in range(count):
        wait_for_request(place)
        time.sleep(draw.uniform(0.005, 0.03))
        latch.engage(f"trial {n}", "test", now_ns())
        begun = now_ns()
        time.sleep(draw.uniform(0.005, 0.015))
        held.append((begun, now_ns()))
        latch.release("trial over", "test", now_ns())
    return held


def wait_for_request(place: Arena) -> None:
    """Wait until the trader sends again; a busy machine lets it rest for longer than a stop holds."""
    record = place.folder / "requests.jsonl"
    before = record.stat().st_size
    for _ in range(400):
        if record.stat().st_size > before:
            return
        time.sleep(0.005)


def lateness(times: list[int], held: list[tuple[int, int]]) -> list[float]:
    """Per trial, milliseconds after the stop at which the last request arrived; 0.0 for none."""
    return [max((ts - begun for ts in times if begun < ts < ended), default=0) / 1e6 for begun, ended in held]


def run_trials(folder: Path, count: int) -> tuple[list[float], int]:
    with arena(folder) as place:
        process = place.trader(3600, "fast")
        wait_for(folder / "report.json")
        held = trials(place, count, Random(count))
        process.send_signal(signal.SIGKILL)
        place.finish(process)
        times = opening_times(place)
        found = lateness(times, held)
        assert place.differences() == []
    return sorted(found), len(times)


def test_nothing_leaves_once_the_stop_is_set(tmp_path: Path) -> None:
    late, sent = run_trials(tmp_path, 100)
    assert sent > 50  # requests arrived between the stops
    assert late[-1] < IN_FLIGHT_MS


def test_a_stopped_trader_sends_nothing_when_it_wakes_up(tmp_path: Path) -> None:
    with arena(tmp_path) as place:
        process = place.trader(30, "fast")
        wait_for(tmp_path / "report.json")
        time.sleep(0.5)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        Latch(control_folder(tmp_path)).engage("while it stands still", "test", now_ns())
        begun = now_ns()
        process.send_signal(signal.SIGCONT)
        time.sleep(1.0)
        process.send_signal(signal.SIGKILL)
        place.finish(process)
        times = opening_times(place)
        assert times
        assert [ts for ts in times if ts > begun + 5e6] == []


@pytest.mark.proof
def test_three_thousand_halts(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    late: list[float] = []
    sent = 0
    for run in range(15):
        found, requests = run_trials(tmp_path / str(run), 200)
        late += found
        sent += requests
    late.sort()
    proof_facts.update(
        trials=len(late), requests=sent, trials_with_a_request_in_flight=sum(one > 0 for one in late),
        latest_ms=round(late[-1], 3), p99_ms=round(late[len(late) * 99 // 100], 3),
    )  # fmt: skip
    assert len(late) == 3000
    assert late[-1] < IN_FLIGHT_MS
