"""Counter-based randomness: any draw of any stream without the draws before it.

A draw is the splitmix64 finaliser of ``key + counter * golden`` (Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", 2014). Everything is 64-bit integer arithmetic and IEEE multiplication,
so the values are the same on every machine. Callers that run without the compiler wrap their calls in
``numpy.errstate(over="ignore")``: wrap-around is meant.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S27 = np.uint64(27)
_S30 = np.uint64(30)
_S31 = np.uint64(31)
_S16 = np.uint64(16)
_LANE = np.uint64(0xFFFF)
_ROOT3_PER_STEP = 1.7320508075688772 / 32768.0
_UNIT = 1.0 / 65536.0


def stream_key(seed: int, label: str) -> int:
    """The 64-bit key of the stream called ``label`` in the market with this seed."""
    digest = hashlib.blake2b(f"{seed}/{label}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


@kernel
def bits(key: np.uint64, counter: int) -> np.uint64:
    """The 64 random bits of one stream at one counter."""
    word = key + np.uint64(counter) * _GOLDEN
    word = (word ^ (word >> _S30)) * _FIRST
    word = (word ^ (word >> _S27)) * _SECOND
    return word ^ (word >> _S31)


@kernel
def unit(word: np.uint64, lane: int) -> float:
    """A number in (0, 1) from one of the four 16-bit lanes of a word."""
    return (float((word >> (_S16 * np.uint64(lane))) & _LANE) + 0.5) * _UNIT


@kernel
def shocks(word: np.uint64, out: NDArray[np.float64], first: int) -> None:
    """Four uniform shocks of mean 0 and variance 1, one per lane, to ``out[first:first + 4]``."""
    for lane in range(4):
        out[first + lane] = (float(word & _LANE) - 32767.5) * _ROOT3_PER_STEP
        word = word >> _S16
