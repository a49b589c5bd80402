"""What is over and seldom asked for, kept compressed: a list and a dictionary that forget nothing."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from types import GenericAlias
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

BLOCK = 64
"""Values that are compressed together."""
KEPT = 256
"""Values of a dictionary that are kept as they are."""
_MOST = 2**63

K = TypeVar("K", int, str)
V = TypeVar("V")


class PackedList(Generic[V]):
    """A list that only grows; all but the last values are compressed.

    Args:
        kind: type of the values: anything that msgspec encodes, and decodes to the same.
        block: values that are compressed together.

    Attributes:
        blocks: compressed values, oldest first; they never change.
        tail: the values behind them.
    """

    def __init__(self, kind: Any, block: int = BLOCK) -> None:
        self.blocks: list[bytes] = []
        self.tail: list[V] = []
        self._block = block
        self._decoder: msgspec.msgpack.Decoder[list[V]] = msgspec.msgpack.Decoder(GenericAlias(list, (kind,)))
        self._last: tuple[int, list[V]] = (-1, [])

    def __len__(self) -> int:
        return len(self.blocks) * self._block + len(self.tail)

    def __getitem__(self, place: int) -> V:
        number, at = divmod(place, self._block)
        if number < len(self.blocks):
            return self.block(number)[at]
        return self.tail[place - len(self.blocks) * self._block]

    def __iter__(self) -> Iterator[V]:
        return self.since(0)

    def since(self, place: int) -> Iterator[V]:
        """Values from a place on."""
        number = min(place // self._block, len(self.blocks))
        passed = place - number * self._block
        for at in range(number, len(self.blocks)):
            yield from islice(self._unpack(at), passed, None)
            passed = 0
        yield from islice(self.tail, max(0, passed), None)

    def first_of(self, number: int) -> int:
        """Place of the first value of a block."""
        return number * self._block

    def append(self, value: V) -> None:
        """Add a value; whole blocks are compressed when one more is full, so that the last block is not."""
        self.tail.append(value)
        if len(self.tail) >= 2 * self._block:
            self.pack()

    def pack(self) -> None:
        """Compress the oldest block of the tail."""
        content = msgspec.msgpack.encode(self.tail[: self._block])
        self.blocks.append(zlib.compress(content))
        del self.tail[: self._block]

    def block(self, number: int) -> list[V]:
        """The values of a block; those of the last one that was asked for are kept."""
        if self._last[0] != number:
            self._last = number, self._unpack(number)
        return self._last[1]

    def copy(self, place: int) -> V:
        """A value that may be changed."""
        return self.decode(msgspec.msgpack.encode([self[place]]))[0]

    def forget_last(self) -> None:
        """Let go of the block that was asked for last, when the blocks are replaced."""
        self._last = (-1, [])

    def decode(self, values: bytes) -> list[V]:
        """Values from their plain encoding."""
        return self._decoder.decode(values)

    def _unpack(self, number: int) -> list[V]:
        return self.decode(zlib.decompress(self.blocks[number]))


class _Index:
    """Places by hashes of keys, sorted; equal hashes have a place each."""

    def __init__(self) -> None:
        self.hashes: NDArray[np.int64] = np.zeros(0, np.int64)
        self.places: NDArray[np.int32] = np.zeros(0, np.int32)

    def span(self, hashed: int) -> tuple[int, int]:
        """Where places of a hash stand."""
        first = int(np.searchsorted(self.hashes, hashed, "left"))
        after = first
        while after < len(self.hashes) and self.hashes[after] == hashed:
            after += 1
        return first, after

    def add(self, hashes: list[int], first: int) -> None:
        """Take hashes of the places from ``first`` on in."""
        fresh = np.array(hashes, np.int64)
        order = np.argsort(fresh, kind="stable")
        where = np.searchsorted(self.hashes, fresh[order], "right")
        self.hashes = np.insert(self.hashes, where, fresh[order])
        self.places = np.insert(self.places, where, (first + order).astype(np.int32))

    def remove(self, hashed: int, place: int) -> None:
        """Take a place out."""
        first, after = self.span(hashed)
        gone = first + int(np.flatnonzero(self.places[first:after] == place)[0])
        self.hashes = np.delete(self.hashes, gone)
        self.places = np.delete(self.places, gone)


class Packed(Generic[K, V]):
    """A dictionary whose older values are compressed; nothing is ever taken out of it.

    A value that may still change counts as settled once ``settled`` says so; one that is asked for after it
    was compressed is put back among those that are kept as they are, so that changing it is not lost.
    ``items`` and ``values`` give copies of compressed values, which must not be changed.

    Args:
        key, kind: types of keys and values, as for ``PackedList``.
        settled: whether a value is likely to stay as it is; None: values never change.
        kept: values that are kept as they are, and besides those that are not settled.
        block: values that are compressed together.
    """

    def __init__(
        self,
        key: type[K],
        kind: Any,
        settled: Callable[[V], bool] | None = None,
        kept: int = KEPT,
        block: int = BLOCK,
    ) -> None:
        self._hot: dict[K, V] = {}
        self._back: dict[K, int] = {}
        """Keys that are kept as they are and lie compressed, too, with the place."""
        self._rows: PackedList[tuple[K, V]] = PackedList(GenericAlias(tuple, (key, kind)), block)
        self._index = _Index()
        self._settled, self._kept, self._block = settled, kept, block

    def __len__(self) -> int:
        return len(self._hot) + len(self._index.hashes) - len(self._back)

    def __contains__(self, key: object) -> bool:
        return key in self._hot or (isinstance(key, int | str) and self._place(key) >= 0)

    def __getitem__(self, key: K) -> V:
        if key in self._hot:
            return self._hot[key]
        place = self._place(key)
        if place < 0:
            raise KeyError(key)
        if self._settled is None:
            return self._rows[place][1]
        value = self._rows.copy(place)[1]
        self._hot[key], self._back[key] = value, place
        return value

    def get(self, key: K) -> V | None:
        """The value of a key, None where there is none."""
        try:
            return self[key]
        except KeyError:
            return None

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self._hot and (place := self._place(key)) >= 0:
            self._back[key] = place
        self._hot[key] = value

    def setdefault(self, key: K, value: V) -> V:
        """The value of a key, which is the given one where there was none."""
        if key not in self:
            self[key] = value
        return self[key]

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self.items())

    def items(self) -> Iterator[tuple[K, V]]:
        """Keys and values, compressed ones first."""
        current = set(self._index.places.tolist()) - set(self._back.values())
        for place, row in enumerate(self._rows):
            if place in current:
                yield row
        yield from list(self._hot.items())

    def values(self) -> Iterator[V]:
        """Values, compressed ones first."""
        return (value for _, value in self.items())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Packed | dict):
            return NotImplemented
        return len(self) == len(other) and dict(self.items()) == dict(other.items())

    def __hash__(self) -> int:
        raise TypeError("it changes, so it has no hash")

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    @property
    def compressed(self) -> int:
        """Bytes of what lies compressed, and of the index that finds it."""
        return sum(map(len, self._rows.blocks)) + self._index.hashes.nbytes + self._index.places.nbytes

    def tidy(self) -> None:
        """Compress the oldest values that are settled, where there are enough of them for a block."""
        spare = len(self._hot) - self._kept
        if spare < self._block:
            return
        chosen = list(islice(self._hot, spare))
        if self._settled is not None:
            chosen = [key for key in chosen if self._settled(self._hot[key])]
        chosen = [key for key in chosen if not self._lies_there(key)]
        for at in range(0, len(chosen) - self._block + 1, self._block):
            self._pack(chosen[at : at + self._block])

    def save(self) -> bytes:
        """Everything as bytes."""
        hot = msgspec.msgpack.encode(list(self._hot.items()))
        current = set(self._index.places.tolist())
        gone = [place for place in range(len(self._rows)) if place not in current]
        return msgspec.msgpack.encode((self._rows.blocks, hot, gone))

    def load(self, saved: bytes) -> None:
        """Be what was saved.

        Raises:
            msgspec.DecodeError: the bytes are not from ``save``.
        """
        kinds = tuple[list[bytes], bytes, list[int]]
        blocks, hot, gone = msgspec.msgpack.decode(saved, type=kinds)
        self._rows.forget_last()
        self._rows.blocks, self._index, self._back = blocks, _Index(), {}
        for number in range(len(blocks)):
            keys = [key for key, _ in self._rows.block(number)]
            self._index.add([_hash(key) for key in keys], number * self._block)
        for place in gone:
            self._index.remove(_hash(self._rows[place][0]), place)
        self._hot = {}
        for key, value in self._rows.decode(hot):
            self[key] = value

    def _lies_there(self, key: K) -> bool:
        """Let go of a value that lies compressed just as it is."""
        place = self._back.get(key, -1)
        if place < 0 or self._rows[place][1] != self._hot[key]:
            return False
        del self._hot[key], self._back[key]
        return True

    def _pack(self, keys: list[K]) -> None:
        first = len(self._rows)
        for key in keys:
            if key in self._back:
                self._index.remove(_hash(key), self._back.pop(key))
            self._rows.tail.append((key, self._hot.pop(key)))
        self._rows.pack()
        self._index.add([_hash(key) for key in keys], first)

    def _place(self, key: K | int | str) -> int:
        """Where a key lies compressed, -1 for nowhere."""
        first, after = self._index.span(_hash(key))
        for at in range(first, after):
            place = int(self._index.places[at])
            if isinstance(key, int) or self._rows[place][0] == key:
                return place
        return -1


def _hash(key: int | str) -> int:
    """64 bits of a key; of a whole number the number itself, which no other one shares."""
    if isinstance(key, int):
        return (key + _MOST) % (2 * _MOST) - _MOST
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)
