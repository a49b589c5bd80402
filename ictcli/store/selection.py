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
    """Every symbol with stored bars (of ``source``), sorted.

    Raises:
        DataError: there are none.
    """
    found = {key.symbol for key in _bar_keys(store) if source in (None, key.source)}
    if not found:
        raise DataError(
            f"no bars stored from source {source!r}" if source else "no bars stored yet",
            hint="Run `ictcli fetch EURUSD --source sim`.",
        )
    return tuple(sorted(found))


def choose(store: Store, symbol: str, selection: Selection) -> SeriesKey:
    """The stored series to use for ``symbol``.

    Raises:
        DataError: no stored series can serve.
        UsageError: several sources could and none is preferred.
    """
    wanted = selection.timeframe
    keys = [
        key
        for key in _bar_keys(store)
        if key.symbol == symbol and selection.source in (None, key.source) and _serves(key.timeframe, wanted)
    ]
    if not keys:
        at = f" from source {selection.source!r}" if selection.source else ""
        raise DataError(
            f"no bars of {symbol}{at} that give {wanted}",
            hint=f"Run `ictcli fetch {symbol} --source {selection.source or 'sim'} -t M1`.",
        )
    sources = sorted({key.source for key in keys})
    source = selection.primary.get(symbol, sources[0]) if selection.source is None else selection.source
    if source not in sources or (len(sources) > 1 and symbol not in selection.primary):
        raise UsageError(
            f"{symbol} is stored from {', '.join(sources)}: which one?",
            hint=f'Pass --source {sources[0]}, or set [primary] {symbol} = "{sources[0]}" in the config.',
        )
    return max(
        (key for key in keys if key.source == source), key=lambda key: _preference(key.timeframe, wanted)
    )


def _serves(stored: Timeframe, wanted: Timeframe) -> bool:
    return stored == wanted or (stored.intraday and stored.ns < wanted.ns and wanted.ns % stored.ns == 0)


def _preference(stored: Timeframe, wanted: Timeframe) -> tuple[bool, bool, int]:
    """Exact first; then the longest up to H1: some brokers' longer bars do not nest in a New York day."""
    return stored == wanted, stored.ns <= NS_PER_HOUR, stored.ns


def _bar_keys(store: Store) -> list[SeriesKey]:
    stored = store.keys()
    return [key for key in stored if key.timeframe != TICK]


def has_bars(store: Store, symbol: str) -> bool:
    """Whether bars of exactly this symbol are stored, from any source."""
    return any(key.symbol == symbol for key in _bar_keys(store))
