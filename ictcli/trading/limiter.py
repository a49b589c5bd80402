"""A token bucket on instants that are passed in."""

from ictcli.clock import NS_PER_MINUTE


class TokenBucket:
    """So many a minute, and as many at once after a quiet minute.

    Args:
        per_minute: tokens that flow in evenly and that it holds at most.
    """

    def __init__(self, per_minute: int) -> None:
        self._gap = NS_PER_MINUTE // per_minute
        self._last = 0
        self._empty_at = -NS_PER_MINUTE
        """Instant at which the bucket would hold nothing if all its tokens were due one by one."""

    def take(self, now: int) -> bool:
        """Use one token, if there is one; a clock that goes back finds as many as there were."""
        self._empty_at -= max(0, self._last - now)
        self._last = now
        self._empty_at = max(self._empty_at, now - NS_PER_MINUTE)
        if self._empty_at + self._gap > now:
            return False
        self._empty_at += self._gap
        return True
