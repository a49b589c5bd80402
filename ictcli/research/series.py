"""From a symbol's name to the bars a strategy trades: which stored series, and resampled from what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from ictcli.clock import iso
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.calendars import calendar
from ictcli.market.symbols import SymbolBook, SymbolSpec
from ictcli.market.ticks import ticks_as_bars
from ictcli.market.timeframes import TICK, Timeframe
from ictcli.store.selection import Selection, choose, has_bars
from ictcli.store.serving import serve_bars
from ictcli.store.store import Store


@dataclass(frozen=True, slots=True)
class Series:
    """Bars to trade and where they came from.

    Attributes:
        key: source, symbol, and the timeframe of ``bars``.
        stored: the stored series behind them, of the same or a shorter timeframe, or of ticks.
        content: content hash of the stored series.
        spec: the symbol's specification.
        bars: at least one bar.
    """

    key: SeriesKey
    stored: SeriesKey
    content: str
    spec: SymbolSpec
    bars: Bars


def load_series(store: Store, book: SymbolBook, symbol: str, selection: Selection) -> Series:
    """The bars of ``symbol``, resampled from the longest stored timeframe that nests in the wanted one.

    Raises:
        ConfigError: the symbol has no specification.
        DataError: nothing is stored for it, or nothing in the span.
        UsageError: several sources have it and none is preferred.
    """
    spec = book.require(symbol)
    stored = choose(store, symbol if has_bars(store, symbol) else spec.name, selection)
    span = {"start": selection.start, "end": selection.end}
    bars = serve_bars(store, stored, selection.timeframe, calendar(spec.calendar), **span)
    pa.default_memory_pool().release_unused()
    if not len(bars):
        raise DataError(
            f"no {selection.timeframe} bars of {stored}{_span(selection)}",
            hint="Run `ictcli status` to see what is stored.",
        )
    key = SeriesKey(stored.source, stored.symbol, selection.timeframe)
    manifest = store.manifest(stored)
    return Series(key, stored, manifest.content_hash() if manifest else "", spec, bars)


def load_conversion(
    store: Store, book: SymbolBook, names: Sequence[str], selection: Selection
) -> Series | None:
    """A series that converts money: of the first name that some source and timeframe serve.

    The source that trades comes first, then any other; the timeframe that trades comes first, then the
    shortest that is stored. A rate counts from the close of its bar, whatever the bar's length.

    Args:
        store: where series are.
        book: instruments.
        names: symbols of which each would convert.
        selection: what is traded.

    Returns:
        The series, None where nothing stored serves.
    """
    everything = store.keys()
    for name in names:
        keys = [key for key in everything if key.symbol == name]
        if not keys:
            continue
        sources = dict.fromkeys([selection.source, None, *sorted({key.source for key in keys})])
        stored = sorted({key.timeframe for key in keys if key.timeframe != TICK}, key=_length)
        for timeframe in dict.fromkeys([selection.timeframe, *stored]):
            for source in sources:
                wanted = replace(selection, timeframe=timeframe, source=source)
                if (found := _served(store, book, name, wanted)) is not None:
                    return found
    return None


def _length(timeframe: Timeframe) -> int:
    return timeframe.ns


def _served(store: Store, book: SymbolBook, name: str, selection: Selection) -> Series | None:
    """The series, None where this source and timeframe do not serve it."""
    try:
        return load_series(store, book, name, selection)
    except (DataError, UsageError):
        return None


def _span(selection: Selection) -> str:
    since = f" from {iso(selection.start)}" if selection.start is not None else ""
    until = f" to {iso(selection.end)}" if selection.end is not None else ""
    return since + until


def load_finer(store: Store, series: Series, start: int | None, end: int | None) -> tuple[Bars | None, str]:
    """The shortest stored bars, or ticks, of the same source and symbol, and their timeframe.

    None and an empty text where nothing shorter than the bars is stored.

    Args:
        store: where they are.
        series: the bars to resolve.
        start: first instant, nanoseconds UTC; None: from the beginning.
        end: instant before which they end; None: to the end.
    """
    own, stored = series.key, store.keys()
    shorter = [
        key
        for key in stored
        if (key.source, key.symbol) == (own.source, own.symbol) and key.timeframe.ns < own.timeframe.ns
    ]
    if not shorter:
        return None, ""
    finest = min(shorter, key=lambda key: key.timeframe.ns)
    if finest.timeframe == TICK:
        bars = ticks_as_bars([*store.iter_tick_parts(finest, start, end)])
    else:
        bars = store.read(finest, start, end)
    digits = series.bars.digits
    if not len(bars) or bars.digits > digits:
        return None, ""
    return bars.rescaled(digits), finest.timeframe.name
