"""Gates: conditions in a TOML file that a run must meet before anyone may rely on it.

A check compares one metric with a number. With ``bound`` it also asks the metric's interval: a value
that passes while its bound does not is not proven, so the verdict is INCONCLUSIVE, not PASS.
"""

import difflib
import math
import operator
import tomllib
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from ictcli.config.wording import refused
from ictcli.errors import ConfigError
from ictcli.research.metric_definitions import METRICS
from ictcli.research.metric_values import Metric

Bound = Literal["value", "low", "high"]
Section = Literal["checks", "alerts"]
"""Sections of a gate file: for backtests, and for alerts of detectors."""
Row = TypeVar("Row", bound=msgspec.Struct)

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


class Verdict(StrEnum):
    """What a gate says, from best to worst in its own order: PASS, INCONCLUSIVE, FAIL."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a secret
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition.

    Attributes:
        metric: a name of ``research.metrics.METRICS``.
        op: how the value must compare with ``value``.
        value: the limit.
        bound: ``value`` compares the value alone; ``low`` or ``high`` also that bound of its interval.
        min_n: with fewer observations the check is inconclusive, whatever the value.
    """

    metric: str
    op: Literal[">=", ">", "<=", "<"]
    value: float
    bound: Bound = "value"
    min_n: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0

    @property
    def condition(self) -> str:
        """The check as a line of text."""
        subject = self.metric if self.bound == "value" else f"{self.metric} ({self.bound})"
        return f"{subject} {self.op} {self.value:g}"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found: verdict, the metric it saw, and the reason in words."""

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
        table = tomllib.loads(path.read_text(encoding="utf-8"))
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


def judge(file: str, checks: tuple[Check, ...], metrics: Mapping[str, Metric]) -> GateResult:
    """The verdict: FAIL if any check fails, else INCONCLUSIVE if any is, else PASS."""
    results = tuple(_judge_one(check, metrics[check.metric]) for check in checks)
    found = {result.verdict for result in results}
    overall = next(v for v in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS) if v in found)
    return GateResult(file=file, verdict=overall, checks=results)


def _check(row: Any, where: str) -> Check:
    check = convert_row(row, Check, where)
    if check.metric not in METRICS:
        raise ConfigError(
            f"{where}: unknown metric {check.metric!r}", hint=suggest(check.metric, list(METRICS))
        )
    if not math.isfinite(check.value):
        raise ConfigError(f"{where}: value must be a finite number")
    if check.bound != "value" and METRICS[check.metric].interval == "none":
        raise ConfigError(f"{where}: {check.metric} has no interval", hint='Use bound = "value".')
    return check


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


def _judge_one(check: Check, metric: Metric) -> CheckResult:
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
        reason=reason,
    )


def _decide(check: Check, metric: Metric, bound: float | None) -> tuple[Verdict, str]:
    compare = _COMPARE[check.op]
    if metric.n < check.min_n:
        return Verdict.INCONCLUSIVE, f"only {metric.n} of {check.min_n} observations"
    if metric.value is None:
        return Verdict.INCONCLUSIVE, "undefined for this run"
    if not compare(metric.value, check.value):
        return Verdict.FAIL, "value misses the limit"
    if bound is None:
        return Verdict.INCONCLUSIVE, f"no {check.bound} bound for this run"
    if not compare(bound, check.value):
        return Verdict.INCONCLUSIVE, "interval includes the limit"
    return Verdict.PASS, "met"
