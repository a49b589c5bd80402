"""The bars that a ledger recorded, as series; and whether the trader learned from others besides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ictcli.clock import iso
from ictcli.errors import DataError
from ictcli.ledger.bodies import BarTaken, Checkpoint
from ictcli.ledger.log import Entry
from ictcli.market.bars import Bars, make_bars

_FIELDS = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Taken:
    """A recorded bar and the number of its event."""

    seq: int
    bar: BarTaken


def taken(entries: Iterable[Entry], after: int, until: int) -> list[Taken]:
    """Bars behind an event, up to those that closed at an instant.

    Args:
        entries: of the ledger.
        after: number of the event.
        until: ns UTC.
    """
    return [
        Taken(entry.seq, entry.body)
        for entry in entries
        if entry.seq > after and isinstance(entry.body, BarTaken) and entry.body.ts_close <= until
    ]


def require_all(entries: Iterable[Entry], after: int, at: int, until: int) -> None:
    """Refuse a stretch in which the trader learned from bars that its ledger does not hold.

    A checkpoint names the last bar that its trader had taken: where that is no recorded one, the trader was
    set up anew and warmed up on bars from elsewhere.

    Args:
        entries: of the ledger.
        after: number of the event that the stretch begins behind.
        at: close of the last bar taken by then, ns UTC.
        until: its end, ns UTC.

    Raises:
        DataError: names the instant.
    """
    last = at
    for entry in entries:
        body = entry.body
        if entry.seq <= after:
            continue
        if isinstance(body, BarTaken):
            if body.ts_close > until:
                return
            last = max(last, body.ts_close)
        elif isinstance(body, Checkpoint) and body.at != last:
            raise DataError(
                f"the trader was set up anew after {iso(last)}: it learned bars up to {iso(body.at)} that "
                "are not in its ledger",
                hint=f"Compare what came later: --since {iso(body.at)}",
            )


def series_of(bars: Sequence[Taken], names: Sequence[tuple[str, str]]) -> list[Bars]:
    """Recorded bars of each symbol and timeframe.

    Args:
        bars: in the order in which they were taken.
        names: symbols with their timeframes.

    Raises:
        DataError: there is none of one of them.
    """
    found: dict[tuple[str, str], list[BarTaken]] = {name: [] for name in names}
    for one in bars:
        found.get((one.bar.symbol, one.bar.timeframe), []).append(one.bar)
    missing = next((name for name, own in found.items() if not own), None)
    if missing is not None:
        raise DataError(
            f"the ledger holds no {missing[1]} bars of {missing[0]} in this period",
            hint="Choose a longer one: --since.",
        )
    return [_joined(found[name]) for name in names]


def _joined(bars: Sequence[BarTaken]) -> Bars:
    def column(name: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        return np.array([getattr(one, name) for one in bars], np.int64)

    first, high, low, last = (column(name) for name in _FIELDS)
    return make_bars(
        bars[0].digits, column("ts"), column("ts_close"), (first, high, low, last),
        tick_volume=column("tick_volume"), spread=column("spread").astype(np.int32),
    )  # fmt: skip
