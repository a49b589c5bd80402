"""A follower tells every record of the log once, however often it is killed."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.config.records import DetectConfig
from ictcli.detectors.cursor import cursor
from ictcli.detectors.following import Follower, Wish
from ictcli.detectors.journal import Subject, refresh
from ictcli.detectors.reading import KeptLog, View
from ictcli.detectors.registry import DETECTORS
from ictcli.errors import Busy
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.calendars import calendar
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.output import encode
from ictcli.store.store import Store

START = 1_704_240_000 * 10**9  # Wednesday 2024-01-03 00:00 UTC
KEY = SeriesKey("sim", "EURUSD", TIMEFRAMES["M1"])
SUBJECT = Subject(KEY, KEY.timeframe, calendar("fx"))
Row = dict[str, Any]


def walk(bars: int) -> Bars:
    """The first bars of one and the same series."""
    rng = np.random.default_rng(3)
    count = 600
    closes = 108_000 + np.cumsum(rng.integers(-12, 13, count))
    opens = np.concatenate(([108_000], closes[:-1]))
    highs = np.maximum(opens, closes) + rng.integers(0, 5, count)
    lows = np.minimum(opens, closes) - rng.integers(0, 5, count)
    ts = START + np.arange(count, dtype=np.int64) * NS_PER_MINUTE
    return make_bars(5, ts, ts + NS_PER_MINUTE, (opens, highs, lows, closes)).slice(0, bars)


def put(store: Store, bars: Bars) -> None:
    with store.writer(KEY, {}, now=START) as writer:
        writer.add(bars)
        writer.commit(lambda *_: [])


@dataclass
class Desk:
    """A store that grows, and a file to which a follower appends."""

    root: Path

    @property
    def store(self) -> Store:
        return Store(self.root / "data", self.root / "state", 0)

    @property
    def out(self) -> Path:
        return self.root / "told.ndjson"

    def poll(
        self,
        names: tuple[str, ...] = (),
        start: int | None = None,
        write: Callable[[int, bytes], None] | None = None,
        config: DetectConfig | None = None,
    ) -> int:
        """One life of a follower: it starts, looks once and leaves."""
        with self.out.open("ab", buffering=0) as file:

            def put_out(text: str) -> None:
                (write or os.write)(file.fileno(), text.encode())

            with cursor(self.root / "state", KEY, names, file.fileno(), put_out) as kept:
                wish = Wish(SUBJECT, config or DetectConfig(), names, start, {})
                return Follower(self.store, wish, kept, encode).poll()

    def told(self) -> list[Row]:
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def log(self) -> list[Row]:
        manifest, _ = refresh(self.store, SUBJECT, DetectConfig(), {})
        log = KeptLog(self.store.part_log("detections", KEY).folder, manifest)
        rows = log.detections(View()).events.to_pylist()
        return [json.loads(encode({"seq": seq, **row})) for seq, row in enumerate(rows)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with few detectors; all of them are put back in their order, in which plans are made."""
    every = dict(DETECTORS)
    for name in every.keys() - {"swing", "structure", "fvg"}:
        del DETECTORS[name]
    desk = Desk(tmp_path)
    put(desk.store, walk(200))
    yield desk
    DETECTORS.clear()
    DETECTORS.update(every)


def test_a_new_follower_tells_what_becomes_known_from_now_on(desk: Desk) -> None:
    assert desk.poll() == 0
    before = len(desk.log())
    put(desk.store, walk(260))
    desk.poll()
    desk.poll()
    assert desk.told() == desk.log()[before:]
    assert len(desk.told()) > 20


def test_a_follower_may_begin_earlier(desk: Desk) -> None:
    desk.poll(start=START + 100 * NS_PER_MINUTE)
    log = desk.log()
    first = desk.told()[0]["seq"]
    assert desk.told() == log[first:]
    assert all(row["at"] < "2024-01-03T01:40:00Z" for row in log[:first])
    assert log[first]["at"] >= "2024-01-03T01:40:00Z"


def test_only_the_wanted_kinds_are_told(desk: Desk) -> None:
    desk.poll(("fvg",), start=START)
    put(desk.store, walk(260))
    desk.poll(("fvg",), start=START)
    assert desk.told() == [row for row in desk.log() if row["kind"] == "fvg"]


def test_two_followers_of_the_same_are_one_too_many(desk: Desk) -> None:
    with cursor(desk.root / "state", KEY, (), 1, print), pytest.raises(Busy, match="follower"):
        desk.poll()


def kill_at(desk: Desk, wanted: int) -> bool:
    """A follower in a process of its own, killed at its ``wanted``-th rename or write; True if it was."""
    child = os.fork()
    if child == 0:
        seen = 0
        rename = Path.replace

        def reached() -> bool:
            nonlocal seen
            seen += 1
            return seen == wanted

        def renamed(self: Path, target: Any) -> Any:
            if reached():
                os.kill(os.getpid(), signal.SIGKILL)
            result = rename(self, target)
            if reached():
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        def written(descriptor: int, data: bytes) -> None:
            for at in (0, len(data) // 2):
                if reached():
                    os.kill(os.getpid(), signal.SIGKILL)
                os.write(descriptor, data[: len(data) // 2] if at == 0 else data[at:])
            if reached():
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            Path.replace = renamed  # type: ignore[method-assign]
            desk.poll(start=START, write=written)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.no_cover
@pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL")
def test_killed_at_any_point_it_loses_and_repeats_nothing(desk: Desk) -> None:
    log = desk.log()
    killed = 0
    for number in range(24):
        if number % 2:
            put(desk.store, walk(200 + 10 * number))
        killed += kill_at(desk, 1 + number * 7 % 24)
    desk.poll(start=START)
    assert killed >= 15
    assert desk.told() == desk.log()
    assert len(desk.told()) > len(log)


def test_a_changed_bar_withdraws_what_was_told_of_it(desk: Desk) -> None:
    desk.poll(start=START)
    before = desk.log()
    bars = walk(200)
    put(desk.store, replace(bars, high=np.where(np.arange(200) == 150, bars.high + 40, bars.high)))
    desk.poll()
    told = desk.told()
    at = next(number for number, row in enumerate(told) if row["record"] == "data_revision")
    revision = told[at]
    assert told[:at] == before
    assert revision["first"] == "2024-01-03T02:30:00Z"
    assert revision["withdrawn"] == len(before) - revision["seq"]
    assert told[: revision["seq"]] + told[at + 1 :] == desk.log()


def test_other_parameters_go_on_after_the_last_record(desk: Desk) -> None:
    desk.poll(start=START)
    before = desk.told()
    config = DetectConfig(params={"fvg": {"min_size_atr": 0.3}})
    desk.poll(config=config)
    assert desk.told() == before
    put(desk.store, walk(260))
    desk.poll(config=config)
    after = desk.told()[len(before) :]
    assert after
    assert all(row["at"] > before[-1]["at"] for row in after)
