"""The heartbeat that a trading loop leaves behind, and what it costs the loop when it cannot."""

from pathlib import Path

from ictcli.trading.pulse import Pulse, last_beat, pulse_file

SECOND = 10**9
NOON = 1_700_000_000 * SECOND


def test_a_heartbeat_is_the_instant_the_loop_came_round(tmp_path: Path) -> None:
    control = tmp_path / "control"
    assert last_beat(pulse_file(control, 7)) == 0
    pulse = Pulse(pulse_file(control, 7))
    pulse.beat(NOON)
    assert last_beat(pulse_file(control, 7)) == NOON
    assert last_beat(pulse_file(control, 8)) == 0


def test_a_loop_that_turns_five_times_a_second_leaves_one_every_other_second(tmp_path: Path) -> None:
    pulse, seen = Pulse(pulse_file(tmp_path, 7)), set()
    for turn in range(50):
        pulse.beat(NOON + turn * SECOND // 5)
        seen.add(last_beat(pulse_file(tmp_path, 7)))
    assert sorted(seen) == [NOON + 2 * step * SECOND for step in range(5)]


def test_a_clock_that_goes_back_does_not_silence_the_heart(tmp_path: Path) -> None:
    pulse = Pulse(pulse_file(tmp_path, 7))
    pulse.beat(NOON)
    pulse.beat(NOON - 3600 * SECOND)
    assert last_beat(pulse_file(tmp_path, 7)) == NOON - 3600 * SECOND


def test_a_heartbeat_that_cannot_be_left_does_not_disturb_the_loop(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("not a folder")
    Pulse(pulse_file(tmp_path / "control", 7)).beat(NOON)
    assert last_beat(pulse_file(tmp_path / "control", 7)) == 0


def test_a_heartbeat_is_its_owners_and_has_no_content_so_that_a_full_disk_takes_it(tmp_path: Path) -> None:
    Pulse(pulse_file(tmp_path, 7)).beat(NOON)
    found = pulse_file(tmp_path, 7).stat()
    assert (found.st_size, found.st_mode & 0o077) == (0, 0)
