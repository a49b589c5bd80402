"""The fixed numbers of one symbol in one simulated market, as the kernels want them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.market.calendars import Calendar, calendar
from ictcli.market.symbols import SymbolSpec
from ictcli.sources.sim.daytime import NEWS_SLOTS, news_by_minute, spread_by_minute, volatility_by_minute
from ictcli.sources.sim.instruments import Instrument, instrument
from ictcli.sources.sim.process import DAY, FACTORS, PARAMS, STATE
from ictcli.sources.sim.randomness import stream_key

_OPEN_MINUTES = {"fx": 365_000, "metal": 350_000, "index": 350_000, "cme": 350_000, "crypto": 525_960}
"""Minutes a year in which each calendar trades, rounded."""
_EXTRA_VARIANCE = 1.15
"""What news and closed hours add to the yearly variance."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One symbol ready to simulate; see ``process.minute_path`` for the arrays."""

    symbol: str
    digits: int
    calendar: Calendar
    params: NDArray[np.void]
    day: NDArray[np.void]
    news: NDArray[np.float64]
    price: float


def setting(spec: SymbolSpec, seed: int, edge: float) -> Setting:
    """The numbers behind ``spec`` in the market with this seed and edge."""
    assumed = instrument(spec)
    tick = float(spec.tick_size)
    return Setting(
        symbol=spec.name,
        digits=spec.digits,
        calendar=calendar(spec.calendar),
        params=_params(spec, assumed, seed, edge),
        day=_day(assumed),
        news=np.asarray(NEWS_SLOTS, np.float64),
        price=assumed.price / tick,
    )


def initial_state(chosen: Setting) -> NDArray[np.void]:
    """The state before the market's first minute: start price, variances at their means."""
    state = np.zeros(1, STATE)
    state["price"] = chosen.price
    state["variance"] = 1.0
    return state


def _params(spec: SymbolSpec, assumed: Instrument, seed: int, edge: float) -> NDArray[np.void]:
    params = np.zeros(1, PARAMS)
    row = params[0]
    streams = [*assumed.factors, *[("", 0.0)] * (FACTORS - 1 - len(assumed.factors))]
    streams.append((f"own/{assumed.root}", assumed.own))
    for k, (name, weight) in enumerate(streams):
        row["weight"][k] = weight
        row["shock_key"][k] = stream_key(seed, f"shock/{name}")
        row["variance_key"][k] = stream_key(seed, f"variance/{name}")
    row["news_key"] = stream_key(seed, "news")
    row["planting_key"] = stream_key(seed, f"planting/{assumed.root}")
    row["quote_key"] = stream_key(seed, f"quote/{spec.name}")
    minutes = _OPEN_MINUTES[spec.calendar] * _EXTRA_VARIANCE
    row["sigma"] = assumed.volatility / math.sqrt(minutes)
    row["tick_points"] = int(spec.tick_size / spec.point)
    row["spread"] = spec.spread
    row["ticks"] = assumed.ticks
    row["news"] = assumed.news
    row["edge"] = edge
    return params


def _day(assumed: Instrument) -> NDArray[np.void]:
    day = np.zeros(1440, DAY)
    day["volatility"] = volatility_by_minute(assumed.rhythm)
    day["spread"] = spread_by_minute()
    day["slot"] = news_by_minute()
    return day
