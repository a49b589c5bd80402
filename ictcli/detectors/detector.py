"""What a detector is to the rest of the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import EXTRAS, INITIAL, MSS, RATIOS, SPANS_GAP

Kind = Literal["price", "twice", "points", "instant", "count", "signed", "ratio", "flag", "id"]

COMMON_MARKS = {"spans_gap": SPANS_GAP, "initial": INITIAL, "mss": MSS}


@dataclass(frozen=True, slots=True)
class Feed:
    """A detector whose records of the same bar are given to another one's step.

    Attributes:
        detector: name.
        layer: its layer; None for the listener's own layer.
        optional: whether the listener also works where that detector does not; it is then given no records.
    """

    detector: str
    layer: str | None = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Extra:
    """One output column beyond the common ones.

    Attributes:
        name: of the column; the same name has the same kind in every detector.
        kind: what the number is: ``price`` in points, ``twice`` a price in half points, ``points`` a
            distance, ``instant`` ns UTC (-1 none), ``count`` a plain integer, ``signed`` one that negated
            bars negate, ``ratio`` a float (NaN none),
            ``flag`` one bit of the marks, ``id`` of parent 0 or 1.
        slot: index into ``extra`` (``ratio`` for ratios, ``parent`` for ids); the bit itself for flags.
        none: the number that means "nothing" for prices, points and counts; None when there is always one.
    """

    name: str
    kind: Kind
    slot: int
    none: int | None = None

    def __post_init__(self) -> None:
        most = {"ratio": RATIOS, "id": 2, "flag": 2**31}.get(self.kind, EXTRAS)
        if not 0 <= self.slot < most:
            raise ValueError(f"extra {self.name}: slot {self.slot} is not below {most}")


@dataclass(frozen=True, slots=True)
class Detector:
    """One ICT concept.

    Attributes:
        name: the ``kind`` of its output and what ``detect --kind`` calls it.
        version: raised when its output changes for the same bars; part of every identifier.
        summary: one line for people.
        phase: place of its new objects among the records of one bar (C3): 2 swings, 3 displacement,
            4 structure, 5 zones, 6 sweeps, 7 pools, 8 setups; records of existing objects come before
            all of them.
        params: frozen record of its parameters; every field has a default.
        state: dtype of its state record; the bytes of a state are a checkpoint.
        init_state: ``(params, bar_ns)`` to the state before the first bar.
        step: takes one bar (see the package docstring).
        run: loops over the step (see the package docstring).
        columns: which common output columns it fills (``tables.COMMON``); the others stay null.
        feeds: detectors it listens to, in the order in which its step takes their records.
        ends: names of the records after which nothing more is written for an object; empty for points,
            which end with their confirmation.
        extras: columns of its own.
        labels: text of (direction, label number).
        layers: parameters that its layers change; a detector without layers has the one layer "".
        pair: whether it compares the bars with those of a second symbol.
        uses_atr: whether its own step reads the short average true range; its length is then part of every
            identifier, as it is where a detector that it listens to reads it.
        refuses: ``(params, bar_ns)`` to why it cannot work on bars of this length; empty when it can.
    """

    name: str
    version: int
    summary: str
    phase: int
    params: type[msgspec.Struct]
    state: np.dtype[np.void]
    init_state: Callable[[Any, int], NDArray[np.void]]
    step: Callable[..., int]
    run: Callable[..., tuple[int, int]]
    columns: tuple[str, ...]
    feeds: tuple[Feed, ...] = ()
    ends: tuple[str, ...] = ()
    extras: tuple[Extra, ...] = ()
    labels: Mapping[tuple[int, int], str] = field(default_factory=dict)
    layers: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"": {}})
    pair: bool = False
    uses_atr: bool = True
    refuses: Callable[[Any, int], str] | None = None

    def restore(self, saved: bytes) -> NDArray[np.void]:
        """The state whose ``tobytes()`` is ``saved``, under the one dtype object that calls fast (N2).

        Raises:
            ValueError: the bytes are not a state of this detector.
        """
        if len(saved) != self.state.itemsize:
            raise ValueError(f"not a {self.name} state: {len(saved)} bytes, expected {self.state.itemsize}")
        return np.frombuffer(bytearray(saved), self.state)
