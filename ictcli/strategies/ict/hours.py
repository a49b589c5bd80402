"""New York hours that may give set-ups, and New York clock times as instants."""

import re
from typing import Any

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.base.context import init_context, new_york_offset
from ictcli.errors import ConfigError
from ictcli.kernels import kernel
from ictcli.market.windows import DAY_MINUTES, open_minutes

_SPELLS = 512

HOURS = np.dtype([("open", np.uint8, DAY_MINUTES)])
"""1 for every New York minute of the day whose bars may give set-ups."""

CLOCK = np.dtype(
    [
        ("spell", np.int64),
        ("spells", np.int64),
        ("starts", np.int64, _SPELLS),
        ("offsets", np.int64, _SPELLS),
    ]
)
"""New York's offsets, as ``detectors.base.context`` keeps them."""


def init_hours(hours: Any, windows: str) -> None:
    """Set zeroed hours to the windows of a text; an empty text covers the whole day.

    Raises:
        ConfigError: the text cannot be read.
    """
    hours["open"] = open_minutes(windows)


def minute_of(text: str) -> int:
    """The minute of the day of ``HH:MM``, -1 for an empty text.

    Raises:
        ConfigError: the text is no time of the day.
    """
    if not text:
        return -1
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text):
        raise ConfigError(f"{text!r} is not a New York time", hint="Write HH:MM, for example 16:00.")
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def init_clock(clock: Any) -> None:
    """Set a zeroed clock."""
    context = init_context(NS_PER_MINUTE, 2)[0]
    for name in CLOCK.names or ():
        clock[name] = context[name]


@kernel
def in_hours(hours: Any, bar: Any) -> bool:
    """Whether the current bar opens within the hours."""
    return bool(hours["open"][bar["minute"]] == 1)


@kernel
def instant_of(clock: Any, day: int, minute: int) -> int:
    """The UTC instant of a New York minute of a day (days since 1970-01-01), away from clock changes."""
    local = day * NS_PER_DAY + minute * NS_PER_MINUTE
    guess = local - new_york_offset(clock, local)
    return int(local - new_york_offset(clock, guess))
