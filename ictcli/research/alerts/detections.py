"""From stored bars to scores: run detectors, take their confirmations for alerts, judge them.

The alerts of a detector are the confirmations in its event log, by layer; what happens to an object
later is no alert. A fact known on the open of a bar counts as known at that bar's close: nobody fills at
the very price that tells him.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.drive import Records, advance, describe, first_context, require_sound, start
from ictcli.detectors.plan import Plan
from ictcli.market.bars import Bars, SeriesKey
from ictcli.research.alerts.chance import BASELINES, Draws, hour_matched, shifted, shuffled_bars
from ictcli.research.alerts.gate import AlertCheck, AlertGateResult, judge_score, worst
from ictcli.research.alerts.kinds import Alerts, cooled, range_alerts
from ictcli.research.alerts.score import Scored, ScoreReport, score
from ictcli.research.alerts.trades import Costs
from ictcli.research.alerts.universe import Rules, Universe, judge_alerts, tally, universe
from ictcli.research.gates import Verdict
from ictcli.research.metrics.values import Metric, Resampling
from ictcli.stats.sequences import Floats
from ictcli.telemetry import Progress, silent

TRIVIAL = "range (baseline)"
"""Title of the trivial detector: bars of a large range, by their colour."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A series to score.

    Attributes:
        key: whose bars they are.
        bars: closed bars from the start of the data.
        plan: detectors to score.
        costs: of a trade.
        other: bars of the second symbol, for detectors that compare.
        start, end: bounds of the bars to score, nanoseconds UTC, end exclusive; None for all. Detectors
            still see the bars before.
    """

    key: SeriesKey
    bars: Bars
    plan: Plan
    costs: Costs
    other: Bars | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """How to score: the rules, the draws of the baselines, the resampling of the intervals."""

    rules: Rules
    draws: Draws
    how: Resampling


def score_series(subject: Subject, study: Study, progress: Progress = silent) -> dict[str, Scored]:
    """Score every wanted node of a plan, and the trivial detector, on one series.

    Raises:
        DataError: a bar is not sound; the message names the row.
    """
    require_sound(subject.bars)
    world, streams = _observed(subject, subject.bars, study.rules)
    steps = len(streams) + study.draws.shuffles
    shuffles: dict[str, list[Floats]] = {name: [] for name in streams}
    for k in range(study.draws.shuffles):
        progress(f"{subject.key} shuffled", k, steps)
        bars = shuffled_bars(subject.bars, (study.draws.seed, k))
        other_world, other_streams = _observed(subject, bars, study.rules)
        for name, (alerts, _) in other_streams.items():
            shuffles[name].append(tally(other_world, alerts))
    found = {}
    for done, (name, (alerts, dropped)) in enumerate(streams.items(), study.draws.shuffles):
        progress(f"{subject.key} {name}", done, steps)
        tallies = (
            shifted(world, alerts, study.draws),
            hour_matched(world, alerts, study.draws),
            np.array(shuffles[name]),
        )
        chance = dict(zip(BASELINES, tallies, strict=True))
        found[name] = Scored(world, judge_alerts(world, alerts, dropped), chance)
    progress(f"{subject.key}", steps, steps)
    return found


def confirmations(records: Records) -> Alerts:
    """The alerts in one detector's log: every confirmation, at the bar it became known, in log order."""
    births = records[records["record"] == CONFIRMED]
    order = np.argsort(births["at"], kind="stable")
    bar = np.ascontiguousarray(births["at"][order])
    return Alerts(bar, births["direction"][order].astype(np.int64))


def _observed(subject: Subject, bars: Bars, rules: Rules) -> tuple[Universe, dict[str, tuple[Alerts, int]]]:
    """The scored span of bars and, by title, the alerts in it after the cooldown with those it dropped."""
    plan = subject.plan
    described = describe(first_context(plan.settings), bars, subject.other)
    known = np.append(described["atr"][1:], 0.0)[: len(bars)]
    logs = advance(plan, start(plan), bars, subject.other)
    streams = {
        node.title: confirmations(log) for node, log in zip(plan.nodes, logs, strict=True) if node.wanted
    }
    streams[TRIVIAL] = range_alerts(bars, np.ascontiguousarray(described["atr"]), rules.trivial)
    first = 0 if subject.start is None else int(np.searchsorted(bars.ts, subject.start))
    stop = len(bars) if subject.end is None else max(first, int(np.searchsorted(bars.ts, subject.end)))
    own = described[first:stop]
    columns = (np.ascontiguousarray(own["day"]), np.ascontiguousarray(own["minute"]))
    world = universe(bars.slice(first, stop), known[first:stop], *columns, rules, subject.costs)
    return world, {name: _cooled(alerts.within(first, stop), rules) for name, alerts in streams.items()}


def _cooled(alerts: Alerts, rules: Rules) -> tuple[Alerts, int]:
    kept = cooled(alerts, rules.cooldown)
    return kept, len(alerts) - len(kept)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: a kind of alert on one series, or on all of them together.

    Attributes:
        kind: title of the node.
        series: its key; empty for all series together.
        report: the score.
        gate: the verdict; None where none was asked, and for a baseline.
    """

    kind: str
    series: str
    report: ScoreReport
    gate: AlertGateResult | None


@dataclass(frozen=True, slots=True)
class DetectionScore:
    """All scores of one run, and the worst verdict; None where no gate was asked."""

    study: Study
    rows: tuple[Row, ...]
    verdict: Verdict | None


def score_detections(
    subjects: Sequence[Subject],
    study: Study,
    *,
    gate: tuple[str, tuple[AlertCheck, ...]] | None = None,
    progress: Progress = silent,
) -> DetectionScore:
    """Score the plans of all subjects.

    Args:
        subjects: series, each with its own plan.
        study: how.
        gate: name of the gate file and its checks; every kind over all series must pass.
        progress: told what is being worked on.

    Raises:
        DataError: a bar of a series is not sound.
    """
    scored = {str(one.key): score_series(one, study, progress) for one in subjects}
    rows = tuple(_rows(scored, study, gate))
    verdicts = [row.gate.verdict for row in rows if row.gate]
    return DetectionScore(study, rows, worst(verdicts) if gate else None)


def _rows(
    scored: Mapping[str, Mapping[str, Scored]], study: Study, gate: tuple[str, tuple[AlertCheck, ...]] | None
) -> Iterator[Row]:
    """Every kind over all series, each followed by the single series where there are several."""
    kinds = dict.fromkeys(kind for parts in scored.values() for kind in parts if kind != TRIVIAL)
    for kind in (*kinds, TRIVIAL):
        parts = {series: own[kind] for series, own in scored.items() if kind in own}
        report = score(list(parts.values()), study.how)
        judged = judge_score(*gate, report) if gate and kind != TRIVIAL else None
        yield Row(kind, "", report, judged)
        if len(scored) > 1:
            for series, part in parts.items():
                yield Row(kind, series, score([part], study.how), None)


def score_document(result: DetectionScore, gate_file: str | None) -> dict[str, Any]:
    """A result as plain values: rules, draws, one entry per row, and the overall verdict."""
    return {
        "rules": {
            name: getattr(result.study.rules, name) for name in type(result.study.rules).__dataclass_fields__
        },
        "draws": {
            name: getattr(result.study.draws, name) for name in type(result.study.draws).__dataclass_fields__
        },
        "confidence": result.study.how.confidence,
        "scores": [_row_document(row) for row in result.rows],
        "gate": None if result.verdict is None else {"file": gate_file, "verdict": result.verdict},
    }


def _row_document(row: Row) -> dict[str, Any]:
    report = row.report
    return {
        "kind": row.kind,
        "series": row.series or None,
        "baseline": row.kind == TRIVIAL,
        "counts": report.counts,
        "metrics": {name: _metric_document(metric) for name, metric in report.metrics.items()},
        "effective_n": {name: share.effective for name, share in report.shares.items()},
        "lead_bars": report.lead,
        "chance": {
            name: {key: _metric_document(metric) for key, metric in metrics.items()}
            for name, metrics in report.chance.items()
        },
        "gate": msgspec.to_builtins(row.gate) if row.gate else None,
    }


def _metric_document(metric: Metric) -> dict[str, float | int | None]:
    return {"value": metric.value, "low": metric.low, "high": metric.high, "n": metric.n}
