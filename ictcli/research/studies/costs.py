"""What is left of a run at other costs: the same decisions, filled again."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from ictcli.config.records import Config
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.research.accounts import Floor
from ictcli.research.choices import Choice
from ictcli.research.metrics.measure import measure_trades, metric_document
from ictcli.research.metrics.values import Resampling, charged, floats
from ictcli.research.playing import Line, Played, settle
from ictcli.stats.paths import break_even_cost_multiplier

MULTIPLIERS = (0.5, 1.0, 2.0)
TOLD = ("trades", "net_profit", "net_expectancy_r", "profit_factor", "win_rate", "total_costs")
_MOST_POINTS, _MOST_SHARE = 1_000_000, 10.0


def cost_cases(
    floor: Floor, choices: Sequence[Choice], config: Config, played: Played, how: Resampling
) -> dict[str, Any]:
    """A run's decisions at half, whole and double costs.

    Spread, commission, fees and slippage are multiplied, swap is not; strategies decide as they did. Fills,
    sizes and refusals follow from the costs, so trades may differ, not only their results.

    Args:
        floor: what was traded.
        choices: strategies.
        config: of the run.
        played: the run.
        how: resampling behind the intervals.
    """
    cases = []
    for multiplier in MULTIPLIERS:
        trades = at_costs(floor, choices, config, played.lines, multiplier).trades
        metrics = metric_document(measure_trades(trades, how))
        cases.append({"multiplier": multiplier, **{name: metrics[name] for name in TOLD}})
    costs = charged(played.trades)
    return {
        "cases": cases,
        "break_even": break_even_cost_multiplier(floats(played.trades, "net") + costs, costs),
    }


def at_costs(
    floor: Floor, choices: Sequence[Choice], config: Config, lines: Sequence[Line], multiplier: float
) -> Played:
    """The same decisions with all costs multiplied."""
    series = tuple(
        replace(one, bars=_bars(one.bars, multiplier), spec=_spec(one.spec, multiplier))
        for one in floor.series
    )
    fine = tuple(None if one is None else _bars(one, multiplier) for one in floor.fine)
    how = config.backtest
    changed = msgspec.structs.replace(
        how,
        slippage_points=min(_MOST_POINTS, round(how.slippage_points * multiplier)),
        slippage_share=min(_MOST_SHARE, how.slippage_share * multiplier),
    )
    own = msgspec.structs.replace(config, backtest=changed)
    return settle(replace(floor, series=series, fine=fine), choices, own, lines)


def _bars(bars: Bars, multiplier: float) -> Bars:
    spread = np.where(bars.spread >= 0, np.rint(bars.spread * multiplier), bars.spread)
    return replace(bars, spread=spread.astype(np.int32))


def _spec(spec: SymbolSpec, multiplier: float) -> SymbolSpec:
    factor = Decimal(str(multiplier))
    return msgspec.structs.replace(
        spec,
        spread=min(_MOST_POINTS, round(spec.spread * multiplier)),
        commission=spec.commission * factor,
        fee=spec.fee * factor,
    )
