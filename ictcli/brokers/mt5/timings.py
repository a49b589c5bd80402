"""How long the terminal takes, call by call, and how much of a request's time is ours."""

from collections import deque
from dataclasses import dataclass, field

_KEPT = 512


@dataclass(frozen=True, slots=True)
class CallTimes:
    """Times of one function in seconds; the percentiles are of the last calls that are kept."""

    calls: int
    last: float
    p50: float
    p99: float
    worst: float


@dataclass(slots=True)
class _Kept:
    calls: int = 0
    worst: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))


class Timings:
    """Times by name; ``added`` is what a request spent on our side of the terminal."""

    ADDED = "added"

    def __init__(self) -> None:
        self._by_name: dict[str, _Kept] = {}
        self._last = 0.0

    @property
    def last(self) -> float:
        """Seconds of the last call of the terminal; 0.0 before the first."""
        return self._last

    def note(self, name: str, seconds: float) -> None:
        """Keep one time."""
        kept = self._by_name.get(name)
        if kept is None:
            kept = self._by_name[name] = _Kept()
        kept.calls += 1
        kept.worst = max(kept.worst, seconds)
        kept.recent.append(seconds)
        if name != self.ADDED:
            self._last = seconds

    def read(self) -> dict[str, CallTimes]:
        """All times by name."""
        return {name: _summary(kept) for name, kept in sorted(self._by_name.items())}


def _summary(kept: _Kept) -> CallTimes:
    ordered = sorted(kept.recent)
    most = len(ordered) - 1
    return CallTimes(
        calls=kept.calls,
        last=kept.recent[-1],
        p50=ordered[round(most * 0.5)],
        p99=ordered[round(most * 0.99)],
        worst=kept.worst,
    )
