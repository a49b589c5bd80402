"""Stable identifiers: the same object has the same id in every build and every run (C4).

The id is the first 16 hexadecimal digits of the SHA-256 of this UTF-8 text::

    detector|version|parameters|symbol|timeframe|direction|anchor|confirmed

with the parameters as ``name=value`` pairs sorted by name and joined with commas, the direction 1, -1 or
0, and the two instants (``formed_at`` and ``confirmed_at`` as the tables show them) in UTC milliseconds.
Where a detector confirms several objects of one direction and anchor at one instant, ``|1``, ``|2``... is
appended from the second on, in the order in which the step wrote them. The source is not part of it: two
brokers' readings of one pattern share an id.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.plan import Node
from ictcli.market.bars import SeriesKey

NO_ID = 0
"""Stands for "no object"; a hash is practically never zero."""

_NS_PER_MS = 1_000_000


def identifiers(node: Node, key: SeriesKey, objects: NDArray[np.void]) -> NDArray[np.uint64]:
    """The ids of the objects that ``EVENT`` or ``PARENT`` records tell of, as numbers.

    ``format(id, "016x")`` is the text.
    """
    ids = bytearray()
    sha256 = hashlib.sha256
    prefix = _prefix(node, key)
    for line in _lines(objects):
        ids += sha256(prefix + line).digest()[:8]
    return np.frombuffer(bytes(ids), ">u8").astype(np.uint64)


def _prefix(node: Node, key: SeriesKey) -> bytes:
    detector = node.detector
    return f"{detector.name}|{detector.version}|{node.text}|{key.symbol}|{key.timeframe}|".encode()


def _lines(objects: NDArray[np.void]) -> list[bytes]:
    columns: list[list[Any]] = [
        objects["direction"].tolist(),
        (objects["formed_ts"] // _NS_PER_MS).tolist(),
        (objects["confirmed_ts"] // _NS_PER_MS).tolist(),
    ]
    lines = [b"%d|%d|%d" % row for row in zip(*columns, strict=True)]
    for at in np.flatnonzero(objects["ordinal"]).tolist():
        lines[at] += b"|%d" % int(objects["ordinal"][at])
    return lines


def as_text(ids: NDArray[np.uint64]) -> list[str]:
    """Ids as 16 hexadecimal digits."""
    digits = ids.astype(">u8").tobytes().hex()
    return [digits[at : at + 16] for at in range(0, len(digits), 16)]
