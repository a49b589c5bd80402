"""Every metric of a run, computed again from its trades and marks with nothing but the standard library."""

import csv
import io
import itertools
import json
import math
import statistics
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.metrics.definitions import METRICS
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import MONDAY, keep, random_walk

NEW_YORK = ZoneInfo("America/New_York")
BARS = 12_500
SYMBOLS = {"EURUSD": (110_000, 5), "XAUUSD": (200_000, 2), "USDJPY": (150_000, 3)}

Marks = list[tuple[datetime, float, float]]
Run = tuple[dict[str, Any], list[dict[str, str]], Marks]


@pytest.fixture(params=["EURUSD", "EURUSD XAUUSD USDJPY"])
def kept(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """What ``backtest --json`` and ``report --format csv`` printed about the same run, and its marks."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    for seed, (symbol, (start, digits)) in enumerate(SYMBOLS.items(), 1):
        key = SeriesKey("walk", symbol, parse_timeframe("M5"))
        keep(store, key, random_walk(seed, BARS, start, digits))
    asked = ["--strategy", "fvg_retest", "-t", "M5", "--param", "windows="]
    assert run(["backtest", *str(request.param).split(), *asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert run(["report", "latest", "--format", "csv"]) == 0
    trades = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(trades) > 30
    equity = store.runs.load("latest").table("equity")
    assert equity is not None
    rows = equity.to_pylist()
    return document, trades, [(row["ts"], float(row["balance"]), float(row["equity"])) for row in rows]


def trading_day(instant: datetime) -> date:
    """The New York date after the roll at 17:00; what happens at the weekend belongs to Friday."""
    day = (instant.astimezone(NEW_YORK).replace(tzinfo=None) + timedelta(hours=7)).date()
    return day - timedelta(days=max(day.weekday() - 4, 0))


def paid(trade: dict[str, str]) -> float:
    return float(trade["commission"]) + float(trade["fees"]) - float(trade["swap"])


def drawdown(trades: list[dict[str, str]], marks: Marks, opening: float) -> tuple[float, float]:
    """The deepest fall as a share of its peak, and the deepest in money."""
    balance, peak, deepest, money = opening, opening, 0.0, 0.0
    last, left = datetime.min.replace(tzinfo=UTC), list(trades)
    for instant, closed_balance, equity in marks:
        lowest = min(equity, closed_balance)
        for trade in [one for one in left if datetime.fromisoformat(one["mae_at"]) <= instant]:
            left.remove(trade)
            entry = (float(trade["commission"]) + float(trade["fees"])) / 2
            unpaid = entry if datetime.fromisoformat(trade["opened_at"]) >= last else 0.0
            if float(trade["mae_r"]) > 0 and trade["exits"] == "1":
                lowest = min(lowest, balance - float(trade["mae_r"]) * float(trade["risk"]) - unpaid)
        deepest, money = max(deepest, (peak - lowest) / peak), max(money, peak - lowest)
        balance, last = closed_balance, instant
        peak = max(peak, balance)
    assert not left, "a trade stood worst after every mark"
    return deepest, money


def daily_results(trades: list[dict[str, str]]) -> list[float]:
    first = datetime.fromtimestamp(MONDAY / 1e9, UTC)
    closes = [first + timedelta(minutes=5 * (bar + 1)) for bar in range(BARS)]
    instant = timedelta(microseconds=1)  # a close at the roll belongs to the day that ends
    daily = {trading_day(close - instant): 0.0 for close in closes}
    for trade in trades:
        daily[trading_day(datetime.fromisoformat(trade["closed_at"]) - instant)] += float(trade["net"])
    return list(daily.values())


def below_peak(gains: list[float]) -> str:
    """A letter per step: ``x`` where the balance ends below an earlier peak."""
    balance = list(itertools.accumulate(gains, initial=0.0))
    peaks = list(itertools.accumulate(balance, max))
    return "".join("x" if one < peak else " " for one, peak in zip(balance[1:], peaks[1:], strict=True))


def longest(text: str) -> int:
    return max(map(len, text.split()), default=0)


def probability(returns: list[float]) -> tuple[float, float]:
    """PSR against 0, and the days to prove it at 95 %: at a ratio of 0 only autocorrelation counts."""
    n, centre = len(returns), statistics.fmean(returns)
    ratio = centre / statistics.stdev(returns)
    apart = [one - centre for one in returns]
    rho = sum(a * b for a, b in itertools.pairwise(apart)) / sum(one * one for one in apart)
    spread = math.sqrt((1 + rho) / (1 - rho))
    normal = statistics.NormalDist()
    return normal.cdf(ratio / spread * math.sqrt(n)), (spread * normal.inv_cdf(0.95) / ratio) ** 2


def gap(trade: dict[str, str]) -> float:
    """What an ambiguous trade would have made more at its target."""
    if trade["ambiguous"] != "true":
        return 0.0
    entry, stop, target = (float(trade[name]) for name in ("entry", "stop", "target"))
    reached = abs(target - entry) / abs(entry - stop) - paid(trade) / float(trade["risk"])
    return reached - float(trade["r_multiple"])


def wilson(wins: int, n: int) -> tuple[float, float]:
    z = statistics.NormalDist().inv_cdf(0.975)
    share = wins / n
    centre, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def of_trades(trades: list[dict[str, str]]) -> dict[str, float | None]:
    net, multiples = ([float(trade[name]) for trade in trades] for name in ("net", "r_multiple"))
    costs = [float(trade["costs"]) - float(trade["swap"]) for trade in trades]
    gains, losses = [one for one in net if one > 0], [-one for one in net if one < 0]
    twentieths = statistics.quantiles(multiples, n=20, method="inclusive")
    return {
        "trades": len(trades),
        "net_profit": math.fsum(net),
        "gross_profit": math.fsum(gains),
        "gross_loss": math.fsum(losses),
        "total_costs": math.fsum(costs),
        "result_before_costs": math.fsum(net) + math.fsum(costs),
        "net_expectancy_r": statistics.mean(multiples),
        "net_expectancy": statistics.mean(net),
        "win_rate": len(gains) / len(net),
        "profit_factor": sum(gains) / sum(losses),
        "average_win": statistics.mean(gains),
        "average_loss": statistics.mean(losses),
        "payoff_ratio": statistics.mean(gains) / statistics.mean(losses),
        "median_r": statistics.median(multiples),
        "r_p5": twentieths[0],
        "r_p95": twentieths[-1],
        "mean_mae_r": statistics.mean(float(trade["mae_r"]) for trade in trades),
        "mean_mfe_r": statistics.mean(float(trade["mfe_r"]) for trade in trades),
        "longest_losing_streak": longest("".join(" " if one > 0 else "x" for one in net)),
        "cost_share": sum(costs) / sum(abs(n + c) for n, c in zip(net, costs, strict=True)),
        "ambiguous_share": sum(trade["ambiguous"] == "true" for trade in trades) / len(trades),
        "ambiguity_gap_r": statistics.mean(gap(trade) for trade in trades),
    }


def of_account(
    trades: list[dict[str, str]], marks: Marks, opening: float, bars: int
) -> dict[str, float | None]:
    net, daily = [float(trade["net"]) for trade in trades], daily_results(trades)
    balances = itertools.accumulate(daily, initial=opening)
    returns = [one / before for one, before in zip(daily, balances, strict=False)]
    share, money = drawdown(trades, marks, opening)
    psr, needed = probability(returns)
    downside = math.sqrt(sum(min(one, 0.0) ** 2 for one in returns) / len(returns))
    return {
        "max_drawdown": share,
        "max_drawdown_money": money,
        "drawdown_trades": longest(below_peak(net)),
        "drawdown_days": longest(below_peak(daily)),
        "time_under_water": below_peak(daily).count("x") / len(daily),
        "recovery_factor": math.fsum(net) / money,
        "sharpe_daily": statistics.mean(returns) / statistics.stdev(returns) * math.sqrt(252),
        "sortino_daily": statistics.mean(returns) / downside * math.sqrt(252),
        "psr": psr,
        "min_trl": needed if sum(net) > 0 else None,
        "exposure": sum(int(trade["bars_held"]) for trade in trades) / bars,
        "trades_per_day": len(trades) / len(daily),
        "annual_growth": None,
        "mar": None,
        "dsr": None,  # two weeks, and trials nobody counted
    }


def test_every_metric_follows_from_the_exported_trades(kept: Run) -> None:
    document, trades, marks = kept
    assert document["account"]["sized_on"] == "running equity"
    opening, bars = float(document["account"]["balance"]), BARS * len(document["series"])
    expected = of_trades(trades) | of_account(trades, marks, opening, bars)
    found = document["metrics"]
    assert list(found) == list(METRICS)
    assert set(found) == set(expected)
    days = len(daily_results(trades))
    for name, value in expected.items():
        metric = found[name]
        if value is None:
            assert metric["value"] is None, name
            assert metric["why"], name
            continue
        cents = 0.005 if METRICS[name].unit == "money" else 1e-9
        assert float(metric["value"]) == pytest.approx(value, rel=1e-9, abs=cents), name
        assert metric["n"] in {len(trades), days, bars}, name
    wins = sum(float(trade["net"]) > 0 for trade in trades)
    bounds = wilson(wins, len(trades))
    assert (found["win_rate"]["low"], found["win_rate"]["high"]) == pytest.approx(bounds, rel=1e-9)


def test_every_trade_adds_up(kept: Run) -> None:
    document, trades, marks = kept
    charged = {one["symbol"]: (float(one["commission"]), one["quote"]) for one in document["series"]}
    closes = [trade["closed_at"] for trade in trades]
    assert closes == sorted(closes)
    for trade in trades:
        side = 1 if trade["side"] == "long" else -1
        entry, exit_, volume = (float(trade[name]) for name in ("entry", "exit", "volume"))
        fee, quote = charged[trade["symbol"]]
        size = volume * (100 if trade["symbol"] == "XAUUSD" else 100_000)
        rate = exit_ if quote == "JPY" else 1.0
        assert float(trade["gross"]) == pytest.approx(side * (exit_ - entry) * size / rate, abs=0.006)
        commission = fee * volume * (1 / entry + 1 / exit_) if quote == "JPY" else 2 * fee * volume
        assert float(trade["commission"]) == pytest.approx(commission, abs=0.011)
        assert float(trade["net"]) == pytest.approx(float(trade["gross"]) - paid(trade), abs=1e-9)
        assert float(trade["r_multiple"]) == pytest.approx(
            float(trade["net"]) / float(trade["risk"]), rel=1e-12
        )
    total = sum(float(trade["net"]) for trade in trades)
    closing = float(document["account"]["closing_balance"])
    assert closing == pytest.approx(float(document["account"]["balance"]) + total, abs=1e-6)
    assert marks[-1][1] == pytest.approx(closing, abs=1e-6)
