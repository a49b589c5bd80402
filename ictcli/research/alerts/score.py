"""How well alerts announce moves and what acting on them would earn, each number with its interval.

Shares have Wilson intervals over the number of independent observations that the alerts of whole trading
days are worth (``stats.clusters``); results of trades have circular block bootstraps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Int64
from ictcli.research.alerts.chance import Baseline, pooled
from ictcli.research.alerts.trades import AMBIGUOUS, STOP, TARGET, TIME, UNRESOLVED
from ictcli.research.alerts.universe import TALLY, Judgement, Universe
from ictcli.research.metrics.definitions import Definition
from ictcli.research.metrics.values import Metric, Resampling
from ictcli.stats import bootstrap
from ictcli.stats.clusters import bootstrap_share, cluster_counts, effective_n
from ictcli.stats.intervals import FEWEST, percentile_interval, wilson
from ictcli.stats.sequences import Floats, mean, profit_factor

ONE_SIDED = 0.95
"""Confidence of each bound that a gate asks."""

ALERT_METRICS: dict[str, Definition] = {
    "capture": Definition("capture", "share", "wilson", "target moves that an alert announced (recall)"),
    "capture_lift": Definition(
        "lift", "share", "bootstrap", "capture less what the same alerts, shifted in time, capture on average"
    ),
    "early_capture": Definition(
        "early", "share", "wilson", "target moves announced by an alert no later than the bar they start on"
    ),
    "false_alert_share": Definition(
        "false", "share", "wilson", "alerts that announced no move, among all alerts: 1 - precision"
    ),
    "false_alerts_per_day": Definition("false/day", "ratio", "none", "the same per symbol and trading day"),
    "false_positive_rate": Definition(
        "FPR",
        "share",
        "wilson",
        "bars outside moves and the time in which they may be announced that carry an alert",
    ),
    "win_rate": Definition(
        "win rate",
        "share",
        "wilson",
        "trades with a net result above zero among all resolved ones, those ended by time included",
    ),
    "barrier_win_rate": Definition(
        "barrier wins",
        "share",
        "wilson",
        "trades that reached the target first among those that reached a barrier",
    ),
    "expectancy_r": Definition(
        "expectancy", "r", "bootstrap", "mean net result of a trade, in units of its risk from entry to stop"
    ),
    "profit_factor": Definition(
        "profit factor", "ratio", "bootstrap", "sum of net gains over sum of net losses; none without losses"
    ),
    "alerts_per_day": Definition("alerts/day", "ratio", "none", "alerts per symbol and trading day"),
}

_CHANCE = {
    "capture": ("captured", "moves"),
    "early_capture": ("early", "moves"),
    "false_alert_share": ("false", "judged"),
    "win_rate": ("wins", "resolved"),
    "expectancy_r": ("multiples", "resolved"),
}
"""Baseline metrics as quotients of tallied counts."""


def alert_metric_table() -> str:
    """Markdown table of the metrics, as docs/detect-score.md prints it."""
    rows = [f"| `{name}` | {metric.interval} | {metric.meaning} |" for name, metric in ALERT_METRICS.items()]
    return "\n".join(["| metric | interval | meaning |", "|---|---|---|", *rows])


@dataclass(frozen=True, slots=True)
class Scored:
    """One kind of alert on one series: what became of it, and of the baselines.

    Attributes:
        world: the series.
        judgement: of the alerts.
        chance: tallies by baseline.
    """

    world: Universe
    judgement: Judgement
    chance: Mapping[Baseline, Floats]


@dataclass(frozen=True, slots=True)
class Share:
    """A share as counts.

    Attributes:
        hits, n: as counted.
        effective: number of independent observations that n is worth, at most n.
    """

    hits: int
    n: int
    effective: float


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """The score of one kind of alert over one or several series.

    Attributes:
        counts: moves; alerts; those the cooldown dropped, that came too early or late in the data to be
            judged, or have no direction; trades; those left unresolved, ended by time, or ambiguous; days.
        metrics: by name of ``ALERT_METRICS``.
        shares: those of the metrics that are shares, as counts.
        proven: one-sided lower bounds of ``capture_lift`` and ``expectancy_r``; None where there is none.
        lead: bars from an alert to the start of its move (negative: late), quantiles by name.
        chance: per baseline, the mean and the middle of the draws.
    """

    counts: dict[str, int]
    metrics: dict[str, Metric]
    shares: dict[str, Share]
    proven: dict[str, float | None]
    lead: dict[str, float | None]
    chance: dict[Baseline, dict[str, Metric]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Hits among observations, each on its day."""

    hits: NDArray[np.bool_]
    days: Int64


def score(parts: Sequence[Scored], how: Resampling) -> ScoreReport:
    """The score over the alerts of one kind on several series, as if they were one.

    Days of different series are the same cluster: markets share their news.
    """
    seen = {name: _joined([observe(part) for part in parts], name) for name in _OBSERVED}
    shares = {name: _share(one) for name, one in seen.items()}
    results = _results(parts)
    chance = {name: _chance(rows, how) for name, rows in pooled([part.chance for part in parts]).items()}
    counts = _counts(parts)
    metrics = {name: _wilson(share, how.confidence) for name, share in shares.items()}
    lift, proven_lift = _lift(seen["capture"], metrics["capture"], chance, how)
    expectancy, proven_expectancy = _expectancy(results, how)
    days = counts["symbol_days"]
    metrics |= {
        "capture_lift": lift,
        "false_alerts_per_day": _per(shares["false_alert_share"].hits, days),
        "expectancy_r": expectancy,
        "profit_factor": _profit_factor(results, how),
        "alerts_per_day": _per(counts["alerts"] - counts["cooled"], days),
    }
    return ScoreReport(
        counts=counts,
        metrics={name: metrics[name] for name in ALERT_METRICS},
        shares=shares,
        proven={"capture_lift": proven_lift, "expectancy_r": proven_expectancy},
        lead=_lead(parts),
        chance=chance,
    )


_OBSERVED = (
    *("capture", "early_capture", "false_alert_share", "false_positive_rate"),
    *("win_rate", "barrier_win_rate"),
)


def observe(part: Scored) -> dict[str, _Seen]:
    """Every share's observations on one series."""
    world, judgement = part.world, part.judgement
    moves, alerts = world.moves, judgement.alerts
    paired = judgement.alert_of >= 0
    early = paired.copy()
    early[paired] = alerts.bar[judgement.alert_of[paired]] <= moves.start[paired]
    judged, resolved = judgement.judged, judgement.ending != UNRESOLVED
    at_barrier = np.isin(judgement.ending, (TARGET, STOP, AMBIGUOUS))
    alerting = np.zeros(len(world), np.bool_)
    alerting[alerts.bar] = True
    still = ~world.moving
    days = world.day[alerts.bar]
    return {
        "capture": _Seen(paired, world.day[moves.start]),
        "early_capture": _Seen(early, world.day[moves.start]),
        "false_alert_share": _Seen(judgement.move_of[judged] < 0, days[judged]),
        "false_positive_rate": _Seen(alerting[still], world.day[still]),
        "win_rate": _Seen(judgement.multiple[resolved] > 0, days[resolved]),
        "barrier_win_rate": _Seen(judgement.ending[at_barrier] == TARGET, days[at_barrier]),
    }


def _joined(parts: Sequence[Mapping[str, _Seen]], name: str) -> _Seen:
    return _Seen(
        np.concatenate([part[name].hits for part in parts]),
        np.concatenate([part[name].days for part in parts]),
    )


def _share(seen: _Seen) -> Share:
    hits, sizes = cluster_counts(seen.days, seen.hits)
    return Share(int(np.count_nonzero(seen.hits)), len(seen.hits), effective_n(hits, sizes))


def _wilson(share: Share, confidence: float) -> Metric:
    if share.n == 0:
        return Metric(None, None, None, 0)
    value = share.hits / share.n
    interval = wilson(value * share.effective, share.effective, confidence)
    return Metric(value, interval.low, interval.high, share.n)


def _results(parts: Sequence[Scored]) -> Floats:
    """Net results of all resolved trades by the instant of their alerts."""
    resolved = [part.judgement.ending != UNRESOLVED for part in parts]
    multiples = [part.judgement.multiple[own] for part, own in zip(parts, resolved, strict=True)]
    known = [
        part.world.closed[part.judgement.alerts.bar[own]] for part, own in zip(parts, resolved, strict=True)
    ]
    return np.concatenate(multiples)[np.argsort(np.concatenate(known), kind="stable")]


def _expectancy(results: Floats, how: Resampling) -> tuple[Metric, float | None]:
    if not len(results):
        return Metric(None, None, None, 0), None
    if len(results) < FEWEST:
        return Metric(mean(results), None, None, len(results)), None
    draws = bootstrap.bootstrap_mean(results, how.resamples, how.seed)
    interval = how.interval(draws, len(results))
    proven = percentile_interval(draws, 2 * ONE_SIDED - 1).low
    return Metric(mean(results), interval.low, interval.high, len(results)), proven


def _profit_factor(results: Floats, how: Resampling) -> Metric:
    value = profit_factor(results)
    if not np.isfinite(value):
        return Metric(None, None, None, len(results))
    draws = bootstrap.bootstrap_profit_factor(results, how.resamples, how.seed)
    interval = how.interval(draws, len(results))
    return Metric(float(value), interval.low, interval.high, len(results))


def _lift(
    seen: _Seen, capture: Metric, chance: Mapping[Baseline, Mapping[str, Metric]], how: Resampling
) -> tuple[Metric, float | None]:
    expected = chance["shifted"]["capture"].value if "shifted" in chance else None
    if capture.value is None or expected is None:
        return Metric(None, None, None, capture.n), None
    draws = bootstrap_share(*cluster_counts(seen.days, seen.hits), how.resamples, how.seed) - expected
    interval = how.interval(draws, capture.n)
    proven = percentile_interval(draws, 2 * ONE_SIDED - 1).low if capture.n >= FEWEST else None
    return Metric(capture.value - expected, interval.low, interval.high, capture.n), proven


def _chance(rows: Floats, how: Resampling) -> dict[str, Metric]:
    found = {}
    for name, (part, whole) in _CHANCE.items():
        n = rows[:, TALLY.index(whole)]
        values = rows[n > 0, TALLY.index(part)] / n[n > 0]
        interval = percentile_interval(values, how.confidence) if len(values) else None
        found[name] = Metric(
            float(values.mean()) if interval else None,
            interval.low if interval else None,
            interval.high if interval else None,
            len(values),
        )
    return found


def _per(count: int, days: int) -> Metric:
    return Metric(count / days if days else None, None, None, days)


def _counts(parts: Sequence[Scored]) -> dict[str, int]:
    judgements = [part.judgement for part in parts]
    endings = np.concatenate([one.ending for one in judgements])
    directions = np.concatenate([one.alerts.direction for one in judgements])
    dropped = sum(one.dropped for one in judgements)
    unresolved = int(np.count_nonzero((endings == UNRESOLVED) & (directions != 0)))
    return {
        "moves": sum(len(part.world.moves) for part in parts),
        "alerts": len(endings) + dropped,
        "cooled": dropped,
        "unjudged": sum(int(np.count_nonzero(~one.judged)) for one in judgements),
        "undirected": int(np.count_nonzero(directions == 0)),
        "trades": int(np.count_nonzero(endings != UNRESOLVED)),
        "unresolved": unresolved,
        "timed_out": int(np.count_nonzero(endings == TIME)),
        "ambiguous": int(np.count_nonzero(endings == AMBIGUOUS)),
        "symbol_days": sum(len(np.unique(part.world.day)) for part in parts),
    }


def _lead(parts: Sequence[Scored]) -> dict[str, float | None]:
    """Quantiles of the lead of matched alerts, in bars."""
    leads = []
    for part in parts:
        paired = part.judgement.alert_of >= 0
        alert = part.judgement.alerts.bar[part.judgement.alert_of[paired]]
        leads.append(part.world.moves.start[paired] - alert)
    lead = np.concatenate(leads)
    levels = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
    return {
        name: float(np.quantile(lead, level, method="inverted_cdf")) if len(lead) else None
        for name, level in levels.items()
    }
