"""Two runs, or a run and an account, against each other over the days that both cover."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ictcli.errors import UsageError
from ictcli.market.bars import Int64
from ictcli.reports.compare_facts import differences
from ictcli.reports.compare_sides import Side, within
from ictcli.reports.compare_tests import Difference, compared
from ictcli.reports.ledger_report import UNKNOWN
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.metrics.measure import measure, metric_document
from ictcli.research.metrics.values import Resampling, Sample

_SHOWN = (
    *("trades", "net_profit", "net_expectancy_r", "win_rate", "profit_factor", "sharpe_daily", "psr"),
    *("max_drawdown", "drawdown_days", "total_costs", "cost_share"),
)

_OF_LEDGERS = tuple(name for name in _SHOWN if name not in UNKNOWN)


def comparison(a: Side, b: Side, how: Resampling) -> dict[str, Any]:
    """The comparison as plain values: metrics side by side, tested differences, what differs otherwise.

    Args:
        a: what is reported.
        b: what it is compared with.
        how: resampling behind the intervals.

    Raises:
        UsageError: they are one, or have no market, currency or day in common.
    """
    _refuse(a, b)
    days = _common_days(a, b)
    first, last = int(days[0]), int(days[-1])
    one, other = _alike(*(within(side, first, last, days) for side in (a, b)))
    tests = compared(one, other, how)
    return {
        "a": _side(a, one),
        "b": _side(b, other),
        "span": {"first": _date(first), "last": _date(last), "days": len(days)},
        "confidence": how.confidence,
        "resamples": how.resamples,
        "seed": how.seed,
        "metrics": _metrics(one, other, how, _SHOWN if a.content and b.content else _OF_LEDGERS),
        "differences": [{**asdict(test), "chance": test.chance} for test in tests],
        "differs": differences(a.facts, b.facts, whole=bool(a.content and b.content)),
        "same_content": bool(a.content) and a.content == b.content,
        "summary": summary(a.name, b.name, tests[0], how.confidence),
    }


def _alike(one: Sample, other: Sample) -> tuple[Sample, Sample]:
    """Both by one definition: a ledger marks no open trades, so a run beside it goes without its marks."""
    if one.equity is not None and other.equity is not None:
        return one, other
    return replace(one, equity=None), replace(other, equity=None)


def summary(a: str, b: str, day: Difference, confidence: float) -> str:
    """What may be said of the two, by their results on the same days.

    Args:
        a: name of the first.
        b: name of the second.
        day: difference of their results a day.
        confidence: of its interval.
    """
    interval = f"the {100 * confidence:g} % interval of the difference of their results a day"
    days = f"{day.n_a:,} day{'s' * (day.n_a != 1)}"
    if day.low is None or day.high is None:
        return f"{a} and {b} cannot be compared by their days: {days}, too few for an interval."
    if day.low == day.high == 0:
        return f"No difference: {a} and {b} came to the same on each of {days}."
    if day.chance:
        told = f"The difference between {a} and {b} cannot be told from chance"
        return f"{told}: {interval} includes zero ({days})."
    better, worse = (b, a) if day.low > 0 else (a, b)
    return f"{better} did better than {worse}: {interval} does not reach zero ({days})."


def _refuse(a: Side, b: Side) -> None:
    """Refuse what is one thing, or has nothing in common."""
    if a.name == b.name:
        raise UsageError(f"{a.name} is compared with itself", hint="Name another run after --compare.")
    if not set(a.symbols) & set(b.symbols):
        raise UsageError(
            f"{a.name} and {b.name} have no symbol in common: {_names(a)} against {_names(b)}",
            hint='Compare runs over the same market; `ictcli query "SELECT * FROM runs"` lists them.',
        )
    if a.currency != b.currency:
        raise UsageError(
            f"{a.name} counts in {a.currency}, {b.name} in {b.currency}",
            hint="Backtest again with the same account.currency.",
        )


def _common_days(a: Side, b: Side) -> Int64:
    """Every trading day of the span that both cover, on which one of them has bars.

    Raises:
        UsageError: there is none.
    """
    spans = [one.sample.all_days for one in (a, b)]
    if all(len(one) for one in spans):
        first, last = max(int(one[0]) for one in spans), min(int(one[-1]) for one in spans)
        days = np.union1d(*spans)
        days = days[(days >= first) & (days <= last)]
        if len(days):
            return days
    told = [f"{one.name} covers {_covers(one.sample.all_days)}" for one in (a, b)]
    raise UsageError(
        f"no day in common: {', '.join(told)}", hint="Backtest one of them again over the other's span."
    )


def _metrics(a: Sample, b: Sample, how: Resampling, shown: Sequence[str]) -> list[dict[str, Any]]:
    """The metrics of both over the common days."""
    first, second = (metric_document(measure(one, how)) for one in (a, b))
    return [
        {"metric": name, "unit": METRICS[name].unit, "a": first[name], "b": second[name]}
        for name in shown
        if first[name]["value"] is not None or second[name]["value"] is not None
    ]


def _side(side: Side, sample: Sample) -> Mapping[str, Any]:
    left_out = len(side.sample.trades) - len(sample.trades)
    counts = {"trades": len(sample.trades), "trades_left_out": left_out}
    return {"name": side.name, "what": side.what, "symbols": list(side.symbols), **counts}


def _names(side: Side) -> str:
    return ", ".join(side.symbols[:6]) + (" …" if len(side.symbols) > 6 else "") or "none"


def _covers(days: Int64) -> str:
    return f"{_date(int(days[0]))} to {_date(int(days[-1]))}" if len(days) else "no day"


def _date(day: int) -> str:
    return str(np.datetime64(day, "D"))
