"""SHA-256 (FIPS 180-4) of short texts that begin alike, compiled.

Ids are hashes of texts whose first part is the same for all objects of a detector. That part is taken in
once; what is left of each text then takes one or two blocks, in a loop without Python.
"""

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel

BLOCK_BYTES = 64
_LENGTH_BYTES = 8
MASK = 0xFFFFFFFF
LONGEST = 3 * BLOCK_BYTES
"""Bytes of a text that can follow its first part, padding included."""

WORK = np.dtype(
    [
        ("digest", np.int64, 8),
        ("words", np.int64, 64),
        ("text", np.uint8, LONGEST),
    ]
)
"""What one computation needs; numbers of 32 bits are kept in 64, where sums of them cannot overflow."""

BEGUN = np.dtype(
    [
        ("digest", np.int64, 8),  # of all whole blocks
        ("size", np.int64),  # bytes so far
        ("left", np.int64),  # bytes after the last whole block
        ("text", np.uint8, BLOCK_BYTES),  # these bytes
    ]
)
"""A text that is not at its end."""


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _cube_root(number: int) -> int:
    low, high = 0, 1 << 40
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


ROUNDS = np.array([_cube_root(prime << 96) & MASK for prime in _primes(64)], np.int64)
"""First 32 bits of the fractional parts of the cube roots of the first 64 primes."""

_START = np.array([isqrt(prime << 64) & MASK for prime in _primes(8)], np.int64)
"""The same of the square roots of the first eight."""


@kernel
def expand(words: Any, text: Any, first: int) -> None:
    """The 64 words of the block of ``text`` that begins at ``first``."""
    for at in range(16):
        place = first + 4 * at
        high = (int(text[place]) << 24) | (int(text[place + 1]) << 16)
        words[at] = high | (int(text[place + 2]) << 8) | int(text[place + 3])
    for at in range(16, 64):
        early, late = words[at - 15], words[at - 2]
        low = ((early >> 7) | (early << 25)) ^ ((early >> 18) | (early << 14)) ^ (early >> 3)
        high = ((late >> 17) | (late << 15)) ^ ((late >> 19) | (late << 13)) ^ (late >> 10)
        words[at] = (words[at - 16] + low + words[at - 7] + high) & MASK


@kernel
def take_block(digest: Any, words: Any, text: Any, first: int) -> None:
    """Take the block of ``text`` that begins at ``first`` into ``digest``."""
    expand(words, text, first)
    a, b, c, d = digest[0], digest[1], digest[2], digest[3]
    e, f, g, h = digest[4], digest[5], digest[6], digest[7]
    for at in range(64):
        turned = ((e >> 6) | (e << 26)) ^ ((e >> 11) | (e << 21)) ^ ((e >> 25) | (e << 7))
        one = h + turned + ((e & f) ^ (~e & g)) + ROUNDS[at] + words[at]
        turned = ((a >> 2) | (a << 30)) ^ ((a >> 13) | (a << 19)) ^ ((a >> 22) | (a << 10))
        two = turned + ((a & b) ^ (a & c) ^ (b & c))
        h, g, f, e = g, f, e, (d + one) & MASK
        d, c, b, a = c, b, a, (one + two) & MASK
    digest[0] = (digest[0] + a) & MASK
    digest[1] = (digest[1] + b) & MASK
    digest[2] = (digest[2] + c) & MASK
    digest[3] = (digest[3] + d) & MASK
    digest[4] = (digest[4] + e) & MASK
    digest[5] = (digest[5] + f) & MASK
    digest[6] = (digest[6] + g) & MASK
    digest[7] = (digest[7] + h) & MASK


@kernel
def begin(begun_texts: Any, place: int, works: Any, text: Any) -> None:
    """Take the first part of a text, an array of bytes, into one of ``begun_texts``, ``BEGUN`` records."""
    begun = begun_texts[place]
    work = works[0]
    for at in range(8):
        begun["digest"][at] = _START[at]
    whole = len(text) // BLOCK_BYTES * BLOCK_BYTES
    for first in range(0, whole, BLOCK_BYTES):
        take_block(begun["digest"], work["words"], text, first)
    begun["size"] = len(text)
    begun["left"] = len(text) - whole
    for at in range(len(text) - whole):
        begun["text"][at] = text[whole + at]


@kernel
def resume(begun: Any, text: Any) -> int:
    """Write what a text's next block begins with; where its next byte belongs in ``text``."""
    left = begun["left"]
    for at in range(left):
        text[at] = begun["text"][at]
    return int(left)


@kernel
def pad(begun: Any, text: Any, end: int) -> int:
    """Fill up the last block of a text that was resumed and ends at ``end``; how many blocks there are."""
    blocks = (end + 1 + _LENGTH_BYTES + BLOCK_BYTES - 1) // BLOCK_BYTES
    last = blocks * BLOCK_BYTES
    text[end] = 0x80
    for at in range(end + 1, last - _LENGTH_BYTES):
        text[at] = 0
    bits = 8 * (begun["size"] - begun["left"] + end)
    for at in range(_LENGTH_BYTES):
        text[last - 1 - at] = (bits >> (8 * at)) & 255
    return int(blocks)


@kernel
def finish(begun: Any, work: Any, end: int) -> int:
    """The first 64 bits of the hash of a text that was resumed and ends at ``end`` of ``work["text"]``."""
    text, digest = work["text"], work["digest"]
    for at in range(8):
        digest[at] = begun["digest"][at]
    for block in range(pad(begun, text, end)):
        take_block(digest, work["words"], text, block * BLOCK_BYTES)
    return (int(digest[0]) << 32) | int(digest[1])


@kernel
def write_number(text: Any, at: int, number: int) -> int:
    """Write a number in decimal digits from ``at`` on; where they end."""
    if number < 0:
        text[at] = 45
        at += 1
        number = -number
    digits = 1
    least = 10
    while number >= least and digits < 19:
        digits += 1
        least *= 10
    for place in range(digits):
        text[at + digits - 1 - place] = 48 + number % 10
        number //= 10
    return at + digits


def begin_texts(texts: list[bytes]) -> NDArray[np.void]:
    """``BEGUN`` of texts, none empty."""
    begun = np.zeros(len(texts), BEGUN)
    work = new_work()
    for at, text in enumerate(texts):
        begin(begun, at, work, np.frombuffer(text, np.uint8))
    return begun


def new_work() -> NDArray[np.void]:
    """Scratch memory, an array of one record."""
    return np.zeros(1, WORK)
