"""What else a run's trades could have led to: other draws of them, another order, other costs."""

from typing import Any

import numpy as np

from ictcli.errors import DataError
from ictcli.research.metrics.values import Sample, charged, floats
from ictcli.stats.paths import (
    Growth,
    Paths,
    Share,
    block_bootstrap_paths,
    shuffled_paths,
    varied_cost_paths,
)

RUIN_SHARE = 0.5
"""An account that has lost this share of its opening balance counts as ruined."""
DRAWDOWNS = (0.05, 0.1, 0.2)
QUANTILES = (0.05, 0.5, 0.95)
LEAST_TRADES = 2


def monte_carlo(sample: Sample, paths: int, seed: int, confidence: float) -> dict[str, Any]:
    """Final balance, drawdown and ruin over simulated paths of a run's trades.

    ``bootstrap`` draws trades with replacement in blocks of neighbours; ``order`` shuffles them; ``costs``
    keeps them and multiplies each one's costs by a random factor from a half to two. Where sizes follow the
    balance, results are fractions of it, except for ``costs``, which adds money.

    Args:
        sample: of the run.
        paths: simulated paths of each kind.
        seed: of the draws.
        confidence: of the intervals.

    Raises:
        DataError: fewer than two trades.
    """
    net, costs = floats(sample.trades, "net"), charged(sample.trades)
    if len(net) < LEAST_TRADES:
        raise DataError(
            f"no other paths of {len(net)} trades", hint="Leave out --monte-carlo, or take a longer span."
        )
    opening, level = sample.opening, RUIN_SHARE * sample.opening
    growth: Growth = "added"
    results = net
    if sample.compound:
        before = opening + np.cumsum(net) - net
        growth, results = "compounded", net / np.where(before > 0, before, np.inf)
    kinds = {
        "bootstrap": block_bootstrap_paths(results, opening, paths, seed, growth=growth, ruin_level=level),
        "order": shuffled_paths(results, opening, paths, seed, growth=growth, ruin_level=level),
        "costs": varied_cost_paths(
            net + costs, np.maximum(costs, 0.0), opening, paths, seed, ruin_level=level
        ),
    }
    return {
        "paths": paths,
        "trades": len(net),
        "opening": f"{opening:.2f}",
        "ruin_below": f"{level:.2f}",
        "growth": growth,
        "kinds": {name: _described(one, opening, confidence) for name, one in kinds.items()},
    }


def _described(paths: Paths, opening: float, confidence: float) -> dict[str, Any]:
    low, middle, high = np.quantile(paths.final, QUANTILES).tolist()
    drawdowns = np.quantile(paths.max_drawdown, QUANTILES).tolist()
    return {
        "final": {"p5": f"{low:.2f}", "p50": f"{middle:.2f}", "p95": f"{high:.2f}"},
        "max_drawdown": dict(zip(("p5", "p50", "p95"), drawdowns, strict=True)),
        "losing_streak_p95": int(np.quantile(paths.losing_streak, 0.95, method="higher")),
        "loss": _share(paths.final_below(opening, confidence)),
        "ruin": _share(paths.ruin(confidence)),
        "drawdown_beyond": [
            {"limit": limit, **_share(paths.drawdown_beyond(limit, confidence))} for limit in DRAWDOWNS
        ],
    }


def _share(share: Share) -> dict[str, float | None]:
    return {"value": share.value, "low": share.interval.low, "high": share.interval.high}
