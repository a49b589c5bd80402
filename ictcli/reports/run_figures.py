"""Charts of a run as plain plotly figures: the account through time, and how its trades are distributed."""

from typing import Any

import numpy as np

from ictcli.market.bars import Int64
from ictcli.reports.page_chart import Figure, PageChart
from ictcli.reports.run_curve import Curve, needles, thinned
from ictcli.reports.run_story import RunStory
from ictcli.research.metrics.values import floats
from ictcli.stats.sequences import Floats

MOST_POINTS = 1_500
"""Points of a scatter; of more trades, some are drawn."""
_BINS = 60
_WIDTHS = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
_TAILS = (0.5, 99.5)
"""Percentiles beyond which R goes into the bins at the ends."""


def account_charts(story: RunStory) -> list[PageChart]:
    """Equity and drawdown; none for a run without a mark."""
    if len(story.curve) < 2:
        return []
    shown = thinned(story.curve)
    note = ""
    if len(shown) < shown.marks:
        note = (
            f" {len(shown):,} of {shown.marks:,} marks are drawn: of every stretch of time the first,"
            " the last and the extremes."
        )
    return [_equity(story, shown, note), _drawdown(story, shown)]


def _equity(story: RunStory, curve: Curve, note: str) -> PageChart:
    days, unit = _moments(curve.ts), f" {story.currency}"
    money = story.currency or "money"
    lines = [_line("balance", days, curve.balance, {"color": "@one", "width": 1.8}, unit)]
    told = f"Balance in {money}: all that was booked. What open trades stood at is not known.{note}"
    if curve.open_known:
        told = f"Balance in {money}: all that was booked. No trade was open at a mark.{note}"
    if curve.open_known and (curve.equity != curve.balance).any():
        lines.append(_open_equity(curve, unit))
        told = (
            f"Balance in {money}: all that was booked; as dots its worth with open trades, which is known"
            f" where a trading day ends, at its lowest close and where a trade closes.{note}"
        )
    layout = {"xaxis": _span(curve), "yaxis": {"tickformat": ",~r"}}
    title = "Equity" if curve.open_known else "Balance"
    return PageChart("equity", title, told, lines, layout, height=320, wide=True)


def _open_equity(curve: Curve, unit: str) -> Figure:
    """Equity at the marks at which something was open, and nothing between them."""
    held = np.flatnonzero(curve.equity != curve.balance)
    return {
        "type": "scatter", "mode": "markers", "name": "equity", "x": _moments(curve.ts[held]),
        "y": curve.equity[held].round(4).tolist(), "marker": {"color": "@two", "size": 4},
        "hovertemplate": f"%{{x|%Y-%m-%d %H:%M}} UTC: %{{y:,.2f}}{unit}",
    }  # fmt: skip


def _drawdown(story: RunStory, curve: Curve) -> PageChart:
    deepest = 100 * float(story.curve.drawdown.max())
    traces = [
        _line("balance", _moments(curve.ts), -100 * curve.fall, {"color": "@bad", "width": 1}, " %")
        | {"fill": "tozeroy", "fillcolor": "@bad/0.2"}
    ]
    told = "Fall of the balance from its highest so far, as a share of it"
    at, held, depth = needles(curve)
    if curve.open_known and len(at):
        traces.append(_needles(_moments(at), -100 * held, -100 * depth))
        told += ". A needle adds open losses where they were worst, at that moment alone"
    known = "" if curve.open_known else ", open losses not known"
    return PageChart(
        "drawdown",
        "Drawdown",
        f"{told}{known}. The deepest is {deepest:.2f} %.",
        traces,
        {"xaxis": _span(curve), "yaxis": {"ticksuffix": " %", "rangemode": "tozero"}},
        height=200,
        wide=True,
    )


def _needles(at: list[int], held: Floats, depth: Floats) -> Figure:
    """A line from the fall of the balance to each depth, at its own moment and nowhere else."""
    ends = zip(held.round(4).tolist(), depth.round(4).tolist(), strict=True)
    return {
        "type": "scatter", "mode": "lines", "name": "open losses included",
        "x": [one for moment in at for one in (moment, moment, None)],
        "y": [one for above, below in ends for one in (above, below, None)],
        "line": {"color": "@two", "width": 1.2},
        "hovertemplate": "%{x|%Y-%m-%d %H:%M} UTC: %{y:,.2f} %",
    }  # fmt: skip


def _span(curve: Curve) -> Figure:
    """The axis of time, alike in both charts."""
    first, last = _moments(curve.ts[[0, -1]])
    return {"type": "date", "range": [first, max(last, first + 1)]}


def _moments(ts: Int64) -> list[int]:
    """Milliseconds UTC, as plotly counts dates."""
    moments: list[int] = (ts // 1_000_000).tolist()
    return moments


def _line(name: str, x: list[int], y: Floats, line: Figure, unit: str) -> Figure:
    """What held from each mark to the next."""
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y.round(4).tolist(),
        "line": {**line, "shape": "hv"}, "hovertemplate": f"%{{x|%Y-%m-%d %H:%M}} UTC: %{{y:,.2f}}{unit}",
    }  # fmt: skip


def trade_charts(story: RunStory) -> list[PageChart]:
    """How results, excursions and costs are distributed, as far as the trades tell."""
    charts = [_results(story), _excursions(story), _costs(story)]
    return [one for one in charts if one is not None]


def _results(story: RunStory) -> PageChart | None:
    """Histogram of R with its mean and the interval of that."""
    every = floats(story.trades, "r_multiple")
    known = every[np.isfinite(every)]
    if not len(known):
        return None
    edges = bins(known)
    counts, _ = np.histogram(np.clip(known, edges[0], edges[-1]), edges)
    middle = ((edges[:-1] + edges[1:]) / 2).round(4)
    bars = {
        "type": "bar", "name": "trades", "x": middle.tolist(), "y": counts.tolist(),
        "width": float(edges[1] - edges[0]),
        "marker": {"color": np.where(middle < 0, "@bad/0.75", "@good/0.75").tolist(), "line": {"width": 0}},
        "hovertemplate": "%{x:.2f} R: %{y:,} trades",
    }  # fmt: skip
    lost = len(every) - len(known)
    return PageChart(
        "results",
        "R distribution",
        "Net result of a trade in units of its risk from entry to stop; dotted: the mean, shaded: its"
        f" {100 * story.confidence:g} % interval.{_ends(known, edges)}{_without(lost, 'without a stop')}",
        [bars],
        {
            "xaxis": {"ticksuffix": " R"},
            "yaxis": {"title": {"text": "trades", "standoff": 8}},
            "bargap": 0.02,
            "shapes": _mean_marks(story),
        },
        wide=True,
    )


def bins(values: Floats) -> Floats:
    """Edges of bins of a round width that hold nearly all values."""
    low, high = (float(one) for one in np.percentile(values, _TAILS))
    if high - low < _WIDTHS[0]:
        low, high = low - 1.0, high + 1.0
    width = next((one for one in _WIDTHS if (high - low) / one <= _BINS), (high - low) / _BINS)
    first, last = np.floor(low / width), np.ceil(high / width)
    edges: Floats = np.arange(first, max(last, first + 1) + 1) * width
    return edges


def _ends(values: Floats, edges: Floats) -> str:
    """What the first and last bin hold besides."""
    beyond = int(np.count_nonzero((values < edges[0]) | (values > edges[-1])))
    if not beyond:
        return ""
    reach = f"down to {values.min():.1f} R and up to {values.max():.1f} R"
    return f" The outer bars hold {beyond:,} more that lie beyond, {reach}."


def _mean_marks(story: RunStory) -> list[Figure]:
    mean = story.metrics["net_expectancy_r"]
    marks: list[Figure] = []
    if mean["low"] is not None and mean["high"] is not None:
        band = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0}}
        marks.append(band | {"x0": mean["low"], "x1": mean["high"], "fillcolor": "@ink/0.14"})
    if mean["value"] is not None:
        line = {"color": "@ink", "width": 1.5, "dash": "dot"}
        marks.append({
            "type": "line", "yref": "paper", "y0": 0, "y1": 1,
            "x0": mean["value"], "x1": mean["value"], "line": line,
        })  # fmt: skip
    return marks


def _without(count: int, why: str) -> str:
    return f" Left out: {count:,} trades {why}." if count else ""


def _excursions(story: RunStory) -> PageChart | None:
    """MAE against MFE, winners and losers apart."""
    adverse, favourable = floats(story.trades, "mae_r"), floats(story.trades, "mfe_r")
    known = np.flatnonzero(np.isfinite(adverse) & np.isfinite(favourable))
    if not len(known):
        return None
    drawn = _spread_out(known, adverse, favourable)
    net = floats(story.trades, "net")
    looks = (("gains", net > 0, "@good", "circle"), ("losses", net <= 0, "@bad", "x"))
    traces: list[Figure] = []
    for name, chosen, colour, symbol in looks:
        own = drawn[chosen[drawn]]
        traces.append({
            "type": "scatter", "mode": "markers", "name": name,
            "x": adverse[own].round(3).tolist(), "y": favourable[own].round(3).tolist(),
            "customdata": (own + 1).tolist(),
            "marker": {"color": f"{colour}/0.55", "symbol": symbol, "size": 5},
            "hovertemplate": "trade %{customdata}: MAE %{x:.2f} R, MFE %{y:.2f} R",
        })  # fmt: skip
    thinned_out = (
        f" {len(drawn):,} of {len(known):,} trades are drawn, the extremes among them."
        if len(drawn) < len(known)
        else ""
    )
    return PageChart(
        "excursions",
        "MAE and MFE",
        "Worst and best open result of each trade on its way (maximum adverse and favourable excursion), in"
        f" units of its risk.{thinned_out}",
        [one for one in traces if one["x"]],
        {
            "xaxis": {"title": {"text": "MAE", "standoff": 6}, "ticksuffix": " R", "rangemode": "tozero"},
            "yaxis": {"title": {"text": "MFE", "standoff": 8}, "ticksuffix": " R", "rangemode": "tozero"},
            "hovermode": "closest",
        },
    )


def _spread_out(known: np.ndarray[Any, np.dtype[np.int64]], *values: Floats) -> Any:
    """Rows evenly over time, and those with the greatest values."""
    if len(known) <= MOST_POINTS:
        return known
    most = [known[np.argsort(one[known], kind="stable")[-50:]] for one in values]
    even = known[np.linspace(0, len(known) - 1, MOST_POINTS - 100).astype(np.int64)]
    return np.unique(np.concatenate([even, *most]))


COST_KINDS = ("spread", "slippage", "commission", "fees", "swap")


def costs_by_kind(story: RunStory) -> dict[str, float] | None:
    """What the trades paid, by kind; None where the journal does not tell.

    Spread and slippage are kept as one amount a trade; it is shared by the points of each.
    """
    trades = story.trades
    charged = {name: float(np.nansum(floats(trades, name))) for name in ("commission", "fees")}
    swap = -float(np.nansum(floats(trades, "swap")))
    total = floats(trades, "costs")
    if np.isnan(total).any():
        return {**charged, "swap": swap} if len(trades) else None
    market = total - floats(trades, "commission") - floats(trades, "fees")
    spread, slippage = floats(trades, "spread_points"), floats(trades, "slippage_points")
    points = spread + slippage
    share = np.divide(spread, points, out=np.ones_like(spread), where=points > 0)
    return {
        "spread": float((market * share).sum()),
        "slippage": float((market * (1 - share)).sum()),
        **charged,
        "swap": swap,
    }


def _costs(story: RunStory) -> PageChart | None:
    found = costs_by_kind(story)
    if found is None or not len(story.trades):
        return None
    names = [name for name in reversed(COST_KINDS) if name in found]
    values = [round(found[name], 2) + 0.0 for name in names]
    bars = {
        "type": "bar", "orientation": "h", "name": "paid", "x": values, "y": names,
        "marker": {"color": ["@bad/0.75" if value > 0 else "@good/0.75" for value in values]},
        "text": [f"{value:,.2f}" for value in values], "textposition": "outside", "cliponaxis": False,
        "hovertemplate": f"%{{y}}: %{{x:,.2f}} {story.currency}",
    }  # fmt: skip
    known = "spread" in found
    return PageChart(
        "costs",
        "Costs by kind",
        f"Paid over all trades, in {story.currency or 'money'}; below zero: earned."
        + (
            " Spread and slippage are part of the prices of fills."
            if known
            else " What spread and slippage cost is part of the prices and not kept by a journal."
        ),
        [bars],
        {
            "xaxis": {"tickformat": ",~s"},
            "yaxis": {"type": "category", "gridcolor": "@paper"},
            "margin": {"r": 84},
        },
    )
