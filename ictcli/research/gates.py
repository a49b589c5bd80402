"""Gates: conditions in a TOML file that a run must meet before anyone may rely on it.

A check compares one metric with a number. With ``bound`` it also asks the metric's interval: a value
that passes while its bound does not is not proven, so the verdict is INCONCLUSIVE, not PASS. With
``where`` it asks the metric of some trades only, and with ``instead`` that of another metric where its own
is undefined. Of no trades every metric but their number is undefined: a sum of nothing proves nothing.
"""

import difflib
import math
import operator
import tomllib
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
import pyarrow as pa
from msgspec import Meta

from ictcli.config.wording import refused
from ictcli.errors import ConfigError
from ictcli.plain_file import read_plain
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.metrics.measure import measure_trades
from ictcli.research.metrics.parts import DIMENSIONS, FIXED, selection
from ictcli.research.metrics.values import Metric, Resampling
from ictcli.stats.intervals import FEWEST

Bound = Literal["value", "low", "high"]
Operator = Literal[">=", ">", "<=", "<", "==", "!="]
Part = tuple[tuple[str, str], ...]
"""Which trades: dimension and label, sorted; empty for all."""
Section = Literal["checks", "alerts"]
"""Sections of a gate file: for backtests, and for alerts of detectors."""
Row = TypeVar("Row", bound=msgspec.Struct)

COUNT = "trades"
"""The one metric that is known where nothing was traded."""
_NOTHING = Metric(None, None, None, 0, "no trades")

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
_EQUALITIES = ("==", "!=")


class Verdict(StrEnum):
    """What a gate says, from best to worst in its own order: PASS, INCONCLUSIVE, FAIL."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a secret
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition.

    Attributes:
        metric: a name of ``research.metric_definitions.METRICS``.
        op: how the value must compare with ``value``.
        value: the limit.
        bound: ``value`` compares the value alone; ``low`` or ``high`` also that bound of its interval.
        min_n: with fewer observations the check is inconclusive, whatever the value.
        where: dimension = label of the trades that are asked; all of them when empty.
        instead: the metric that is asked where the first is undefined; none when empty.
    """

    metric: str
    op: Operator
    value: float
    bound: Bound = "value"
    min_n: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    where: dict[str, str] = {}
    instead: str = ""

    @property
    def part(self) -> Part:
        """Which trades the check asks."""
        return tuple(sorted(self.where.items()))

    @property
    def condition(self) -> str:
        """The check as a line of text."""
        chosen = ", ".join(f"{dimension}={label}" for dimension, label in self.part)
        subject = f"{self.metric}[{chosen}]" if chosen else self.metric
        bound = "" if self.bound == "value" else f" ({self.bound})"
        return f"{subject}{bound} {self.op} {self.value:g}"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found: verdict, the metric it saw, and the reason in words.

    ``judged`` names the metric whose numbers these are: ``metric``, or the one asked instead of it.
    """

    condition: str
    metric: str
    op: str
    value: float
    bound: Bound
    min_n: int
    found: float | None
    found_bound: float | None
    n: int
    verdict: Verdict
    reason: str
    where: dict[str, str] = {}
    judged: str = ""


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict over all checks of one gate file."""

    file: str
    verdict: Verdict
    checks: tuple[CheckResult, ...]


def load_gate(path: Path) -> tuple[Check, ...]:
    """The checks of a gate file for backtests.

    Raises:
        ConfigError: the file is absent, not TOML, or a key, metric or value in it does not fit.
    """
    rows = read_checks(path, "checks")
    return tuple(_check(row, f"{path}: checks[{i}]") for i, row in enumerate(rows))


def read_checks(path: Path, section: Section) -> list[Any]:
    """The rows of one section of a gate file.

    Raises:
        ConfigError: the file is absent or not TOML, has an unknown section, or nothing in this one.
    """
    try:
        table = tomllib.loads(read_plain(path).decode())
    except FileNotFoundError:
        raise ConfigError(f"gate file {path} does not exist", hint="Run `ictcli init`.") from None
    except OSError as error:
        raise ConfigError(f"gate file {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    for key in table:
        if key not in get_args(Section):
            raise ConfigError(
                f"{path}: unknown key {key!r}",
                hint="A gate is a list of [[checks]] for backtests and of [[alerts]] for detect --score.",
            )
    rows = table.get(section)
    if not isinstance(rows, list) or not rows:
        raise ConfigError(f"{path}: no [[{section}]], so nothing would be decided")
    return rows


def require_labels(checks: tuple[Check, ...], known: Mapping[str, Collection[str]], file: str) -> None:
    """Refuse checks that ask trades which a run cannot have.

    Args:
        checks: of a gate.
        known: dimension = all labels that trades of the run may carry.
        file: name of the gate file, for messages.

    Raises:
        ConfigError: names the nearest label.
    """
    for at, check in enumerate(checks):
        for dimension, label in check.part:
            if dimension in known and label not in known[dimension]:
                raise ConfigError(
                    f"{file}: checks[{at}]: this run has no {dimension} {label!r}",
                    hint=suggest(label, sorted(known[dimension])),
                )


def part_metrics(
    checks: tuple[Check, ...], trades: pa.Table, how: Resampling
) -> dict[Part, dict[str, Metric]]:
    """The metrics of the trades that checks with ``where`` ask.

    Args:
        checks: of a gate.
        trades: ``engine.trades.TRADES`` rows in order of closing.
        how: resampling behind the intervals.
    """
    parts = {check.part for check in checks if check.part}
    return {part: measure_trades(trades.filter(pa.array(selection(trades, part))), how) for part in parts}


def judge(
    file: str,
    checks: tuple[Check, ...],
    metrics: Mapping[str, Metric],
    parts: Mapping[Part, Mapping[str, Metric]],
) -> GateResult:
    """The verdict: FAIL if any check fails, else INCONCLUSIVE if any is, else PASS.

    Args:
        file: name of the gate file.
        checks: of it.
        metrics: of the whole run.
        parts: of the selections that checks ask (``part_metrics``).
    """
    results = tuple(_judge_one(check, parts[check.part] if check.part else metrics) for check in checks)
    found = {result.verdict for result in results}
    overall = next(v for v in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS) if v in found)
    return GateResult(file=file, verdict=overall, checks=results)


def _check(row: Any, where: str) -> Check:
    check = convert_row(row, Check, where)
    if not math.isfinite(check.value):
        raise ConfigError(f"{where}: value must be a finite number")
    if check.bound != "value" and check.op in _EQUALITIES:
        raise ConfigError(
            f"{where}: an interval cannot show that something is {check.op} {check.value:g}",
            hint='Use bound = "value", or >= and <=.',
        )
    for name in (check.metric, check.instead) if check.instead else (check.metric,):
        _check_metric(name, check, where)
    for dimension, label in check.where.items():
        _check_label(dimension, label, where)
    return check


def _check_metric(name: str, check: Check, where: str) -> None:
    if name not in METRICS:
        raise ConfigError(f"{where}: unknown metric {name!r}", hint=suggest(name, list(METRICS)))
    if check.bound != "value" and METRICS[name].interval == "none":
        raise ConfigError(f"{where}: {name} has no interval", hint='Use bound = "value".')
    if check.where and METRICS[name].scope == "account":
        raise ConfigError(
            f"{where}: {name} is a metric of the whole account, not of some trades", hint="Leave out where."
        )


def _check_label(dimension: str, label: str, where: str) -> None:
    if dimension not in DIMENSIONS:
        raise ConfigError(
            f"{where}: unknown key {dimension!r} in where", hint=suggest(dimension, list(DIMENSIONS))
        )
    known = FIXED.get(dimension)
    if known and label not in known:
        raise ConfigError(f"{where}: {label!r} is no {dimension}", hint=suggest(label, list(known)))


def convert_row(row: Any, kind: type[Row], where: str) -> Row:
    """A row of a gate file as a record.

    Args:
        row: as read.
        kind: the record.
        where: file and position, for messages.

    Raises:
        ConfigError: a key is unknown or missing, or a value does not fit.
    """
    if not isinstance(row, dict):
        raise ConfigError(f"{where} is not a table", hint="Write its section and its keys below.")
    names = [field.name for field in msgspec.structs.fields(kind)]
    for key in row:
        if key not in names:
            raise ConfigError(f"{where}: unknown key {key!r}", hint=suggest(key, names))
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {refused(error, kind, row)}") from error


def suggest(name: str, known: list[str]) -> str:
    """A hint for a name that is not known."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else "Known: " + ", ".join(known) + "."


def _judge_one(check: Check, metrics: Mapping[str, Metric]) -> CheckResult:
    metric, judged, why = _asked(check.metric, metrics), check.metric, ""
    if metric.value is None and check.instead:
        why = f"{check.instead} instead: "
        metric, judged = _asked(check.instead, metrics), check.instead
    bound = {"value": metric.value, "low": metric.low, "high": metric.high}[check.bound]
    verdict, reason = _decide(check, metric, bound)
    return CheckResult(
        condition=check.condition,
        metric=check.metric,
        op=check.op,
        value=check.value,
        bound=check.bound,
        min_n=check.min_n,
        found=metric.value,
        found_bound=None if check.bound == "value" else bound,
        n=metric.n,
        verdict=verdict,
        reason=why + reason,
        where=check.where,
        judged=judged,
    )


def _asked(name: str, metrics: Mapping[str, Metric]) -> Metric:
    """A metric as a gate sees it: undefined where nothing was traded, sums of nothing included."""
    count = metrics.get(COUNT)
    return _NOTHING if name != COUNT and count is not None and not count.value else metrics[name]


def _decide(check: Check, metric: Metric, bound: float | None) -> tuple[Verdict, str]:
    compare = _COMPARE[check.op]
    if metric.n < check.min_n:
        return Verdict.INCONCLUSIVE, f"only {metric.n} of {check.min_n} observations"
    if metric.value is None:
        return Verdict.INCONCLUSIVE, f"undefined: {metric.why}"
    if not compare(metric.value, check.value):
        return Verdict.FAIL, "value misses the limit"
    if bound is None:
        few = f": {metric.n} observations are too few, {FEWEST} at least" if metric.n < FEWEST else ""
        return Verdict.INCONCLUSIVE, f"no {check.bound} bound for this run{few}"
    if not compare(bound, check.value):
        return Verdict.INCONCLUSIVE, "interval includes the limit"
    return Verdict.PASS, "met"
