"""Windows of the New York day: what is read, what is refused."""

import pytest

from ictcli.errors import ConfigError
from ictcli.market.windows import Window, open_minutes, parse_windows


def test_windows_are_starts_and_lengths() -> None:
    assert parse_windows("02:00-05:00, 20:00-24:00,22:00-01:30") == [
        Window(120, 180),
        Window(1200, 240),
        Window(1320, 210),
    ]
    assert parse_windows("") == []
    assert parse_windows("24:00-01:00") == [Window(0, 60)]


def test_a_window_may_cross_midnight() -> None:
    minutes = open_minutes("22:00-01:30")
    assert minutes.sum() == 210
    assert minutes[0]
    assert minutes[89]
    assert not minutes[90]


@pytest.mark.parametrize(
    "text",
    [
        *("2-5", "02:00", "02:00-25:00", "02:60-03:00", "02:00-05:00,,", "5" * 5000 + ":00-06:00"),
        *("05:00-05:00", "24:00-24:00", "24:00-00:00", "00:00-00:00"),  # hold no time
    ],
)
def test_a_window_that_cannot_be_read_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError, match="windows"):
        open_minutes(text)


def test_the_whole_day_is_written_out_or_left_empty() -> None:
    assert open_minutes("00:00-24:00").all()
    assert open_minutes("").all()
