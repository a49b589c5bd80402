"""The progress line."""

import pytest

from ictcli import progress
from ictcli.progress import Meter, describe, duration, short


def test_a_known_total_gives_share_rate_and_time_left() -> None:
    line = describe("importing EURUSD", 1_200_000, 2_400_000, 1.0)
    assert line == "importing EURUSD  50 %  1,200,000/2,400,000  1.2M/s  ETA 0:01"


def test_an_unknown_total_gives_count_and_rate() -> None:
    assert describe("scanning", 500, None, 2.0) == "scanning  500  250/s"


def test_before_the_first_unit_there_is_only_the_label() -> None:
    assert describe("scanning", 0, 100, 0.0) == "scanning ..."


def test_the_rate_waits_until_it_means_something() -> None:
    assert describe("scanning", 5, 10, 0.01) == "scanning  50 %  5/10"


def test_more_than_promised_is_not_more_than_everything() -> None:
    assert "100 %" in describe("scanning", 12, 10, 1.0)


@pytest.mark.parametrize(
    ("number", "text"),
    [(9.94, "9.9"), (950, "950"), (1234, "1.2k"), (340_000, "340k"), (5.12e6, "5.1M"), (2e9, "2.0G")],
)
def test_short_numbers(number: float, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(7, "0:07"), (754, "12:34"), (11_100, "3:05:00"), (59.6, "1:00")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_it_draws_at_most_ten_times_a_second_but_never_misses_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    lines: list[str] = []
    meter = Meter(lines.append)
    for done in range(1, 1001):
        now[0] += 0.001
        meter("work", done, 1000)
    assert 9 <= len(lines) <= 12
    assert "1,000/1,000" in lines[-1]


def test_a_line_never_exceeds_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    lines: list[str] = []
    Meter(lines.append)("a label that is far too long for this", 5, 10)
    assert [len(line) for line in lines] == [19]
