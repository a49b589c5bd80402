"""Simulated symbols, as many as are wanted, each with minutes of its own."""

import msgspec

from ictcli.clock import NS_PER_MINUTE, parse_instant
from ictcli.config.records import Config
from ictcli.market.bars import Bars, SeriesKey, concat
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample
from ictcli.market.symbols import SymbolBook, SymbolSpec
from ictcli.market.timeframes import TIMEFRAMES, Timeframe
from ictcli.research.accounts import Floor
from ictcli.research.series import Series
from ictcli.sources.sim.market import SimMarket

PATTERN = "EURUSD"
"""Whose contract, spread and hours every simulated symbol has."""
BEGIN = parse_instant("2024-01-08T00:00:00Z", now=0)
"""A Monday of a week without holidays."""
_MINUTE = TIMEFRAMES["M1"]
_OPEN_SHARE = 5 / 7 * 0.9
"""Least share of all time that the market is open."""


def symbols_of(count: int, book: SymbolBook) -> list[SymbolSpec]:
    """So many symbols with the contract of ``PATTERN``, no two of one name.

    Raises:
        ConfigError: there is no such contract.
    """
    pattern = book.require(PATTERN)
    return [
        msgspec.structs.replace(
            pattern, name=f"S{number:03d}{pattern.quote}", base=f"S{number:03d}", aliases=()
        )
        for number in range(count)
    ]


def floor_of(
    specs: list[SymbolSpec], timeframes: tuple[Timeframe, ...], bars: int, seed: int, begin: int = BEGIN
) -> Floor:
    """What trades: every symbol on every timeframe, the shortest first, with its own prices.

    Args:
        specs: the symbols.
        timeframes: of the bars, the shortest first.
        bars: how many of the shortest timeframe each symbol has.
        seed: same seed, same prices.
        begin: first instant, ns UTC.
    """
    market = SimMarket(
        SymbolBook({one.name: one for one in specs}, ()), tuple(one.name for one in specs), seed, 0.0, begin
    )
    shortest = [_first(market, one, timeframes[0], bars) for one in specs]
    series = []
    for timeframe in timeframes:
        for spec, own in zip(specs, shortest, strict=True):
            shown = own if timeframe == timeframes[0] else resample(own, timeframe, calendar(spec.calendar))
            key = SeriesKey("sim", spec.name, timeframe)
            series.append(Series(key, key, "", spec, shown))
    return Floor(tuple(series), len(series), (None,) * len(series))


def _first(market: SimMarket, spec: SymbolSpec, timeframe: Timeframe, bars: int) -> Bars:
    span = max(int(bars * timeframe.ns / _OPEN_SHARE), NS_PER_MINUTE) + 3 * 24 * 60 * NS_PER_MINUTE
    found = concat(list(market.bars(spec.name, timeframe, market.start, market.start + span)))
    return found.slice(0, bars)


def in_its_currency(config: Config, spec: SymbolSpec) -> Config:
    """The configuration with an account in which a symbol's profits arise: nothing need be converted."""
    account = msgspec.structs.replace(config.account, currency=spec.quote)
    return msgspec.structs.replace(config, account=account)
