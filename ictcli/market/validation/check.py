"""The verdict on each row of a block: which rule it breaks first, if any."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Int64
from ictcli.market.validation.grid import off_grid
from ictcli.market.validation.prices import (
    Prices,
    decimal_shift,
    implausible_jump,
    not_finite,
    not_positive,
    ohlc_violation,
)
from ictcli.market.validation.rules import CODES, Float64, Mask
from ictcli.market.validation.stamps import duplicates, mixed_timeframe, sub_second

Verdicts = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a series can look like.

    Attributes:
        bar_ns: length of a bar in nanoseconds.
        digits: decimal digits that prices are stored with.
        error: relative rounding error allowed when judging digits.
        max_jump: how many median ranges a bar may spike away and straight back.
    """

    bar_ns: int
    digits: int
    error: float
    max_jump: float


def check_bars(
    ts: Int64, wall: Int64, prices: Prices, limits: Limits, volume: Float64 | None = None
) -> Verdicts:
    """The rule that each bar breaks, as a number of ``rules.CODES``; 0 for a good bar.

    Args:
        ts: bar opens in UTC, not decreasing; rows of one time in file order.
        wall: the naive stamps of the same rows.
        prices: their prices; nan and inf allowed.
        limits: what to judge against.
        volume: ticks or units traded; nan where unknown.
    """
    verdicts = np.zeros(len(ts), np.int8)
    file_under(verdicts, "sub_second", sub_second(wall))
    file_under(verdicts, "mixed_timeframe", mixed_timeframe(wall, limits.bar_ns))
    _check_values(verdicts, prices.all, limits)
    good = np.flatnonzero(verdicts == 0)
    _file_at(verdicts, good, "ohlc_violation", ohlc_violation(_take(prices, good)))
    good = np.flatnonzero(verdicts == 0)
    same, conflict = duplicates(ts[good], _take(prices, good).all)
    _file_at(verdicts, good, "duplicate_same", same)
    _file_at(verdicts, good, "duplicate_conflict", conflict)
    good = np.flatnonzero(verdicts == 0)
    known = None if volume is None else volume[good]
    _file_at(
        verdicts, good, "implausible_jump", implausible_jump(_take(prices, good), limits.max_jump, known)
    )
    return verdicts


def check_ticks(bid: Float64, ask: Float64, limits: Limits) -> Verdicts:
    """The rule that each tick breaks; 0 for a good tick. Crossed quotes are not a verdict."""
    verdicts = np.zeros(len(bid), np.int8)
    _check_values(verdicts, (bid, ask), limits)
    return verdicts


def file_under(verdicts: Verdicts, rule: str, broken: Mask) -> None:
    """File the rows of ``broken`` that have no verdict yet under ``rule``."""
    if broken.any():
        verdicts[broken & (verdicts == 0)] = CODES[rule]


def _check_values(verdicts: Verdicts, columns: tuple[Float64, ...], limits: Limits) -> None:
    file_under(verdicts, "nan_or_inf", not_finite(columns))
    file_under(verdicts, "not_positive", not_positive(columns))
    good = np.flatnonzero(verdicts == 0)
    _file_at(verdicts, good, "decimal_shift", decimal_shift(_pick(columns, good)))
    good = np.flatnonzero(verdicts == 0)
    _file_at(verdicts, good, "off_grid", off_grid(_pick(columns, good), limits.digits, limits.error))


def _file_at(verdicts: Verdicts, rows: Int64, rule: str, broken: Mask) -> None:
    if broken.any():
        verdicts[rows[broken]] = CODES[rule]


def _pick(columns: tuple[Float64, ...], rows: Int64) -> tuple[Float64, ...]:
    if len(rows) == len(columns[0]):
        return columns
    return tuple(column[rows] for column in columns)


def _take(prices: Prices, rows: Int64) -> Prices:
    return Prices(*_pick(prices.all, rows))
