"""The progress line: what is being done, how far, how fast, how long still."""

import shutil
from collections.abc import Callable

from ictcli.clock import monotonic

_REFRESH_S = 0.1
_RATE_AFTER_S = 0.5


class Meter:
    """Draws progress over one line of a terminal, at most ten times a second.

    The rate is the average since the label first appeared; the remaining time follows from it.

    Args:
        draw: shows a line in place of the last one.
    """

    def __init__(self, draw: Callable[[str], None]) -> None:
        self._draw = draw
        self._label = ""
        self._started = 0.0
        self._drawn = float("-inf")

    def __call__(self, label: str, done: int, total: int | None) -> None:
        """Report that ``done`` of ``total`` units of ``label`` are finished."""
        now = monotonic()
        if label != self._label:
            self._label, self._started = label, now
        elif now - self._drawn < _REFRESH_S and done != total:
            return
        self._drawn = now
        width = shutil.get_terminal_size().columns - 1
        self._draw(describe(label, done, total, now - self._started)[:width])


def describe(label: str, done: int, total: int | None, seconds: float) -> str:
    """One line such as ``importing EURUSD  45 %  1,200,000/2,700,000  1.2M/s  ETA 0:12``."""
    if done <= 0:
        return f"{label} ..."
    parts = [label]
    if total:
        parts.append(f"{min(100, 100 * done // total)} %")
        parts.append(f"{done:,}/{total:,}")
    else:
        parts.append(f"{done:,}")
    if seconds >= _RATE_AFTER_S:
        rate = done / seconds
        parts.append(f"{short(rate)}/s")
        if total and done < total:
            parts.append(f"ETA {duration((total - done) / rate)}")
    return "  ".join(parts)


def short(number: float) -> str:
    """A number in at most four characters and a unit: 950, 1.2k, 340k, 5.1M."""
    for limit, divisor, unit in ((1e3, 1, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M")):
        if number < limit:
            scaled = number / divisor
            return f"{scaled:.1f}{unit}" if scaled < 10 else f"{scaled:.0f}{unit}"
    return f"{number / 1e9:.1f}G"


def duration(seconds: float) -> str:
    """``0:07``, ``12:34`` or ``3:05:00``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
