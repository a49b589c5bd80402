"""New York time windows written as text: ``02:00-05:00,20:00-24:00``."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import ConfigError

DAY_MINUTES = 1440


class Window(NamedTuple):
    """A daily window of the New York clock, end exclusive.

    Attributes:
        start: minute of the day, 0..1439.
        minutes: its length, 1..1440; a window may cross midnight.
    """

    start: int
    minutes: int


def parse_windows(text: str) -> list[Window]:
    """The windows of ``HH:MM-HH:MM`` joined by commas; none of an empty text.

    Raises:
        ConfigError: a window is not ``HH:MM-HH:MM``, or begins where it ends.
    """
    return [_window(part) for part in text.split(",")] if text else []


def open_minutes(text: str) -> NDArray[np.bool_]:
    """Which minutes of the day the windows of a text cover; an empty text covers them all.

    Raises:
        ConfigError: a window is not ``HH:MM-HH:MM``, or begins where it ends.
    """
    windows = parse_windows(text)
    allowed = np.full(DAY_MINUTES, not windows)
    for window in windows:
        allowed[np.arange(window.start, window.start + window.minutes) % DAY_MINUTES] = True
    return allowed


def _window(text: str) -> Window:
    start, _, end = text.strip().partition("-")
    first, last = _minute(start, text), _minute(end, text)
    length = (last - first) % DAY_MINUTES
    if length == 0 and (first, last) != (0, DAY_MINUTES):
        raise ConfigError(
            f"windows: {text.strip()!r} holds no time",
            hint="For the whole day leave windows empty, or write 00:00-24:00.",
        )
    return Window(first % DAY_MINUTES, length or DAY_MINUTES)


def _minute(clock: str, window: str) -> int:
    hour, _, minute = clock.partition(":")
    digits = hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2
    if not digits or not (int(hour) * 60 + int(minute) <= DAY_MINUTES and int(minute) < 60):
        raise ConfigError(
            f"windows: {window!r} is not a New York time window",
            hint="Write HH:MM-HH:MM, joined by commas, for example 02:00-05:00,07:00-11:00.",
        )
    return int(hour) * 60 + int(minute)
