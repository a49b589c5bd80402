"""The lockbox: what is withheld, and a log that nobody gets past."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError, PolicyRefused, UsageError
from ictcli.learning.events import Events
from ictcli.learning.labels.fixed_horizon import fixed_horizon
from ictcli.learning.lockbox import (
    Lockbox,
    Opening,
    lockbox_of,
    note_learning,
    open_lockbox,
    openings,
)
from tests.learning.labels.bars import walk

DAY = 86_400 * 10**9
OPENING = Opening(
    opened=100 * DAY,
    series="ftmo/XAUUSD/M15",
    first=10 * DAY,
    last=20 * DAY,
    content="abc",
    model="gold/20260101T000000Z-12345678",
    argv=("ictcli", "train", "--open-lockbox"),
)


def times_opened(log: Path, series: str) -> int:
    """Looks at a series that the log holds."""
    return sum(one.series == series and one.kind == "look" for one in openings(log))


def changed(**fields: object) -> Opening:
    return msgspec.structs.replace(OPENING, **fields)


def events() -> Events:
    return fixed_horizon(walk(8, 100), np.arange(100), 7, np.zeros(100)).events


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "models" / "lockbox.jsonl"


@given(st.integers(0, 110))
def test_every_event_is_learned_from_withheld_or_purged(first: int) -> None:
    own, box = events(), Lockbox(first)
    train, held = box.training(own), box.withheld(own)
    assert len(train) + len(held) + box.purged(own) == len(own)
    assert not len(train) or train.end.max() < first
    assert not len(held) or held.start.min() >= first


def test_a_label_that_reaches_the_first_withheld_bar_is_not_learned_from() -> None:
    own, box = events(), Lockbox(50)
    assert box.training(own).end.max() == 49
    assert box.purged(own) == np.count_nonzero((own.start < 50) & (own.start >= 43))


@pytest.mark.parametrize(("share", "first"), [(0.0, 1000), (0.2, 800), (0.1999, 800), (0.3, 700), (0.9, 100)])
def test_a_share_withholds_the_last_bars(share: float, first: int) -> None:
    assert lockbox_of(share, 1000) == Lockbox(first)


@pytest.mark.parametrize("share", [-0.1, 0.95, float("nan")])
def test_an_impossible_share_is_a_usage_error(share: float) -> None:
    with pytest.raises(UsageError, match="not possible"):
        lockbox_of(share, 1000)
    with pytest.raises(UsageError, match="bar -1"):
        Lockbox(-1)


def test_the_first_opening_is_written_down(log: Path) -> None:
    assert open_lockbox(log, OPENING) == 1
    assert openings(log) == [OPENING]
    assert log.read_bytes().count(b"\n") == 1
    assert (times_opened(log, "ftmo/XAUUSD/M15"), times_opened(log, "ftmo/EURUSD/M15")) == (1, 0)


def test_a_second_opening_is_refused_and_leaves_the_log_as_it_was(log: Path) -> None:
    open_lockbox(log, OPENING)
    before = log.read_bytes()
    with pytest.raises(PolicyRefused, match="opened once before, last at 1970-04-11T00:00:00Z for gold/2026"):
        open_lockbox(log, changed(opened=101 * DAY, model="gold/other", content="def"))
    with pytest.raises(PolicyRefused, match="opened once"):
        open_lockbox(log, changed(reason="  "))
    assert log.read_bytes() == before


def test_a_reason_opens_it_again_and_is_kept(log: Path) -> None:
    open_lockbox(log, OPENING)
    assert open_lockbox(log, changed(reason="the label was wrong")) == 2
    assert [one.reason for one in openings(log)] == ["", "the label was wrong"]
    with pytest.raises(PolicyRefused, match="opened 2 times before"):
        open_lockbox(log, OPENING)


@pytest.mark.parametrize(
    ("first", "last", "free"), [(20, 30, False), (1, 10, False), (21, 30, True), (1, 9, True)]
)
def test_only_bars_that_were_seen_count(log: Path, first: int, last: int, *, free: bool) -> None:
    open_lockbox(log, OPENING)
    again = changed(first=first * DAY, last=last * DAY)
    if free:
        assert open_lockbox(log, again) == 1
    else:
        with pytest.raises(PolicyRefused):
            open_lockbox(log, again)


def test_another_market_has_a_lockbox_of_its_own(log: Path) -> None:
    open_lockbox(log, OPENING)
    assert open_lockbox(log, changed(series="ftmo/EURUSD/M15")) == 1


@pytest.mark.parametrize("series", ["ftmo/XAUUSD/M5", "other/XAUUSD/M15"])
def test_the_same_days_in_other_bars_or_of_another_source_are_no_first_look(log: Path, series: str) -> None:
    open_lockbox(log, OPENING)
    with pytest.raises(PolicyRefused, match="was opened once before"):
        open_lockbox(log, changed(series=series))


def test_days_that_a_training_learned_from_are_no_first_look(log: Path) -> None:
    note_learning(log, changed(kind="learning", model="gold"))
    with pytest.raises(PolicyRefused, match=r"was learned from before, last at .* for gold"):
        open_lockbox(log, OPENING)
    assert open_lockbox(log, changed(reason="the whole span was needed")) == 1


def test_learning_is_written_down_once_and_only_for_what_is_new(log: Path) -> None:
    first = changed(kind="learning", first=OPENING.first, last=OPENING.last)
    note_learning(log, first)
    note_learning(log, msgspec.structs.replace(first, last=first.last - 1, model="another"))
    assert len(openings(log)) == 1
    note_learning(log, msgspec.structs.replace(first, last=first.last + 1))
    assert len(openings(log)) == 2
    assert times_opened(log, first.series) == 0


def test_of_many_openers_at_once_one_gets_in(log: Path) -> None:
    def opened(number: int) -> bool:
        try:
            open_lockbox(log, changed(model=f"gold/{number}"))
        except PolicyRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(opened, range(24))) == 1
    assert times_opened(log, OPENING.series) == 1


def test_openers_with_reasons_lose_no_line(log: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda at: open_lockbox(log, changed(reason=f"reason {at}")), range(16)))
    assert sorted(counts) == list(range(1, 17))
    assert {one.reason for one in openings(log)} == {f"reason {at}" for at in range(16)}


@pytest.mark.parametrize("broken", [b"{\n", b"\n", b'{"series": "x"}\n', b'{"opened": 1, "ser'])
def test_a_log_that_cannot_be_read_opens_nothing(log: Path, broken: bytes) -> None:
    open_lockbox(log, OPENING)
    with log.open("ab") as file:
        file.write(broken)
    with pytest.raises(DataError, match="line 2 of"):
        open_lockbox(log, changed(reason="x"))
    with pytest.raises(DataError, match="line 2 of"):
        times_opened(log, "x")


def test_a_log_that_cannot_be_opened_is_a_data_error(log: Path) -> None:
    log.mkdir(parents=True)
    with pytest.raises(DataError, match="cannot read"):
        open_lockbox(log, OPENING)


def test_without_a_log_nothing_was_opened(log: Path) -> None:
    assert (openings(log), times_opened(log, "x")) == ([], 0)


def test_a_period_that_ends_before_it_begins_is_a_bug() -> None:
    with pytest.raises(ValueError, match="ends before"):
        changed(first=21 * DAY)
