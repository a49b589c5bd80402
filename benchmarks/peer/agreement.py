"""Where our detectors and the library must say the same, and whether they do.

Gaps: the library's row is the middle bar, our ``formed_at``; it demands that the middle bar's body points in
the gap's direction, which we tell as ``mid_dir``. Swings: its window of ``length`` is a pivot with
``length - 1`` bars on the left and ``length`` on the right that no bar may exceed, while ours must exceed
every bar on the left: they differ on ties only. It then calls a bar that is both extremes a high, keeps the
most extreme of consecutive swings of one kind, and writes an invented swing into its first and last row.
Before row ``2 * length - 1`` it sees none.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer.harness import peer_outputs
from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.drive import advance, start
from ictcli.detectors.imbalance.bands import MID_DIR_EXTRA
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars

Ints = NDArray[np.int64]
Swing = tuple[int, int, int]
"""Row, +1 for a high and -1 for a low, level in points."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many objects both have, and how many only one has though both must.

    Attributes:
        ties: objects left out because the definitions differ on equal prices.
    """

    both: int
    only_ours: int
    only_theirs: int
    ties: int = 0


def compare_gaps(bars: Bars) -> Agreement:
    """Fair value gaps by row, direction and both edges."""
    theirs = peer_outputs(bars, ("fvg",), 5)
    rows = np.flatnonzero(~np.isnan(theirs["fvg.FVG"]))
    edges = (_points(theirs[f"fvg.{name}"][rows], bars) for name in ("Bottom", "Top"))
    signs = theirs["fvg.FVG"][rows].astype(np.int64)
    found = set(zip(rows.tolist(), signs.tolist(), *(edge.tolist() for edge in edges), strict=True))
    ours = _births("fvg", "", bars)
    ours = ours[ours["extra"][:, MID_DIR_EXTRA] == ours["direction"]]
    own = set(ours[["formed", "direction", "bottom", "top"]].tolist())
    return Agreement(len(own & found), len(own - found), len(found - own))


def compare_swings(bars: Bars, length: int) -> Agreement:
    """Swings between the library's invented first and last, its removals applied to ours and to ties."""
    theirs = peer_outputs(bars, ("swing_highs_lows",), length)
    rows = np.flatnonzero(~np.isnan(theirs["swing_highs_lows.HighLow"]))[1:-1]
    kinds = theirs["swing_highs_lows.HighLow"][rows].astype(np.int64)
    levels = _points(theirs["swing_highs_lows.Level"][rows], bars)
    found = set(zip(rows.tolist(), kinds.tolist(), levels.tolist(), strict=True))
    ours = our_swings(bars, length)
    ties = tied_swings(bars, length)
    highs = {row for row, kind, _ in ours | ties if kind > 0}
    seen = (swing for swing in ours | ties if swing[0] >= 2 * length - 1)
    pool = sorted(swing for swing in seen if swing[1] > 0 or swing[0] not in highs)
    kept = surviving_swings(pool)
    return Agreement(len(kept & found & ours), len(kept - found), len(found - kept), len(kept & found & ties))


def our_swings(bars: Bars, length: int) -> set[Swing]:
    """Our swings of the library's window."""
    params = {"left": length - 1, "right": length}
    records = _births("swing", "internal", bars, params)
    return {(row, -way, level) for row, way, level in records[["formed", "direction", "bottom"]].tolist()}


def tied_swings(bars: Bars, length: int) -> set[Swing]:
    """Bars that no bar of the library's window exceeds but one of the bars on the left equals."""
    found: set[Swing] = set()
    for kind, prices in ((1, bars.high), (-1, -bars.low)):
        windows = np.lib.stride_tricks.sliding_window_view(prices, 2 * length)
        middle = windows[:, length - 1]
        tied = (windows.max(axis=1) == middle) & (windows[:, : length - 1] == middle[:, None]).any(axis=1)
        rows = np.flatnonzero(tied)
        found |= {(int(row) + length - 1, kind, kind * int(middle[row])) for row in rows}
    return found


def surviving_swings(swings: list[Swing]) -> set[Swing]:
    """The most extreme of consecutive swings of one kind, the first of equals; by ascending row."""
    kept: list[Swing] = []
    for swing in swings:
        if not kept or kept[-1][1] != swing[1]:
            kept.append(swing)
        elif swing[1] * swing[2] > kept[-1][1] * kept[-1][2]:
            kept[-1] = swing
    return set(kept)


def _points(prices: NDArray[np.float64], bars: Bars) -> Ints:
    return np.rint(prices.astype(np.float64) * 10.0**bars.digits).astype(np.int64)


def _births(name: str, layer: str, bars: Bars, params: dict[str, int] | None = None) -> NDArray[np.void]:
    settings = Settings(NS_PER_MINUTE, overrides={f"{name}.{layer}" if layer else name: params or {}})
    plan = make_plan([DETECTORS[name]], DETECTORS, settings)
    found = advance(plan, start(plan), bars)
    at = next(at for at, node in enumerate(plan.nodes) if node.detector.name == name and node.layer == layer)
    born: NDArray[np.void] = found[at][found[at]["record"] == CONFIRMED]
    return born
