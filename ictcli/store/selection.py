"""Which stored series serves a wanted symbol and timeframe."""

from collections.abc import Mapping
from dataclasses import dataclass

from ictcli.clock import NS_PER_HOUR
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TICK, Timeframe
from ictcli.store.store import Store


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the stored data to take.

    Attributes:
        timeframe: of the bars to trade.
        source: source name; None takes each symbol's primary or only source.
        start, end: nanoseconds UTC, end exclusive; None for everything.
        primary: symbol = source to prefer.
    """

    timeframe: Timeframe
    source: str | None
    start: int | None
    end: int | None
    primary: Mapping[str, str]


def stored_symbols(store: Store, source: str | None) -> tuple[str, ...]:
    """Every symbol with stored bars or ticks (of ``source``), sorted.

    Raises:
        DataError: there are none.
    """
    stored = store.keys()
    found = {key.symbol for key in stored if source in (None, key.source)}
    if not found:
        raise DataError(
            f"no bars stored from source {source!r}" if source else "no bars stored yet",
            hint="Bring some in with `ictcli fetch`; `ictcli fetch --help` starts with examples.",
        )
    return tuple(sorted(found))


def choose(store: Store, symbol: str, selection: Selection) -> SeriesKey:
    """The stored series to use for ``symbol``: bars, or ticks where the source has no bars that serve.

    Raises:
        DataError: no stored series can serve, or none of the primary source.
        UsageError: several sources could and none is preferred.
    """
    wanted = selection.timeframe
    everything = store.keys()
    keys = [key for key in everything if key.symbol == symbol and _serves(key.timeframe, wanted)]
    stored = sorted({key.source for key in keys})
    with_bars = sorted({key.source for key in keys if key.timeframe != TICK})
    preferred = selection.source or selection.primary.get(symbol)
    if not keys or (selection.source and selection.source not in stored):
        raise _nothing_serves(symbol, selection)
    if preferred and preferred not in stored:
        raise DataError(
            f"primary source {preferred!r} of {symbol} has no bars; stored: {', '.join(stored)}",
            hint=f"Fetch it, pass --source {stored[0]}, or change [primary] {symbol} in the config.",
        )
    sources = [preferred] if preferred else with_bars or stored
    if len(sources) > 1:
        raise UsageError(
            f"{symbol} is stored from {', '.join(sources)}: which one?",
            hint=f'Pass --source {sources[0]}, or set [primary] {symbol} = "{sources[0]}" in the config.',
        )
    own = [key for key in keys if key.source == sources[0]]
    return max(own, key=lambda key: _preference(key.timeframe, wanted))


def _nothing_serves(symbol: str, selection: Selection) -> DataError:
    at = f" from source {selection.source!r}" if selection.source else ""
    return DataError(
        f"no bars of {symbol}{at} that give {selection.timeframe}",
        hint=f"Bring them in with `ictcli fetch {symbol}`; `ictcli fetch --help` starts with examples.",
    )


def _serves(stored: Timeframe, wanted: Timeframe) -> bool:
    if stored == TICK:
        return True
    return stored == wanted or (stored.intraday and stored.ns < wanted.ns and wanted.ns % stored.ns == 0)


def _preference(stored: Timeframe, wanted: Timeframe) -> tuple[bool, bool, int]:
    """Exact first; then the longest up to H1: some brokers' longer bars do not nest in a New York day.

    Ticks, whose length is 0, come last.
    """
    return stored == wanted, TICK.ns < stored.ns <= NS_PER_HOUR, stored.ns


def has_bars(store: Store, symbol: str) -> bool:
    """Whether bars or ticks of exactly this symbol are stored, from any source."""
    stored = store.keys()
    return any(key.symbol == symbol for key in stored)
