"""SHA-256 of many texts at once: the same operation on one word of each, which processors do together.

The texts are those of ``sha256``: what they begin with was taken in before.
"""

from typing import Any

import numpy as np

from ictcli.detectors.sha256 import BLOCK_BYTES, LONGEST, MASK, ROUNDS, pad
from ictcli.kernels import hot_kernel, kernel

LANES = 32
"""Texts hashed together."""

LANES_WORK = np.dtype(
    [
        ("digest", np.uint32, (8, LANES)),
        ("words", np.uint32, (64, LANES)),
        ("a", np.uint32, (68, LANES)),  # the variables a, b, c and d of round t are rows t + 3 to t
        ("e", np.uint32, (68, LANES)),  # e, f, g and h likewise
        ("blocks", np.int64, LANES),  # of each text
        ("text", np.uint8, (LANES, LONGEST)),
    ]
)
"""Scratch memory; every number is below 2**32 before it is stored."""


@hot_kernel
def widen(word: Any) -> Any:
    """A word as a number that can be shifted and added without loss."""
    return np.int64(word)


@hot_kernel
def expand_word(word: Any, early: Any, late: Any, first: Any, middle: Any) -> None:
    """One word of the message schedule of all lanes."""
    for lane in range(LANES):
        one, two = widen(early[lane]), widen(late[lane])
        low = ((one >> 7) | (one << 25)) ^ ((one >> 18) | (one << 14)) ^ (one >> 3)
        high = ((two >> 17) | (two << 15)) ^ ((two >> 19) | (two << 13)) ^ (two >> 10)
        word[lane] = (widen(first[lane]) + low + widen(middle[lane]) + high) & MASK


@hot_kernel
def turn(
    fixed: int,
    word: Any,
    d: Any,
    c: Any,
    b: Any,
    a: Any,
    new_a: Any,
    h: Any,
    g: Any,
    f: Any,
    e: Any,
    new_e: Any,
) -> None:
    """One round of all lanes."""
    for lane in range(LANES):
        one, two, three = widen(e[lane]), widen(f[lane]), widen(g[lane])
        turned = ((one >> 6) | (one << 26)) ^ ((one >> 11) | (one << 21)) ^ ((one >> 25) | (one << 7))
        told = widen(h[lane]) + turned + ((one & two) ^ (~one & three)) + fixed + widen(word[lane])
        new_e[lane] = (widen(d[lane]) + told) & MASK
        one, two, three = widen(a[lane]), widen(b[lane]), widen(c[lane])
        turned = ((one >> 2) | (one << 30)) ^ ((one >> 13) | (one << 19)) ^ ((one >> 22) | (one << 10))
        new_a[lane] = (told + turned + ((one & two) ^ (one & three) ^ (two & three))) & MASK


@kernel
def load(work: Any, block: int) -> None:
    """The words of a block of all texts."""
    text, words = work["text"], work["words"]
    for lane in range(LANES):
        for at in range(16):
            place = block * BLOCK_BYTES + 4 * at
            high = (int(text[lane, place]) << 24) | (int(text[lane, place + 1]) << 16)
            words[at, lane] = high | (int(text[lane, place + 2]) << 8) | int(text[lane, place + 3])
    for at in range(16, 64):
        expand_word(words[at], words[at - 15], words[at - 2], words[at - 16], words[at - 7])


@kernel
def take_blocks(work: Any, block: int) -> None:
    """Take a block of all texts that have so many."""
    load(work, block)
    words, a, e, digest = work["words"], work["a"], work["e"], work["digest"]
    for row in range(4):
        for lane in range(LANES):
            a[3 - row, lane] = digest[row, lane]
            e[3 - row, lane] = digest[4 + row, lane]
    for at in range(64):
        turn(
            *(ROUNDS[at], words[at], a[at], a[at + 1], a[at + 2], a[at + 3], a[at + 4]),
            *(e[at], e[at + 1], e[at + 2], e[at + 3], e[at + 4]),
        )
    for lane in range(LANES):
        if block < work["blocks"][lane]:
            for row in range(4):
                digest[row, lane] = (widen(digest[row, lane]) + widen(a[67 - row, lane])) & MASK
                digest[4 + row, lane] = (widen(digest[4 + row, lane]) + widen(e[67 - row, lane])) & MASK


@kernel
def set_lane(work: Any, lane: int, begun: Any, end: int) -> None:
    """Say that the text of a lane, which was resumed in ``work["text"]``, ends at ``end``."""
    for row in range(8):
        work["digest"][row, lane] = begun["digest"][row]
    work["blocks"][lane] = pad(begun, work["text"][lane], end)


@kernel
def finish_lanes(work: Any) -> None:
    """Hash the texts of all lanes."""
    most = 0
    for lane in range(LANES):
        most = max(most, work["blocks"][lane])
    for block in range(most):
        take_blocks(work, block)


@kernel
def lane_bits(work: Any, lane: int) -> int:
    """The first 64 bits of the hash of a lane."""
    return (int(widen(work["digest"][0, lane])) << 32) | int(widen(work["digest"][1, lane]))
