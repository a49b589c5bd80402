"""Made-up forecasts of made-up markets: without any skill, and with a known amount of it."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.trust.calibrating import fit_calibration
from ictcli.learning.trust.verdict import Evidence

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Market = Literal["walk", "garch", "bursts"]
Forecast = Literal["random", "slow", "learned"]

BARS_PER_DAY = 24


def returns_of(market: Market, n: int, generator: np.random.Generator) -> Floats:
    """Returns without direction: independent, with clustered volatility, or calm with violent stretches."""
    if market == "walk":
        return generator.normal(0, 0.01, n)
    if market == "bursts":
        wild = np.repeat(generator.random(n // 50 + 1) < 0.2, 50)[:n]
        return generator.standard_t(4, n) * np.where(wild, 0.03, 0.004)
    shocks = generator.standard_t(5, n) / math.sqrt(5 / 3)
    out, variance = np.empty(n), 1e-4
    for i, shock in enumerate(shocks.tolist()):
        out[i] = math.sqrt(variance) * shock
        variance = 1e-6 + 0.1 * out[i] ** 2 + 0.89 * variance
    return out


def forecast_of(kind: Forecast, past: Floats, label: Int64, horizon: int, seed: int) -> tuple[Floats, float]:
    """Probabilities of the second half of the events and the base rate of the first.

    Either random, random and slow, or a least-squares fit to the past returns of the first half.
    """
    generator = np.random.default_rng([seed, 2])
    half = len(label) // 2
    train = slice(0, half - horizon)
    base = float(label[train].mean())
    if kind == "random":
        return base + 0.03 * generator.normal(size=len(label) - half), base
    if kind == "slow":
        walk = np.cumsum(generator.normal(size=len(label) - half))
        return base + 0.05 * np.sin(walk / 9), base
    design = np.column_stack([np.ones(len(label)), past])
    found = np.linalg.lstsq(design[train], label[train].astype(np.float64), rcond=None)[0]
    return np.clip(design[half:] @ found, 0.01, 0.99), base


def null_evidence(
    market: Market, forecast: Forecast, seed: int, events: int = 3000, horizon: int = 20
) -> Evidence:
    """Evidence without skill: labels of ``horizon`` bars at every bar, tested on the second half."""
    generator = np.random.default_rng([seed, 1])
    price = np.cumsum(returns_of(market, events + horizon + 61, generator))
    start = np.arange(60, 60 + events)
    label = (price[start + horizon] > price[start]).astype(np.int64)
    past = np.column_stack([price[start] - price[start - back] for back in (1, 5, 20, 60)])
    p, base = forecast_of(forecast, past / past.std(axis=0), label, horizon, seed)
    start = start[-len(p) :]
    return evidence(start, start + horizon, label[-len(p) :], p, base, price[start + horizon] - price[start])


def folded_evidence(
    market: Market, seed: int, events: int = 2000, horizon: int = 20, folds: int = 5
) -> Evidence:
    """Evidence without skill from purged folds: fits to past returns, calibrated by the other folds."""
    generator = np.random.default_rng([seed, 11])
    price = np.cumsum(returns_of(market, events + horizon + 61, generator))
    start = np.arange(60, 60 + events)
    end = start + horizon
    label = (price[end] > price[start]).astype(np.int64)
    past = np.column_stack([price[start] - price[start - back] for back in (1, 5, 20, 60)])
    design = np.column_stack([np.ones(events), past / past.std(axis=0)])
    fold = np.arange(events) * folds // events
    raw, p, base = np.empty(events), np.empty(events), np.empty(events)
    others = [(end < start[fold == k].min()) | (start > end[fold == k].max()) for k in range(folds)]
    for k, known in enumerate(others):
        found = np.linalg.lstsq(design[known], label[known].astype(np.float64), rcond=None)[0]
        raw[fold == k] = np.clip(design[fold == k] @ found, 0.02, 0.98)
        base[fold == k] = label[known].mean()
    for k, known in enumerate(others):
        weights = np.full(int(known.sum()), 1 / horizon)
        p[fold == k] = fit_calibration("sigmoid", raw[known], label[known], weights).apply(raw[fold == k])
    return replace(evidence(start, end, label, p, 0.5, price[end] - price[start]), base=base)


def planted_evidence(
    rho: float, seed: int, events: int = 3000, horizon: int = 1, cost: float = 0.0, trials: int = 1
) -> Evidence:
    """Evidence of a forecast that knows the signal: sign of rho·s + sqrt(1 - rho²)·noise (ML.md 4.3).

    The signal of an event is the mean of independent ones of its bars, so that labels overlap as forecasts
    do. The other trials trade on noise.
    """
    generator = np.random.default_rng([seed, 3])
    window = np.ones(horizon) / math.sqrt(horizon)
    signal = np.convolve(generator.normal(size=events + horizon - 1), window, "valid")
    noise = np.convolve(generator.normal(size=events + horizon - 1), window, "valid")
    move = 0.01 * (rho * signal + math.sqrt(1 - rho * rho) * noise)
    reach = rho * signal / math.sqrt(1 - rho * rho)
    p = 0.5 + 0.5 * np.array([math.erf(one / math.sqrt(2)) for one in reach.tolist()])
    start = np.arange(events)
    found = evidence(start, start + horizon, (move > 0).astype(np.int64), p, 0.5, move, cost)
    if trials == 1:
        return found
    daily = np.column_stack(
        [daily_of(found), *(daily_of(evidence(start, start + horizon, found.label,
                                              0.5 + 0.1 * generator.normal(size=events), 0.5, move, cost))
                            for _ in range(trials - 1))]
    )  # fmt: skip
    return with_trials(found, daily)


def evidence(
    start: Int64, end: Int64, label: Int64, p: Floats, base: float, move: Floats, cost: float = 0.0
) -> Evidence:
    """Evidence of trading every event on the side of one half that its probability is on."""
    side = np.where(p >= 0.5, 1, -1)
    return Evidence(
        day=start // BARS_PER_DAY,
        start=start,
        end=end,
        label=label,
        probability=p,
        side=side,
        net=side * move - cost,
        base=np.full(len(p), base),
        trials=np.zeros((0, 0)),
    )


def daily_of(one: Evidence) -> Floats:
    """Daily results of trading the evidence."""
    return np.bincount(one.day - one.day.min(), weights=one.net).astype(np.float64)


def with_trials(one: Evidence, daily: Floats, count: int | None = None) -> Evidence:
    """The evidence with the results of a search behind it."""
    return replace(one, trials=daily, trial_count=daily.shape[1] if count is None else count)
