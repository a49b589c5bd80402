"""Which of two versions decides an event: by a hash, so that everybody agrees and nobody remembers."""

import hashlib

from ictcli.errors import UsageError

BUCKETS = 10_000
STAGES = (100, 500, 2_500, 10_000)
"""Buckets of the challenger from stage to stage: 1, 5, 25 and 100 % of the events."""
_SEPARATOR = "|"


def bucket(salt: str, symbol: str, event: str) -> int:
    """The bucket of an event, 0 to 9,999.

    Args:
        salt: of the comparison; another salt deals the events anew.
        symbol: of the event.
        event: its id.

    Raises:
        UsageError: salt or symbol holds ``|``, which would let two events share their text.
    """
    if _SEPARATOR in salt or _SEPARATOR in symbol:
        raise UsageError(f"salt {salt!r} and symbol {symbol!r} must not hold {_SEPARATOR!r}")
    digest = hashlib.sha256(_SEPARATOR.join((salt, symbol, event)).encode()).digest()
    return int.from_bytes(digest, "big") % BUCKETS


def is_challengers(salt: str, symbol: str, event: str, share: int) -> bool:
    """Whether the challenger decides an event.

    Args:
        salt: of the comparison.
        symbol: of the event.
        event: its id.
        share: buckets of the challenger, 0 to 10,000. An event that is the challenger's at some share is so
            at every larger one.

    Raises:
        UsageError: there is no such share.
    """
    if not 0 <= share <= BUCKETS:
        raise UsageError(f"share {share} is not from 0 to {BUCKETS}")
    return bucket(salt, symbol, event) < share


def next_share(share: int, *, healthy: bool) -> int:
    """The challenger's share after a stage: the next stage, or nothing at all."""
    if not healthy:
        return 0
    return next((stage for stage in STAGES if stage > share), BUCKETS)
