"""A token bucket on instants that are passed in."""

from ictcli.clock import NS_PER_MINUTE


class TokenBucket:
    """So many a minute, and as many at once after a quiet minute.

    Args:
        per_minute: tokens that flow in evenly and that it holds at most.
    """

    def __init__(self, per_minute: int) -> None:
        self._gap = NS_PER_MINUTE // per_minute
        self._empty_at = -NS_PER_MINUTE
        """Instant at which the bucket would hold nothing if all its tokens were due one by one."""

    def take(self, now: int) -> bool:
        """Use one token, if there is one; a clock that goes back finds the bucket no fuller than empty."""
        self._empty_at = min(max(self._empty_at, now - NS_PER_MINUTE), now)
        if self._empty_at + self._gap > now:
            return False
        self._empty_at += self._gap
        return True
