"""What a live session trades: series and conversions as its broker shows them."""

from ictcli.brokers.broker import Broker
from ictcli.brokers.reports import Instrument
from ictcli.clock import NS_PER_DAY
from ictcli.errors import ConfigError, DataError, SourceUnavailable
from ictcli.market.bars import SeriesKey
from ictcli.market.news import read_news
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import Timeframe
from ictcli.research.accounts import Floor, missing_conversions
from ictcli.research.backtest import Workshop
from ictcli.research.series import Series
from ictcli.trading.assembly import assemble
from ictcli.trading.permission import refuse_netted_timeframes
from ictcli.trading.request import Outside, TradeRequest
from ictcli.trading.serving import serving_streams
from ictcli.trading.session_floor import SessionFloor, choices_of, identity_of, marks_of

_OPEN_SHARE = 5 / 7 * 0.9
"""Least share of all time that a market which keeps a week is open, holidays counted."""
_EXTRA = 5 * NS_PER_DAY


def lay_live_floor(
    request: TradeRequest, shop: Workshop, outside: Outside, broker: Broker, now: int, since: int | None
) -> SessionFloor:
    """Series with the bars that strategies are warmed up with, and the account.

    Args:
        request: what to trade; ``broker`` names the source of its series.
        shop: symbols, configuration, stored bars behind a model.
        outside: told as bars are read.
        broker: connected.
        now: ns UTC.
        since: instant from which the account's rolls count; None for a new account.

    Raises:
        ConfigError: a symbol's contract is not the one that is configured, or a conversion is missing.
        DataError: the broker has no bars of a symbol.
        UsageError: several timeframes on an account that nets.
    """
    series = []
    refuse_netted_timeframes(request, broker.account().mode)
    asked = [(symbol, timeframe) for timeframe in request.timeframes for symbol in request.symbols]
    for done, (symbol, timeframe) in enumerate(asked):
        outside.progress(f"{symbol} {timeframe}", done, len(asked))
        series.append(_series(request, shop, broker, shop.book.require(symbol), timeframe, now))
    converting = [
        _conversion(request, shop, broker, names, now) for names in missing_conversions(series, shop.config)
    ]
    risk = shop.config.risk
    news = read_news(shop.folder / risk.news) if risk.news else ()
    together = (*series, *converting)
    floor = Floor(together, len(series), (None,) * len(together), news)
    choices = choices_of(request, shop.config)
    models = serving_streams(
        request.model, choices, floor.series[0], shop.store, shop.config, now, outside.tell
    )
    assembled = assemble(floor, choices, shop.config, models, since, keeps=False)
    timeframes = tuple(one.key.timeframe.name for one in floor.series)
    marks = marks_of(choices, models)
    identity = identity_of(floor, timeframes, choices, shop, request)
    return SessionFloor(floor, choices, assembled, timeframes, marks, identity)


def _series(
    request: TradeRequest, shop: Workshop, broker: Broker, spec: SymbolSpec, timeframe: Timeframe, now: int
) -> Series:
    require_contract(spec, broker.instrument(spec.name))
    bars_wanted = max(shop.config.trade.warm_up, 1)
    start = now - int(bars_wanted * timeframe.ns / _OPEN_SHARE) - _EXTRA
    bars = broker.bars(spec.name, timeframe, start, now)
    bars = bars.slice(max(0, len(bars) - bars_wanted), len(bars))
    if not len(bars):
        raise DataError(
            f"the broker has no {timeframe} bars of {spec.name}",
            hint="Open its chart in the terminal once, so that it loads the history.",
        )
    key = SeriesKey(request.broker, spec.name, timeframe)
    return Series(key, key, "", with_digits(spec, bars.digits), bars)


def with_digits(spec: SymbolSpec, digits: int) -> SymbolSpec:
    """The specification, which must count prices no finer than the broker's bars.

    Raises:
        ConfigError: it does.
    """
    if spec.digits > digits:
        raise ConfigError(
            f"{spec.name} has {spec.digits} digits here and {digits} at the broker",
            hint="Correct digits in config/symbols.toml.",
        )
    return spec


def require_contract(spec: SymbolSpec, there: Instrument) -> None:
    """Refuse a contract that is not the broker's: every amount of money would be wrong.

    Raises:
        ConfigError: names the difference.
    """
    pairs = (
        ("contract_size", spec.contract_size, there.contract_size),
        ("volume_step", spec.volume_step, there.volume_step),
        ("volume_min", spec.volume_min, there.volume_min),
        ("tick_size", spec.tick_size, there.tick_size),
    )
    for name, ours, theirs in pairs:
        if ours != theirs:
            raise ConfigError(
                f"{spec.name}: {name} is {ours} here and {theirs} at the broker",
                hint=f"Set {name} of {spec.name} in config/symbols.toml.",
            )


def _conversion(
    request: TradeRequest, shop: Workshop, broker: Broker, names: tuple[str, ...], now: int
) -> Series:
    for name in names:
        spec = shop.book.resolve(name)
        if spec is None:
            continue
        try:
            return _series(request, shop, broker, spec, request.timeframes[0], now)
        except (DataError, SourceUnavailable, ConfigError):
            continue
    raise ConfigError(
        f"profit in another currency than {shop.config.account.currency} needs bars of "
        f"{' or '.join(names)}, which the broker does not give",
        hint="Map the currency in account.same_as, or trade another symbol.",
    )
