"""Edge or no edge: four questions that must all be answered yes.

1. Is the forecast better than the base rate? p-value of the skill, Benjamini-Hochberg over all series tried.
   The skill of an event is (p - level)·(label - base), the level being what p has been so far: the score of
   the hypothesis that p adds nothing to the share of labels known before. It needs no calibration, and its
   mean is 0 without skill.
2. Would the best of as many trials without skill look as good? Deflated Sharpe ratio (2026) of daily results.
3. Does what is chosen in one half of the days hold in the other? Probability of backtest overfitting, trials
   that are alike being one (``selection``).
4. Does a trade earn after costs? Lower 95 % bound of the mean net return of at least thirty trades.

A single trial was not selected among any: 3 does not apply and 2 is its probabilistic Sharpe ratio against 0.
A question that cannot be answered, for too few days or trades, counts as no.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.trust.blocks import Cells, Resampled, cells_of, resample_mean
from ictcli.learning.trust.selection import needed, stand_of
from ictcli.stats.multiplicity import benjamini_hochberg

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

LEVEL = 0.05
"""The adjusted p-value must be below this."""
FEWEST_TRADES = 30
"""Trades below which their mean is not bounded: three equal gains are no proof."""

EDGE, NO_EDGE = "edge", "no edge"

_FURTHEST = 3.0
_ROUNDING = 1e-12
_FEWEST_IN_FOLD = 20
"""Events per distinct base on average; with fewer, bases are not folds and all events are one."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Out-of-sample events of one series and the trials behind them.

    Attributes:
        day: of each event, as days since 1970 in the calendar that daily results are counted in.
        start: bar of each decision, ascending.
        end: last bar of each label.
        label: 0 or 1.
        probability: of label 1; NaN where the model gave none.
        side: taken, +1 or -1; 0 where it abstained.
        net: return of the trade taken after costs; not looked at where ``side`` is 0.
        base: share of label 1 known before, from the fold the model was trained on; one per event.
        trials: daily results of every trial, days by trials, 0 on days without a trade; also of the chosen
            one. Without columns there was no search.
        trial_count: trials ever logged on this series, at least the columns of ``trials``; 1 if none was.
        attempt: key of the chosen trial in the log; empty if it is not there.
        logged: its daily results as logged, those of the same recipe on other bars among them; None takes
            them from the events.
    """

    day: Int64
    start: Int64
    end: Int64
    label: Int64
    probability: Floats
    side: Int64
    net: Floats
    base: Floats
    trials: Floats
    trial_count: int = 1
    attempt: str = ""
    logged: Floats | None = None


@dataclass(frozen=True, slots=True)
class Bounded:
    """A number with its 95 % interval and the events behind it; the value is None without any."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; None where a number is undefined.

    Attributes:
        verdict: ``EDGE`` or ``NO_EDGE``.
        reasons: one line per question, in order, what was asked of it and what came out.
        p_value: of the skill, one-sided.
        p_adjusted: the same after Benjamini-Hochberg over all series.
        series: number of series it was adjusted for.
        dsr: deflated Sharpe ratio, never above the probabilistic one against 0.
        sharpe: per day, of the trades taken.
        pbo: probability of backtest overfitting; None where there was nothing to choose among, or too few
            days.
        choices: trials that are unlike each other; None where results of logged trials are lost.
        trials: logged.
        effective_trials: what they are worth, given how alike they are.
        expectancy: mean net return per trade.
        accuracy: share of labels on the side of one half that the probability was on.
        base_rate: share of labels that the more frequent label of the training fold would have met.
        gain: accuracy less base rate.
        skill: correlation of p - base with label - base about 0, without interval.
        attempt: key of what was judged in the log of attempts.
    """

    verdict: str
    reasons: tuple[str, ...]
    p_value: float | None
    p_adjusted: float
    series: int
    dsr: float | None
    sharpe: float | None
    pbo: float | None
    choices: int | None
    trials: int
    effective_trials: float
    expectancy: Bounded
    accuracy: Bounded
    base_rate: Bounded
    gain: Bounded
    skill: float | None
    attempt: str = ""


def skill_scores(probability: Floats, label: Int64, base: Floats) -> Floats:
    """(p - level)·(label - base) of each event, in order of time; NaN where there is no probability.

    The level is the mean p of the earlier events of the same fold, a fold being the events with the same
    base. Against the base itself a forecast without any information would score: a calibration learned from
    the other folds draws its level towards one half, and so towards what those folds did not have but this
    one has. Earlier events only, because later forecasts know what came of this one. Distances are cut at
    three times their median, otherwise the few events of a wild week would decide alone.
    """
    apart = np.full(len(probability), math.nan)
    known = ~np.isnan(probability)
    levels = np.unique(base[known])
    folds = [base == level for level in levels] if len(levels) * _FEWEST_IN_FOLD <= len(base) else [known]
    for fold in folds:
        own = np.flatnonzero(fold & known)
        p = probability[own]
        earlier = np.concatenate([p[:1], np.cumsum(p)[:-1] / np.arange(1, len(p))])
        apart[own] = np.where(np.abs(p - earlier) > _ROUNDING, p - earlier, 0.0)
    sizes = np.abs(apart[known])
    furthest = _FURTHEST * float(np.median(sizes)) if len(sizes) else 0.0
    return np.asarray(np.clip(apart, -furthest, furthest) * (label - base), np.float64)


def skill_p_value(evidence: Evidence, seed: int) -> float | None:
    """One-sided p-value of forecasts no better than the base rate; None where there are too few blocks.

    Studentised circular block bootstrap over bars, blocks of at least five times the longest label.
    """
    scores = skill_scores(evidence.probability, evidence.label, evidence.base)
    return resample_mean(scores, cells_of(evidence.start, evidence.end), seed).p_value


def judge(evidence: Evidence, seed: int, other_p_values: Sequence[float | None] = ()) -> Verdict:
    """Answer the four questions.

    Args:
        evidence: of one series.
        seed: of the resampling.
        other_p_values: of the other series of the same run (``skill_p_value``); None counts as 1 and stays
            among the tests.

    Raises:
        DataError: the arrays do not fit together.
    """
    _check(evidence)
    cells = cells_of(evidence.start, evidence.end)
    p_value = skill_p_value(evidence, seed)
    adjusted = benjamini_hochberg([p_value, *other_p_values], LEVEL)
    expectancy = _expectancy(evidence, cells, seed)
    own = daily_returns(evidence) if evidence.logged is None else evidence.logged
    stand = stand_of(own, evidence.trials, evidence.trial_count)
    answers = (
        _skill_answer(p_value, adjusted.adjusted[0], len(adjusted.adjusted)),
        *stand.answers,
        _expectancy_answer(expectancy),
    )
    accuracy, base, gain = _hits(evidence, cells, seed)
    return Verdict(
        verdict=EDGE if all(passed for passed, _ in answers) else NO_EDGE,
        reasons=tuple(reason for _, reason in answers),
        p_value=p_value,
        p_adjusted=adjusted.adjusted[0],
        series=len(adjusted.adjusted),
        dsr=stand.dsr,
        sharpe=stand.sharpe,
        pbo=stand.pbo,
        choices=stand.choices,
        trials=evidence.trial_count,
        effective_trials=stand.effective_trials,
        expectancy=expectancy,
        accuracy=accuracy,
        base_rate=base,
        gain=gain,
        skill=_correlation(evidence),
        attempt=evidence.attempt,
    )


def judge_all(
    series: Mapping[str, Evidence], seed: int, known: Sequence[float | None] = ()
) -> dict[str, Verdict]:
    """Verdicts on several series of one run, each adjusted for all of them.

    Args:
        series: what is judged.
        seed: of the resampling.
        known: p-values of the series of the run that were judged before and are up to date.
    """
    found = {name: skill_p_value(one, seed) for name, one in series.items()}
    return {
        name: judge(one, seed, [*(p for other, p in found.items() if other != name), *known])
        for name, one in series.items()
    }


def daily_returns(evidence: Evidence) -> Floats:
    """Sum of net returns of every day that has an event, in order; 0 on a day without a trade."""
    if not len(evidence.day):
        return np.zeros(0)
    _, which = np.unique(evidence.day, return_inverse=True)
    net = np.where(evidence.side != 0, evidence.net, 0.0)
    return np.bincount(which, weights=net).astype(np.float64)


def _check(evidence: Evidence) -> None:
    sizes = {len(getattr(evidence, name)) for name in ("day", "start", "end", "label", "probability")}
    sizes |= {len(getattr(evidence, name)) for name in ("side", "net", "base")}
    if len(sizes) != 1:
        raise DataError("the evidence has columns of different length", hint="Give one entry per event.")
    if evidence.trials.ndim != 2 or evidence.trial_count < max(1, evidence.trials.shape[1]):
        raise DataError(
            f"{evidence.trial_count} trials are logged for {evidence.trials.shape[-1]} columns of results",
            hint="Give days by trials and count every trial.",
        )


def _expectancy(evidence: Evidence, cells: Cells, seed: int) -> Bounded:
    """Mean net return per trade; without bounds where trades are few."""
    traded = evidence.side != 0
    n = int(traded.sum())
    found = _bounded(resample_mean(np.where(traded, evidence.net, math.nan), cells, seed), n)
    return found if n >= FEWEST_TRADES else Bounded(found.value, None, None, n)


def _bounded(found: Resampled, n: int) -> Bounded:
    value = None if math.isnan(found.mean) else found.mean
    return Bounded(value, found.interval.low, found.interval.high, n)


def _hits(evidence: Evidence, cells: Cells, seed: int) -> tuple[Bounded, Bounded, Bounded]:
    """Accuracy, what the base rate alone would have reached, and the difference."""
    known = ~np.isnan(evidence.probability)
    n = int(known.sum())
    own = np.where(known, _met(evidence.probability, evidence.label), math.nan)
    base = np.where(known, _met(evidence.base, evidence.label), math.nan)
    accuracy, rate, gain = (_bounded(resample_mean(one, cells, seed), n) for one in (own, base, own - base))
    return accuracy, rate, gain


def _met(p: Floats, label: Int64) -> Floats:
    """1 where the label lies on the side of one half that ``p`` does, 0 where not, a half for one half."""
    return np.where(p == 0.5, 0.5, ((p > 0.5) == (label == 1)).astype(np.float64))


def _correlation(evidence: Evidence) -> float | None:
    known = ~np.isnan(evidence.probability)
    apart = (evidence.probability - evidence.base)[known]
    out = (evidence.label - evidence.base)[known]
    scale = math.sqrt(float(apart @ apart) * float(out @ out))
    return float(apart @ out) / scale if scale > 0 else None


def _skill_answer(p_value: float | None, adjusted: float, series: int) -> tuple[bool, str]:
    if p_value is None:
        return False, "skill: too few independent events, or forecasts that never leave the base rate"
    of = f" over {series} series" if series > 1 else ""
    passed = adjusted < LEVEL
    return passed, f"skill: p {adjusted:.4f}{of}, {needed(passed=passed)} below {LEVEL}"


def _expectancy_answer(expectancy: Bounded) -> tuple[bool, str]:
    if expectancy.value is None or expectancy.low is None or expectancy.high is None:
        return False, f"expectancy: {expectancy.n} trades are too few, or too close together, to bound it"
    passed = expectancy.low > 0
    value, low, high = (1e4 * one for one in (expectancy.value, expectancy.low, expectancy.high))
    bounds = f"{low:+.2f} to {high:+.2f}"
    return (
        passed,
        f"expectancy: {value:+.2f} bp a trade, {bounds}, {needed(passed=passed)} above 0",
    )
