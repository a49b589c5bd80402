"""The names of the validation rules and what each one means; docs/fetch.md shows the same table."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Float64 = NDArray[np.float64]

Effect = Literal["quarantined", "reported"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: stable name, stored with every quarantined row.
        effect: whether a row that breaks it is kept out of the store, or only counted.
        meaning: one line.
    """

    name: str
    effect: Effect
    meaning: str


RULES: tuple[Rule, ...] = (
    Rule("unparseable_time", "quarantined", "the time stamp is not a time"),
    Rule("unparseable_number", "quarantined", "a price is not a number"),
    Rule("wrong_columns", "quarantined", "the row has too few or too many columns"),
    Rule("other_symbol", "quarantined", "the row belongs to another symbol than the file"),
    Rule("sub_second", "quarantined", "a bar's stamp carries a fraction of a second"),
    Rule("mixed_timeframe", "quarantined", "one of a run of longer bars inside the file, such as D1 in M30"),
    Rule("nan_or_inf", "quarantined", "a price is missing or infinite"),
    Rule("not_positive", "quarantined", "a price is zero or negative"),
    Rule("decimal_shift", "quarantined", "a price is 10, 100, 1000… times its neighbours: 1.055 as 1055.0"),
    Rule("off_grid", "quarantined", "a price has more decimals than the instrument can have"),
    Rule("ohlc_violation", "quarantined", "the high is not the highest or the low not the lowest price"),
    Rule("duplicate_same", "quarantined", "the row repeats an earlier row of the same time; the first stays"),
    Rule("duplicate_conflict", "quarantined", "rows of the same time disagree about the prices; none stays"),
    Rule("implausible_jump", "quarantined", "the bar spikes away and straight back; its neighbours rest"),
    Rule("out_of_order", "reported", "the row is older than the row above it; it is kept and sorted in"),
    Rule(
        "crossed_spread",
        "reported",
        "the ask is below the bid, in bars at their open; the row is kept, its spread is unknown",
    ),
    Rule(
        "nonexistent_time",
        "reported",
        "the clock skips this time when it is set forward; it is read as an hour later",
    ),
)
"""In order of precedence: a row is filed under the first rule that it breaks."""

CODES: dict[str, int] = {rule.name: number for number, rule in enumerate(RULES, start=1)}
"""Number of each rule in verdict arrays; 0 is a good row."""


def names_of(codes: NDArray[np.int8]) -> dict[str, int]:
    """How many rows broke each rule, by name, in order of precedence."""
    counts = np.bincount(codes, minlength=len(RULES) + 1)
    return {rule.name: int(counts[CODES[rule.name]]) for rule in RULES if counts[CODES[rule.name]]}
