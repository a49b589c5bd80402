"""Trades as compact columns for a page: whole numbers or floats as bytes, words as numbers."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.research.metrics.values import floats
from ictcli.stats.sequences import Floats

Column = dict[str, Any]

NOTHING = -(2**31)
"""Stands for null among whole numbers."""
_LARGEST = 2**31 - 1
_LOTS = (2, 4)
"""Decimals that are tried for volumes before they are kept as floats."""
_WORDS = ("symbol", "strategy", "setup", "exit_reason")


def trade_columns(trades: pa.Table, digits: Mapping[str, int]) -> Column:
    """What the page's program reads of every trade.

    Args:
        trades: ``engine.trades.TRADES`` rows.
        digits: symbol = decimals of its prices.

    Returns:
        Name = ``type``, ``data`` (base64, little-endian) and, for whole numbers, ``scale``, their decimals;
        words have their ``words`` instead. Instants are seconds UTC; prices have the decimals of their
        symbol, so ``scale`` is None.
    """
    names = trades["symbol"].to_pylist()
    places = np.array([digits.get(name, 5) for name in names], np.int64)
    columns: Column = {name: _words(trades[name]) for name in _WORDS}
    columns["side"] = raw(
        np.array([1 if side == "long" else -1 for side in trades["side"].to_pylist()], "i1")
    )
    for name in ("opened_at", "closed_at"):
        columns[name] = raw((trades[name].cast(pa.int64()).to_numpy() // 1_000_000).astype("<u4"))
    for name in ("entry", "stop", "target", "exit"):
        columns[name] = whole(floats(trades, name) * 10.0**places, None)
    columns["volume"] = _volume(floats(trades, "volume"))
    for name in ("net", "costs"):
        columns[name] = whole(100 * floats(trades, name), 2)
    for name in ("r_multiple", "mae_r", "mfe_r"):
        columns[name] = raw(floats(trades, name).astype("<f4"))
    return columns


def _volume(lots: Floats) -> Column:
    for decimals in _LOTS:
        scaled = lots * 10**decimals
        if np.allclose(scaled, np.rint(scaled), rtol=0, atol=1e-6):
            return whole(scaled, decimals)
    return raw(lots.astype("<f8"))


def whole(values: Floats, scale: int | None) -> Column:
    """Rounded to whole numbers where they fit; null stays null."""
    known = np.isfinite(values)
    rounded = np.rint(np.where(known, values, 0.0))
    if len(rounded) and np.abs(rounded).max() > _LARGEST:
        return raw(values.astype("<f8")) | {"scale": scale}
    return raw(np.where(known, rounded, NOTHING).astype("<i4")) | {"scale": scale}


def raw(values: NDArray[Any]) -> Column:
    """Numbers as they are."""
    return {"type": values.dtype.str.lstrip("<|"), "data": base64.b64encode(values.tobytes()).decode()}


def _words(column: pa.ChunkedArray) -> Column:
    """Words by number; null is the empty word."""
    encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    known: Sequence[str] = encoded.dictionary.to_pylist()
    kind = "u1" if len(known) < 2**8 else "<u2"
    return raw(encoded.indices.to_numpy().astype(kind)) | {"words": known}
