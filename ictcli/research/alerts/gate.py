"""The gate of alerts: conditions on shares, decided by one-sided 95 % bounds.

A share proves a condition when the bound that speaks against it still meets the limit, and refutes it
when the bound that speaks for it misses it; between the two more data is needed, and the verdict says
about how much.
"""

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ictcli.errors import ConfigError
from ictcli.research.alerts.score import ONE_SIDED, ScoreReport, Share
from ictcli.research.gates import Verdict, convert_row, read_checks
from ictcli.stats.intervals import FEWEST, normal_quantile, wilson

ShareName = Literal[
    "capture", "early_capture", "false_alert_share", "false_positive_rate", "win_rate", "barrier_win_rate"
]
ProvenName = Literal["capture_lift", "expectancy_r"]

LEAST_N = FEWEST
"""With fewer observations no check passes: the bounds of 5 hits of 5 look better than they are."""
_TOLERANCE = 1e-12


class AlertCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition on a share.

    Attributes:
        metric: a share of ``research.alert_score.ALERT_METRICS``.
        op: ``>=`` for at least, ``<=`` for at most.
        value: the limit.
        min_n: with fewer observations, counted as what they are worth, the check does not pass.
        above_zero: a metric whose own one-sided lower bound must be above zero, too.
    """

    metric: ShareName
    op: Literal[">=", "<="]
    value: Annotated[float, Meta(gt=0, lt=1)]
    min_n: Annotated[int, Meta(ge=LEAST_N, le=1_000_000_000)] = LEAST_N
    above_zero: ProvenName | None = None

    @property
    def condition(self) -> str:
        """The check as a line of text."""
        also = f" and {self.above_zero} > 0" if self.above_zero else ""
        return f"{self.metric} {self.op} {self.value:g}{also}"


class AlertCheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    Attributes:
        condition: the check in words.
        metric: the share.
        found: its value; None without observations.
        low: its one-sided 95 % lower bound.
        high: its one-sided 95 % upper bound.
        n: observations.
        effective_n: what they are worth.
        needed_n: about how many observations would decide, if the share stayed as it is; None where it is
            decided, or where no number would do.
        verdict: of this check.
        reason: in words.
    """

    condition: str
    metric: str
    found: float | None
    low: float | None
    high: float | None
    n: int
    effective_n: float
    needed_n: int | None
    verdict: Verdict
    reason: str


class AlertGateResult(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict over all checks for one kind of alert."""

    file: str
    verdict: Verdict
    checks: tuple[AlertCheckResult, ...]


def load_alert_gate(path: Path) -> tuple[AlertCheck, ...]:
    """The ``[[alerts]]`` checks of a gate file.

    Raises:
        ConfigError: the file is absent, not TOML, or a key, metric or value in it does not fit.
    """
    rows = read_checks(path, "alerts")
    return tuple(_check(row, f"{path}: alerts[{i}]") for i, row in enumerate(rows))


def _check(row: Any, where: str) -> AlertCheck:
    check = convert_row(row, AlertCheck, where)
    if not math.isfinite(check.value):
        raise ConfigError(f"{where}: value must be a finite number")
    return check


def judge_score(file: str, checks: tuple[AlertCheck, ...], report: ScoreReport) -> AlertGateResult:
    """The verdict on one report: FAIL if any check fails, else INCONCLUSIVE if any is, else PASS."""
    results = tuple(_judge_one(check, report) for check in checks)
    return AlertGateResult(file=file, verdict=worst([one.verdict for one in results]), checks=results)


def worst(verdicts: list[Verdict]) -> Verdict:
    """FAIL before INCONCLUSIVE before PASS; INCONCLUSIVE where nothing was judged."""
    if not verdicts:
        return Verdict.INCONCLUSIVE
    order = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)
    return next(verdict for verdict in order if verdict in verdicts)


def decide(check: AlertCheck, share: Share) -> tuple[Verdict, str]:
    """The verdict on a share alone, and the reason in words."""
    if share.n == 0:
        return Verdict.INCONCLUSIVE, "no observations"
    low, high = bounds(share)
    at_least = check.op == ">="
    refuted = high < check.value - _TOLERANCE if at_least else low > check.value + _TOLERANCE
    proven = low >= check.value - _TOLERANCE if at_least else high <= check.value + _TOLERANCE
    if refuted:
        return Verdict.FAIL, "refuted: the whole interval misses the limit"
    if not proven:
        return Verdict.INCONCLUSIVE, "interval includes the limit"
    if share.effective < check.min_n:
        return Verdict.INCONCLUSIVE, f"worth only {share.effective:.0f} of {check.min_n} observations"
    return Verdict.PASS, "met"


def bounds(share: Share) -> tuple[float, float]:
    """One-sided 95 % bounds of a share with observations, each alone of that confidence."""
    hits = share.hits / share.n * share.effective
    interval = wilson(hits, share.effective, ONE_SIDED, two_sided=False)
    return interval.low or 0.0, 1.0 if interval.high is None else interval.high


def needed(check: AlertCheck, share: Share) -> int | None:
    """About how many observations decide, if the share and its clustering stay as they are.

    The bound meets the limit exactly when (share - limit)² n = z² limit (1 - limit).
    """
    if share.n == 0 or share.hits / share.n == check.value:
        return None
    z = normal_quantile(ONE_SIDED, two_sided=False)
    distance = share.hits / share.n - check.value
    independent = z * z * check.value * (1 - check.value) / distance**2
    return math.ceil(max(independent, check.min_n) * share.n / share.effective - 1e-9)


def _judge_one(check: AlertCheck, report: ScoreReport) -> AlertCheckResult:
    share = report.shares[check.metric]
    verdict, reason = decide(check, share)
    undecided = verdict is Verdict.INCONCLUSIVE
    if verdict is Verdict.PASS and check.above_zero:
        proven = report.proven[check.above_zero]
        if proven is None or proven <= 0:
            verdict, reason = Verdict.INCONCLUSIVE, f"{check.above_zero} is not shown to be above zero"
    low, high = bounds(share) if share.n else (None, None)
    return AlertCheckResult(
        condition=check.condition,
        metric=check.metric,
        found=share.hits / share.n if share.n else None,
        low=low,
        high=high,
        n=share.n,
        effective_n=share.effective,
        needed_n=needed(check, share) if undecided else None,
        verdict=verdict,
        reason=reason,
    )
