"""Trade every shipped strategy over real bars and write docs/results.md.

    ICTCLI_REAL_DATA=... python docs/results.py

Equal bars, parameters and version give an equal page, but for the minutes that it took.
"""

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from ictcli.config.records import AccountConfig, BacktestConfig, Config, RiskConfig, SizingConfig
from ictcli.market.bars import SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Request, Workshop, load_floor
from ictcli.research.choices import choose_strategies
from ictcli.research.metrics.trades import decisive_metrics
from ictcli.research.metrics.values import Metric, Resampling, floats
from ictcli.research.playing import Played, play
from ictcli.stats.bootstrap import bootstrap_mean
from ictcli.stats.multiplicity import benjamini_hochberg
from ictcli.store.store import Store
from ictcli.telemetry import silent

PAGE = Path(__file__).parent / "results.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
LABELS = {
    "ftmo": ("*_ftmo",),
    "ftmox": ("*_ftmox",),
    "broker_b": ("*_M15_brokerB", "???USD_H1_brokerB", "USDJPY_H1_brokerB"),
    "broker_b_2023": ("*_brokerB2023",),
    "broker_c": ("*_brokerC",),
    "broker_d": ("*_brokerD",),
    "broker_e": ("*_brokerE",),
    "broker_f": ("*_brokerF",),
    "broker_g": ("*_brokerG", "*_brokerG20*"),
    "broker_h": ("*_brokerH20*",),
    "broker_i": ("*_brokerI20*",),
    "broker_j": ("*_brokerJ",),
    "dukalike": ("*_dukalike20*",),
    "btpy": ("*_btpy",),
    "ejtrader": ("*_ejtrader",),
    "exnesslike": ("*_exnesslike",),
    "kraken": ("BTCUSD_*_kraken", "BTCUSDT_*_kraken"),
    "binanceus": ("BTCUSD_*_binanceus*", "BTCUSDT_*_binanceus*"),
    "bybit": ("*_bybit",),
    "firstrate": ("*_firstrate",),
}
"""Source = which of ``bars/*.parquet``; files of one source and symbol are joined."""
RETESTS = ("model2022", "unicorn", "ob_retest", "fvg_retest", "turtle_soup", "breaker")
NULL, HOLD, HOURS = "random_entry", "buy_hold", "silver_bullet"
FEWEST, LEVEL, SEED = 30, 0.05, 1
RISK = Decimal(1000)
CONFIG = Config(
    account=AccountConfig(balance=10_000 * RISK, risk_per_trade=0.0001, stop_out=0.0),
    backtest=BacktestConfig(slippage_points=1, seed=SEED),
    sizing=SizingConfig(compound=False, throttle=0.0),
    risk=RiskConfig(
        per_trade=0.0, per_symbol=0.0, per_group=0.0, heat=0.0, correlated_heat=0.0, daily_loss=0.0,
        drawdown=0.0, losses_in_a_row=0, orders_per_day=0, spread=0.0,
    ),
    strategies={NULL: {"probability": 0.05}},
)  # fmt: skip
HOW = Resampling(20_000, SEED, 0.95)


@dataclass(frozen=True, slots=True)
class Row:
    """One strategy on one series: three metrics with intervals, net result, two-sided p of the expectancy.

    ``spread`` is the median in points; in brackets where the source has none and the typical one counts.
    """

    key: SeriesKey
    span: str
    spread: str
    strategy: str
    trades: int
    expectancy: Metric
    win_rate: Metric
    factor: Metric
    net: float
    p: float | None

    @property
    def judged(self) -> bool:
        """Whether there are trades enough for a verdict."""
        return self.trades >= FEWEST and self.expectancy.value is not None


def workshop(data: Path, folder: Path) -> Workshop:
    """A workspace with the bars of ``LABELS``, fetched as a user would."""
    environment = {**os.environ, "ICTCLI_WORKSPACE": str(folder), "NO_COLOR": "1"}
    _program(["init", str(folder)], environment)
    for label, patterns in LABELS.items():
        for file in sorted(path for each in patterns for path in (data / "bars").glob(f"{each}.parquet")):
            wanted = ["fetch", "--source", "file", "--path", str(file), "--label", label, "--yes"]
            _program(wanted, environment)
    store = Store(folder / "data", folder / "state", 0, {})
    return Workshop(store, load_symbols(folder / "config" / "symbols.toml"), CONFIG, folder)


def _program(arguments: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ictcli", *arguments], env=environment, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"ictcli {' '.join(arguments)}\n{done.stderr}")


def plan(shop: Workshop) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Source, symbol, timeframe and the strategies that trade it."""
    stored: dict[tuple[str, str], set[str]] = {}
    for key in sorted(shop.store.keys(), key=str):
        stored.setdefault((key.symbol, key.source), set()).add(key.timeframe.name)
    for (symbol, source), have in sorted(stored.items()):
        short = {"M1", "M3", "M5"} & have
        for timeframe in ("M1", "M5"):
            if timeframe in have:
                yield source, symbol, timeframe, (HOURS, NULL)
        longer = {"M15", "M30", "H1"} & have | ({"M15"} if short else set())
        for timeframe in sorted(longer, key=("M15", "M30", "H1").index):
            yield source, symbol, timeframe, (*RETESTS, NULL, HOLD)


def floor_of(shop: Workshop, source: str, symbol: str, timeframe: str) -> Floor:
    """The bars of one series, and the shorter ones that resolve them."""
    wanted = Request((symbol,), (), {}, parse_timeframe(timeframe), source, None, None, SEED, None)
    return load_floor(wanted, shop, silent)[0]


def played(floor: Floor, strategy: str) -> Played:
    """One strategy alone on an account."""
    return play(floor, choose_strategies([strategy], CONFIG.strategies, {}), CONFIG)


def measured(floor: Floor, strategy: str, result: Played) -> Row:
    """The row of one strategy on one series."""
    series, trades = floor.series[0], result.trades
    said = series.bars.spread[series.bars.spread >= 0]
    metrics = decisive_metrics(trades, HOW)
    multiples = floats(trades, "r_multiple")
    known = np.ascontiguousarray(multiples[~np.isnan(multiples)])
    return Row(
        key=series.key,
        span=f"{_day(int(series.bars.ts[0]))} to {_day(int(series.bars.ts_close[-1]))}",
        spread=f"{np.median(said):.0f}" if len(said) else f"({result.typical[0]})",
        strategy=strategy,
        trades=len(trades),
        expectancy=metrics["net_expectancy_r"],
        win_rate=metrics["win_rate"],
        factor=metrics["profit_factor"],
        net=math.fsum(floats(trades, "net")),
        p=_p_value(known) if len(known) >= FEWEST else None,
    )


def _p_value(multiples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """Two-sided, from the block bootstrap of the mean: how seldom a resampled mean crosses zero."""
    draws = bootstrap_mean(multiples, HOW.resamples, HOW.seed)
    fewer = min(np.count_nonzero(draws <= 0), np.count_nonzero(draws >= 0))
    return float(min(1.0, 2 * (int(fewer) + 1) / (HOW.resamples + 1)))


def _day(ns: int) -> str:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y-%m-%d")


def rows_of(shop: Workshop) -> list[Row]:
    """Every strategy on every series."""
    rows = []
    for source, symbol, timeframe, strategies in plan(shop):
        floor = floor_of(shop, source, symbol, timeframe)
        rows += [measured(floor, name, played(floor, name)) for name in strategies]
        sys.stderr.write(f"{source}/{symbol}/{timeframe}\n")
    return rows


def table(rows: Sequence[Row]) -> tuple[list[str], str]:
    """Lines of the table, and the sentence on what survives."""
    nulls = {str(row.key): row for row in rows if row.strategy == NULL}
    judged = [row for row in rows if row.judged]
    tested = benjamini_hochberg([row.p for row in judged], LEVEL)
    adjusted = {id(row): q for row, q in zip(judged, tested.adjusted, strict=True)}
    head = (
        "series", "bars from", "to", "spread pt", "strategy", "trades", "expectancy R", "95 %", "win rate",
        "95 %", "profit factor", "net USD", "p", "p (BH)", f"{NULL} R",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in rows:
        since, until = row.span.split(" to ")
        q = adjusted.get(id(row))
        cells = (
            str(row.key), since, until, row.spread, row.strategy, f"{row.trades:,}",
            *_metric(row.expectancy, "+.3f", judged=row.judged),
            *_metric(row.win_rate, ".1%", judged=row.judged),
            _number(row.factor.value, ".2f"), f"{row.net:,.0f}",
            _number(row.p, ".4f"), f"under {FEWEST}" if q is None else f"{q:.4f}",
            _number(nulls[str(row.key)].expectancy.value, "+.3f"),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines, _survivors(judged, tested.rejected)


def _metric(metric: Metric, form: str, *, judged: bool) -> tuple[str, str]:
    if metric.low is None or metric.high is None or not judged:
        return _number(metric.value, form), "-"
    return _number(metric.value, form), f"{metric.low:{form}} to {metric.high:{form}}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"


def _survivors(judged: Sequence[Row], rejected: Sequence[bool]) -> str:
    kept = [row for row, fell in zip(judged, rejected, strict=True) if fell]
    gains = [row for row in kept if (row.expectancy.value or 0.0) > 0]
    ours = [row for row in gains if row.strategy not in (NULL, HOLD)]
    text = (
        f"Of {len(judged)} rows with {FEWEST} trades or more, {len(kept)} differ from zero at a false "
        f"discovery rate of {LEVEL:.0%} over the whole table: {len(kept) - len(gains)} lose, "
        f"{len(gains)} gain."
    )
    if not ours:
        return f"{text} **No strategy has an edge on these bars.**"
    names = "; ".join(f"{row.strategy} on {row.key}" for row in ours)
    return f"{text} Gains of strategies: {names}."


def sums(rows: Sequence[Row]) -> list[str]:
    """Lines of the table per strategy."""
    head = (
        "strategy", "series", "judged", "trades", "mean of expectancies R", "above 0", "interval above 0",
        "interval below 0", "above random_entry",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    nulls = {str(row.key): row.expectancy.value for row in rows if row.strategy == NULL}
    for name in (*RETESTS, HOURS, NULL, HOLD):
        own = [row for row in rows if row.strategy == name]
        judged = [row for row in own if row.judged]
        values = [row.expectancy.value or 0.0 for row in judged]
        bounds = [(row.expectancy.low or 0.0, row.expectancy.high or 0.0) for row in judged]
        beaten = sum(value > (nulls[str(row.key)] or 0.0) for row, value in zip(judged, values, strict=True))
        cells = (
            name, str(len(own)), str(len(judged)), f"{sum(row.trades for row in own):,}",
            f"{math.fsum(values) / len(values):+.3f}" if values else "-", str(sum(v > 0 for v in values)),
            str(sum(low > 0 for low, _ in bounds)), str(sum(high < 0 for _, high in bounds)),
            "-" if name == NULL else str(beaten),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def page(rows: Sequence[Row], minutes: int) -> str:
    """The page with its generated part replaced."""
    lines, survivors = table(rows)
    series = len({str(row.key) for row in rows})
    run = f"{len(rows)} rows on {series} series; fetching, trading and resampling took {minutes} minutes."
    parts = [survivors, run, "\n".join(sums(rows)), "\n".join(lines)]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    generated = "\n\n".join(parts)
    return f"{before}{BEGIN}\n\n{generated}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write the page."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        shop = workshop(Path(os.environ["ICTCLI_REAL_DATA"]).resolve(), Path(folder))
        rows = rows_of(shop)
    PAGE.write_text(page(rows, math.ceil((time.monotonic() - began) / 60)), encoding="utf-8")


if __name__ == "__main__":
    main()
