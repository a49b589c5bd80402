"""Names of intents and numbers of orders: deterministic, so that deciding twice is one decision."""

import hashlib
from collections.abc import Iterable

SEQUENCE_BITS = 32
_MOST_STRATEGY, _MOST_SEQUENCE = 2**16 - 1, 2**SEQUENCE_BITS - 1
EMERGENCY_STRATEGY = _MOST_STRATEGY
"""Strategy number in the magic of closing orders of an own session (``emergency``)."""


def intent_id(account: int, strategy: str, symbol: str, bar: int, leg: int, action: str) -> str:
    """The name of what a strategy decided on a bar; the configuration has no part in it.

    Args:
        account: login at the broker.
        strategy: its name.
        symbol: ours.
        bar: close of the bar, ns UTC.
        leg: tells several actions of one kind on one bar apart.
        action: of ``ledger.bodies.Action``.

    Returns:
        26 characters of lower-case base32, short enough for an order's comment.
    """
    text = "\x1f".join((str(account), strategy, symbol, str(bar), str(leg), action))
    digest = hashlib.sha256(text.encode()).digest()[:16]
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    number = int.from_bytes(digest)
    return "".join(alphabet[number >> shift & 31] for shift in range(125, -1, -5))


def magic_of(strategy: int, sequence: int) -> int:
    """The number that marks an order, its deals and its position: strategy and durable sequence.

    Raises:
        ValueError: a part does not fit.
    """
    if not (0 < strategy <= _MOST_STRATEGY and 0 < sequence <= _MOST_SEQUENCE):
        raise ValueError(f"no magic number of strategy {strategy} and sequence {sequence}")
    return strategy << SEQUENCE_BITS | sequence


def strategy_number(name: str) -> int:
    """16 bits of a strategy's name, above 0; two names may share one: the sequence tells orders apart."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % _MOST_STRATEGY + 1


def strategy_numbers(started: Iterable[str]) -> set[int]:
    """Numbers of strategies as a start names them: with their versions, which are no part of a number."""
    return {strategy_number(name.partition("@")[0]) for name in started}


def parts_of(magic: int) -> tuple[int, int]:
    """Strategy and sequence behind a magic number; (0, 0) for one that is not ours."""
    strategy, sequence = magic >> SEQUENCE_BITS, magic & _MOST_SEQUENCE
    if not (0 < strategy <= _MOST_STRATEGY and sequence > 0):
        return 0, 0
    return strategy, sequence
