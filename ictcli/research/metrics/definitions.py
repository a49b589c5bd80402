"""What every metric of a run means: the one list that runs, gates, reports and docs read."""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "money", "r", "share", "ratio", "days"]
IntervalKind = Literal["none", "wilson", "bootstrap", "order"]
Family = Literal["result", "trades", "risk", "ratios", "activity"]
Scope = Literal["trades", "account"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metric means.

    Attributes:
        label: its name for people.
        unit: of its value.
        interval: how its interval is made.
        meaning: its definition.
        family: the table of a report in which it stands.
        scope: ``trades`` where any selection of trades has it, ``account`` where only a whole run does.
    """

    label: str
    unit: Unit
    interval: IntervalKind
    meaning: str
    family: Family = "result"
    scope: Scope = "trades"


_RESULT = {
    "trades": Definition("trades", "count", "none", "closed trades"),
    "net_profit": Definition("net profit", "money", "bootstrap", "sum of the net results, after all costs"),
    "gross_profit": Definition("gross profit", "money", "bootstrap", "sum of the net results above zero"),
    "gross_loss": Definition(
        "gross loss", "money", "bootstrap", "sum of the net results below zero, as a positive amount"
    ),
    "total_costs": Definition("costs", "money", "bootstrap", "spread, slippage, commission, swap and fees"),
    "result_before_costs": Definition(
        "before costs", "money", "bootstrap", "what the trades would have made without any costs"
    ),
    "annual_growth": Definition(
        "annual growth", "share", "bootstrap",
        "compound growth of the balance per calendar year; none for less than a year, or with nothing left",
        scope="account",
    ),
}  # fmt: skip

_TRADES = {
    "net_expectancy_r": Definition(
        "expectancy", "r", "bootstrap", "mean net result of a trade, in units of its risk from entry to stop",
        "trades",
    ),
    "net_expectancy": Definition(
        "expectancy (money)", "money", "bootstrap", "mean net result of a trade", "trades"
    ),
    "win_rate": Definition(
        "win rate", "share", "wilson", "trades with a net result above zero", "trades"
    ),
    "profit_factor": Definition(
        "profit factor", "ratio", "bootstrap", "sum of net gains over sum of net losses; none without losses",
        "trades",
    ),
    "average_win": Definition(
        "average win", "money", "bootstrap", "mean net result of the trades above zero", "trades"
    ),
    "average_loss": Definition(
        "average loss", "money", "bootstrap", "mean net result of the trades below zero, as a positive one",
        "trades",
    ),
    "payoff_ratio": Definition(
        "payoff ratio", "ratio", "bootstrap", "average win over average loss", "trades"
    ),
    "median_r": Definition("median R", "r", "order", "half of the trades made less", "trades"),
    "r_p5": Definition("R, worst 5 %", "r", "order", "5 % of the trades made less", "trades"),
    "r_p95": Definition("R, best 5 %", "r", "order", "5 % of the trades made more", "trades"),
    "mean_mae_r": Definition(
        "average MAE", "r", "bootstrap", "mean of the worst open results (maximum adverse excursion)",
        "trades",
    ),
    "mean_mfe_r": Definition(
        "average MFE", "r", "bootstrap", "mean of the best open results (maximum favourable excursion)",
        "trades",
    ),
    "longest_losing_streak": Definition(
        "longest losing streak", "count", "bootstrap", "most trades without a gain in a row", "trades"
    ),
}  # fmt: skip

_RISK = {
    "max_drawdown": Definition(
        "max drawdown", "share", "bootstrap",
        "deepest fall from a peak of the balance, over that peak; a backtest's with open losses",
        "risk", "account",
    ),
    "max_drawdown_money": Definition(
        "max drawdown (money)", "money", "bootstrap",
        "deepest fall from a peak of the balance; a backtest's with open losses", "risk", "account",
    ),
    "drawdown_trades": Definition(
        "longest drawdown (trades)", "count", "bootstrap",
        "most trades in a row after which the balance stood below an earlier peak", "risk", "account",
    ),
    "drawdown_days": Definition(
        "longest drawdown (days)", "count", "bootstrap",
        "most trading days in a row that ended below an earlier peak of the balance", "risk", "account",
    ),
    "time_under_water": Definition(
        "time under water", "share", "bootstrap",
        "trading days that ended below an earlier peak of the balance", "risk", "account",
    ),
    "recovery_factor": Definition(
        "recovery factor", "ratio", "bootstrap", "net profit over max drawdown, both in money", "risk",
        "account",
    ),
    "mar": Definition(
        "MAR", "ratio", "bootstrap",
        "annual growth over max drawdown, since the start (Calmar's ratio takes the last 36 months)",
        "risk", "account",
    ),
}  # fmt: skip

_RATIOS = {
    "sharpe_daily": Definition(
        "Sharpe (daily)", "ratio", "bootstrap",
        "mean over deviation of results per trading day, idle days included, times the root of 252",
        "ratios", "account",
    ),
    "sortino_daily": Definition(
        "Sortino (daily)", "ratio", "bootstrap",
        "the same over the root mean square of the losing days, other days counting as 0",
        "ratios", "account",
    ),
    "psr": Definition(
        "PSR", "share", "none",
        "probability that the true Sharpe ratio is above 0, by skew, kurtosis and autocorrelation (2026)",
        "ratios", "account",
    ),
    "dsr": Definition(
        "DSR", "share", "none",
        "the same against the best of all trials if none had skill (2026); none while they are unknown",
        "ratios", "account",
    ),
    "min_trl": Definition(
        "MinTRL (days)", "days", "none",
        "trading days that would prove such a Sharpe ratio above 0 with the run's confidence (2026)",
        "ratios", "account",
    ),
}  # fmt: skip

_ACTIVITY = {
    "exposure": Definition(
        "exposure", "share", "none", "bars with an open position among all bars", "activity", "account"
    ),
    "trades_per_day": Definition(
        "trades per day", "ratio", "bootstrap", "closed trades over trading days", "activity", "account"
    ),
    "cost_share": Definition(
        "cost share", "share", "bootstrap",
        "costs (spread, slippage, commission, swap, fees) over the sizes of all results before costs",
        "activity",
    ),
    "ambiguous_share": Definition(
        "ambiguous", "share", "wilson",
        "trades whose exit bar touched stop and target, so that their loss is assumed", "activity",
    ),
    "ambiguity_gap_r": Definition(
        "ambiguity gap", "r", "bootstrap",
        "how much higher the expectancy were if all ambiguous trades had reached their target", "activity",
    ),
}  # fmt: skip

METRICS: dict[str, Definition] = {**_RESULT, **_TRADES, **_RISK, **_RATIOS, **_ACTIVITY}

HEADLINE = (
    *("trades", "net_profit", "net_expectancy_r", "win_rate", "profit_factor", "max_drawdown"),
    *("drawdown_days", "sharpe_daily", "psr", "dsr", "exposure", "cost_share"),
)
"""The metrics that decide, in the order in which people read them."""

FAMILIES: dict[Family, str] = {
    "result": "Result",
    "trades": "Per trade",
    "risk": "Drawdown",
    "ratios": "Per day",
    "activity": "Activity and costs",
}
"""Titles of the tables of a report."""


def metric_table() -> str:
    """Markdown table of the metrics, as docs/gates.md prints it."""
    rows = [f"| `{name}` | {metric.interval} | {metric.meaning} |" for name, metric in METRICS.items()]
    return "\n".join(["| metric | interval | meaning |", "|---|---|---|", *rows])
