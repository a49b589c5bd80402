"""Stable identifiers: the same object has the same id in every build and every run (C4).

The id is the first 16 hexadecimal digits of the SHA-256 of this UTF-8 text::

    detector|version|parameters|symbol|timeframe|direction|anchor|confirmed

with the direction 1, -1 or 0 and the two instants (``formed_at`` and ``confirmed_at`` as the tables show
them) in UTC milliseconds. The parameters are ``name=value`` pairs, sorted as text and joined with commas:
the detector's own; ``layer`` if it has layers; ``bar.atr_length`` if it reads the average true range;
``with`` (the second symbol) if it compares; and, of every detector that it listens to, all of that one's
pairs with that one's name and layer before them, as in ``swing.internal.left=5``, where a pair whose name
already has a dot stays as it is. A detector without any has an empty text there. Values are written as
Python writes them: ``0.5``, ``True``, ``None``, and texts as they are.
Where a detector confirms several objects of one direction and anchor at one instant, ``|1``, ``|2``... is
appended from the second on, in the order in which the step wrote them. The source is not part of it: two
brokers' readings of one pattern share an id.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.plan import Node
from ictcli.detectors.sha256 import begin_texts, finish, new_work, resume, write_number
from ictcli.kernels import kernel
from ictcli.market.bars import SeriesKey

NO_ID = 0
"""Stands for "no object"; a hash is practically never zero."""

_BAR = ord("|")
_NS_PER_MS = 1_000_000


def prefixes(nodes: Sequence[Node], key: SeriesKey) -> NDArray[np.void]:
    """What the texts of each node's objects begin with, as ``sha256.BEGUN``."""
    return begin_texts([_prefix(node, key) for node in nodes])


@kernel
def write_text(begun: Any, text: Any, event: Any) -> int:
    """Write the text of an object behind what its node's texts begin with; where it ends.

    Args:
        begun: of its node, one of ``prefixes``.
        text: room for bytes.
        event: an ``EVENT`` or ``PARENT`` record of it.
    """
    at = write_number(text, resume(begun, text), event["direction"])
    text[at] = _BAR
    at = write_number(text, at + 1, event["formed_ts"] // _NS_PER_MS)
    text[at] = _BAR
    at = write_number(text, at + 1, event["confirmed_ts"] // _NS_PER_MS)
    if event["ordinal"] > 0:
        text[at] = _BAR
        at = write_number(text, at + 1, event["ordinal"])
    return at


@kernel
def identifier(begun: Any, work: Any, event: Any) -> int:
    """The id of the object that a record tells of; ``work`` is scratch memory, ``sha256.WORK``."""
    return finish(begun, work, write_text(begun, work["text"], event))


@kernel
def identify(begun: Any, work: Any, objects: Any, ids: Any) -> None:
    """The ids of objects of one node, the only one of ``begun``."""
    for at in range(len(objects)):
        ids[at] = identifier(begun[0], work[0], objects[at])


def identifiers(node: Node, key: SeriesKey, objects: NDArray[np.void]) -> NDArray[np.uint64]:
    """The ids of the objects that ``EVENT`` or ``PARENT`` records tell of, as numbers.

    ``format(id, "016x")`` is the text.
    """
    ids = np.empty(len(objects), np.uint64)
    identify(prefixes([node], key), new_work(), objects, ids)
    return ids


def hashed(node: Node, key: SeriesKey, objects: NDArray[np.void]) -> list[bytes]:
    """The texts of which ids are hashes, of ``EVENT`` or ``PARENT`` records."""
    prefix = _prefix(node, key)
    return [prefix + line for line in _lines(objects)]


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
