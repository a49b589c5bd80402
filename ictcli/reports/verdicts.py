"""What a run's numbers allow one to say, in words."""

from collections.abc import Mapping
from typing import Any, Literal

from ictcli.stats.intervals import FEWEST

Finding = Literal["none", "few", "edge", "loss", "open"]
"""``none`` and ``few``: no trades, or too few of them to tell anything; ``open``: neither is shown."""


def finding(metrics: Mapping[str, Mapping[str, Any]]) -> Finding:
    """What the expectancy's interval shows, if there are trades enough to speak of it."""
    trades, expectancy = metrics["trades"]["value"], metrics["net_expectancy_r"]
    if not trades:
        return "none"
    if trades < FEWEST or expectancy["low"] is None or expectancy["high"] is None:
        return "few"
    if expectancy["low"] > 0:
        return "edge"
    return "loss" if expectancy["high"] < 0 else "open"


def edge_sentence(metrics: Mapping[str, Mapping[str, Any]], confidence: float) -> str:
    """One honest sentence about the expectancy and its interval."""
    interval = f"the {100 * confidence:g} % interval of the expectancy"
    said: dict[Finding, str] = {
        "none": "No trades: nothing is shown, neither an edge nor its absence.",
        "few": f"Too few trades to tell an edge or a loss: {_count(metrics)}, {FEWEST} at least.",
        "edge": f"Edge shown on this data: {interval} lies above zero ({_attempts(metrics)}).",
        "loss": f"A loss is shown: {interval} lies below zero.",
        "open": f"No edge shown: {interval} includes zero.",
    }
    return said[finding(metrics)]


def _count(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """How many trades count: those with a stop, for others have no multiple of their risk."""
    trades = int(metrics["trades"]["value"])
    known = int(metrics["net_expectancy_r"].get("n", trades))
    return f"{known:,} of {trades:,} have a stop" if known < trades else f"{trades:,}"


def _attempts(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    dsr = metrics.get("dsr", {}).get("value")
    if dsr is None:
        return "not corrected for repeated attempts"
    return f"deflated Sharpe ratio over all attempts: {100 * dsr:.1f} %"


def gate_sentence(gate: Mapping[str, Any] | None) -> str:
    """The verdict in one line."""
    if gate is None:
        return "Gate: none asked (--gate FILE)."
    failed = sum(check["verdict"] == "FAIL" for check in gate["checks"])
    open_checks = sum(check["verdict"] == "INCONCLUSIVE" for check in gate["checks"])
    total = len(gate["checks"])
    met = total - failed - open_checks
    details = [f"{met} of {total} checks met"]
    details += [f"{failed} failed"] if failed else []
    details += [f"{open_checks} inconclusive"] if open_checks else []
    return f"Gate {gate['verdict']}: {', '.join(details)} ({gate['file']})"
