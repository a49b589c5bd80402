"""Stable identifiers: the same object has the same id in every build and every run (C4).

The id is the first 16 hexadecimal digits of the SHA-256 of this UTF-8 text::

    detector|version|parameters|symbol|timeframe|direction|anchor|confirmed

with the parameters as ``name=value`` pairs sorted by name and joined with commas, the direction 1 or -1,
and the two instants (``formed_at`` and ``confirmed_at`` as the tables show them) in UTC milliseconds.
The source is not part of it: two brokers' readings of one pattern share an id.
"""

import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.detector import Detector
from ictcli.market.bars import SeriesKey

_NS_PER_MS = 1_000_000


def parameter_text(params: msgspec.Struct) -> str:
    """Parameters as sorted ``name=value`` pairs."""
    return ",".join(f"{name}={value}" for name, value in sorted(msgspec.structs.asdict(params).items()))


def identifiers(
    detector: Detector, params: msgspec.Struct, key: SeriesKey, events: NDArray[np.void]
) -> NDArray[np.uint64]:
    """The id of the object behind every record, as a number (``format(id, "016x")`` is the text)."""
    _, first, inverse = np.unique(events["serial"], return_index=True, return_inverse=True)
    births = events[first]
    prefix = hashlib.sha256(
        f"{detector.name}|{detector.version}|{parameter_text(params)}|{key.symbol}|{key.timeframe}|".encode()
    )
    rows = zip(
        births["direction"].tolist(),
        (births["formed_ts"] // _NS_PER_MS).tolist(),
        (births["confirmed_ts"] // _NS_PER_MS).tolist(),
        strict=True,
    )
    ids = bytearray()
    for direction, anchor, confirmed in rows:
        digest = prefix.copy()
        digest.update(b"%d|%d|%d" % (direction, anchor, confirmed))
        ids += digest.digest()[:8]
    return np.frombuffer(bytes(ids), ">u8").astype(np.uint64)[inverse]


def as_text(ids: NDArray[np.uint64]) -> list[str]:
    """Ids as 16 hexadecimal digits."""
    digits = ids.astype(">u8").tobytes().hex()
    return [digits[at : at + 16] for at in range(0, len(digits), 16)]
