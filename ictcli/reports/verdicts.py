"""What a run's numbers allow one to say, in words."""

from collections.abc import Mapping
from typing import Any

FEWEST_TRADES = 30
"""Below it an interval of the mean is too narrow to be believed, whatever it says: no edge is claimed."""


def edge_sentence(metrics: Mapping[str, Mapping[str, Any]], confidence: float) -> str:
    """One honest sentence about the expectancy and its interval."""
    expectancy = metrics["net_expectancy_r"]
    interval = f"the {100 * confidence:g} % interval of the expectancy"
    if metrics["trades"]["value"] == 0:
        return "No trades: nothing is shown, neither an edge nor its absence."
    if expectancy["low"] is None or expectancy["high"] is None:
        return "No edge shown: too few trades for an interval."
    if expectancy["low"] > 0 and metrics["trades"]["value"] < FEWEST_TRADES:
        return f"No edge shown: {metrics['trades']['value']} trades are too few, {FEWEST_TRADES} at least."
    if expectancy["low"] > 0:
        return f"Edge shown on this data: {interval} lies above zero ({_attempts(metrics)})."
    if expectancy["high"] < 0:
        return f"A loss is shown: {interval} lies below zero."
    return f"No edge shown: {interval} includes zero."


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
