"""The cross in NautilusTrader: its averages, its bracket of market, stop-market and limit orders."""

import importlib
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.peer_backtest.answer import Asked, Columns, answer

PARTS = {
    "engine": "nautilus_trader.backtest.engine",
    "models": "nautilus_trader.backtest.models",
    "config": "nautilus_trader.config",
    "currencies": "nautilus_trader.model.currencies",
    "data": "nautilus_trader.model.data",
    "enums": "nautilus_trader.model.enums",
    "identifiers": "nautilus_trader.model.identifiers",
    "objects": "nautilus_trader.model.objects",
    "wranglers": "nautilus_trader.persistence.wranglers",
    "providers": "nautilus_trader.test_kit.providers",
    "trading": "nautilus_trader.trading.strategy",
    "indicators": "nautilus_trader.indicators",
    "pandas": "pandas",
}

_NEVER = 2**62

_loaded: list[Any] = []


def load() -> None:
    _loaded.append(SimpleNamespace(**{name: importlib.import_module(path) for name, path in PARTS.items()}))


def strategy(part: Any, instrument: Any, bar_type: Any, bars: Columns, asked: Asked) -> Any:
    """An instance of the strategy; ``found`` collects its trades."""
    units = instrument.make_qty(asked.units)

    def on_start(self: Any) -> None:
        self.found, self.seen, self.above = [], 0, 0
        self.fast = part.indicators.SimpleMovingAverage(asked.fast)
        self.slow = part.indicators.SimpleMovingAverage(asked.slow)
        self.register_indicator_for_bars(bar_type, self.fast)
        self.register_indicator_for_bars(bar_type, self.slow)
        self.subscribe_bars(bar_type)

    def on_bar(self: Any, bar: Any) -> None:
        self.seen += 1
        if self.seen < asked.slow or self.fast.value == self.slow.value:
            return
        before, self.above = self.above, 1 if self.fast.value > self.slow.value else -1
        if before < 0 < self.above:
            enter(part, self, instrument, units, bars, asked)
        elif self.above < 0 < before:
            self.cancel_all_orders(instrument.id)
            self.close_all_positions(instrument.id)

    def on_position_closed(self: Any, event: Any) -> None:
        prices = (event.avg_px_open, event.avg_px_close)
        self.found.append((event.ts_opened, event.ts_closed, *prices, event.realized_pnl.as_double()))

    def on_stop(self: Any) -> None:
        for one in self.cache.positions_open():
            self.found.append((one.ts_opened, _NEVER, one.avg_px_open, np.nan, 0.0))

    methods = {one.__name__: one for one in (on_start, on_bar, on_position_closed, on_stop)}
    return type("Cross", (part.trading.Strategy,), methods)()


def enter(part: Any, cross: Any, instrument: Any, units: Any, bars: Columns, asked: Asked) -> None:
    """Buy at the market, with the levels of the bar that decides."""
    side, at = part.enums.OrderSide.BUY, cross.seen - 1
    if not asked.bracket:
        cross.submit_order(cross.order_factory.market(instrument.id, side, units))
        return
    orders = cross.order_factory.bracket(
        instrument.id,
        side,
        units,
        sl_trigger_price=instrument.make_price(bars["stop"][at]),
        tp_price=instrument.make_price(bars["target"][at]),
    )
    cross.submit_order_list(orders)


def engine(part: Any, instrument: Any, asked: Asked) -> Any:
    """An engine with one venue, without logs and without pre-trade checks."""
    config = part.engine.BacktestEngineConfig(
        logging=part.config.LoggingConfig(bypass_logging=True),
        risk_engine=part.config.RiskEngineConfig(bypass=True),
        run_analysis=False,
    )
    one = part.engine.BacktestEngine(config=config)
    usd = part.currencies.USD
    one.add_venue(
        venue=instrument.id.venue,
        oms_type=part.enums.OmsType.NETTING,
        account_type=part.enums.AccountType.MARGIN,
        base_currency=usd,
        starting_balances=[part.objects.Money(asked.cash, usd)],
        fee_model=part.models.FixedFeeModel(part.objects.Money(asked.fee, usd)),
    )
    one.add_instrument(instrument)
    return one


def trade(bars: Columns, asked: Asked) -> tuple[Columns, float]:
    """One run of the engine; loading bars into it is not counted."""
    part = _loaded[0]
    venue = part.identifiers.Venue("SIM")
    instrument = part.providers.TestInstrumentProvider.default_fx_ccy("EUR/USD", venue)
    bar_type = part.data.BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    frame = part.pandas.DataFrame(
        {name: bars[name] for name in ("open", "high", "low", "close")},
        index=part.pandas.to_datetime(bars["ts_close"], utc=True),
    )
    one = engine(part, instrument, asked)
    one.add_data(part.wranglers.BarDataWrangler(bar_type, instrument).process(frame, 1e9))
    cross = strategy(part, instrument, bar_type, bars, asked)
    one.add_strategy(cross)
    begun = time.perf_counter()
    one.run()
    taken = time.perf_counter() - begun
    columns = list(zip(*cross.found, strict=True)) or [()] * 5
    opened, closed, entry, left, net = (np.array(column) for column in columns)
    one.dispose()
    ends = bars["ts_close"]
    return {
        "opened": np.searchsorted(ends, opened),
        "closed": np.where(closed == _NEVER, -1, np.searchsorted(ends, closed)),
        "entry": entry,
        "exit": left,
        "net": net,
    }, taken


if __name__ == "__main__":
    answer(load, trade)
