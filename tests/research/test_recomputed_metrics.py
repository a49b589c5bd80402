"""Every metric of a run, computed again from its exported trades with nothing but the standard library."""

import csv
import io
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
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import MONDAY, keep, random_walk

NEW_YORK = ZoneInfo("America/New_York")
BARS = 3_000
SYMBOLS = {"EURUSD": (110_000, 5), "XAUUSD": (200_000, 2), "USDJPY": (150_000, 3)}

Run = tuple[dict[str, Any], list[dict[str, str]]]


@pytest.fixture(params=["EURUSD", "EURUSD XAUUSD USDJPY"])
def kept(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """What ``backtest --json`` and ``report --format csv`` printed about the same run."""
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
    return document, trades


def trading_day(instant: datetime) -> date:
    """The New York date after the roll at 17:00; what happens at the weekend belongs to Friday."""
    day = (instant.astimezone(NEW_YORK).replace(tzinfo=None) + timedelta(hours=7)).date()
    return day - timedelta(days=max(day.weekday() - 4, 0))


def drawdown(trades: list[dict[str, str]], opening: float) -> float:
    balance, peak, deepest = opening, opening, 0.0
    for trade in trades:
        open_loss = float(trade["mae_r"]) * float(trade["risk"]) + float(trade["commission"])
        lowest = balance + min(-open_loss, float(trade["net"]))
        deepest = max(deepest, (peak - lowest) / peak)
        balance += float(trade["net"])
        peak = max(peak, balance)
    return deepest


def sharpe(trades: list[dict[str, str]], opening: float) -> tuple[float, int]:
    first = datetime.fromtimestamp(MONDAY / 1e9, UTC)
    closes = [first + timedelta(minutes=5 * (bar + 1)) for bar in range(BARS)]
    instant = timedelta(microseconds=1)  # a close at the roll belongs to the day that ends
    daily = {trading_day(close - instant): 0.0 for close in closes}
    for trade in trades:
        daily[trading_day(datetime.fromisoformat(trade["closed_at"]) - instant)] += (
            float(trade["net"]) / opening
        )
    results = list(daily.values())
    return statistics.mean(results) / statistics.stdev(results) * math.sqrt(252), len(results)


def wilson(wins: int, n: int) -> tuple[float, float]:
    z = statistics.NormalDist().inv_cdf(0.975)
    share = wins / n
    centre, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def test_every_metric_follows_from_the_exported_trades(kept: Run) -> None:
    document, trades = kept
    opening = float(document["account"]["balance"])
    net = [float(trade["net"]) for trade in trades]
    costs = [float(trade["costs"]) for trade in trades]
    multiples = [float(trade["r_multiple"]) for trade in trades]
    bars = BARS * len(document["series"])
    ratio, days = sharpe(trades, opening)
    expected: dict[str, tuple[float, int]] = {
        "trades": (len(trades), len(trades)),
        "net_profit": (math.fsum(net), len(trades)),
        "net_expectancy_r": (statistics.mean(multiples), len(trades)),
        "win_rate": (sum(one > 0 for one in net) / len(net), len(trades)),
        "profit_factor": (sum(n for n in net if n > 0) / -sum(n for n in net if n < 0), len(trades)),
        "max_drawdown": (drawdown(trades, opening), len(trades)),
        "sharpe_daily": (ratio, days),
        "exposure": (sum(int(trade["bars_held"]) for trade in trades) / bars, bars),
        "cost_share": (
            sum(costs) / sum(abs(n + c) for n, c in zip(net, costs, strict=True)),
            len(trades),
        ),
    }
    found = document["metrics"]
    assert list(found) == list(expected)
    for name, (value, n) in expected.items():
        assert float(found[name]["value"]) == pytest.approx(value, rel=1e-9, abs=1e-9), name
        assert found[name]["n"] == n, name
    bounds = wilson(sum(one > 0 for one in net), len(net))
    assert (found["win_rate"]["low"], found["win_rate"]["high"]) == pytest.approx(bounds, rel=1e-9)


def test_every_trade_adds_up(kept: Run) -> None:
    document, trades = kept
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
        paid = fee * volume * (1 / entry + 1 / exit_) if quote == "JPY" else 2 * fee * volume
        assert float(trade["commission"]) == pytest.approx(paid, abs=0.011)
        assert float(trade["net"]) == pytest.approx(
            float(trade["gross"]) - float(trade["commission"]), abs=1e-9
        )
        assert float(trade["r_multiple"]) == pytest.approx(
            float(trade["net"]) / float(trade["risk"]), rel=1e-12
        )
    total = sum(float(trade["net"]) for trade in trades)
    closing = float(document["account"]["closing_balance"])
    assert closing == pytest.approx(float(document["account"]["balance"]) + total, abs=1e-6)
