"""Every configuration key: its type, its limits, its default and one paragraph of documentation."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ictcli.config.alerts import AlertsConfig
from ictcli.config.backup import BackupConfig
from ictcli.config.fields import (
    Count,
    Duration,
    Fraction,
    Record,
    Share,
    SourceName,
    TimeframeLiteral,
    TimeframeName,
    doc,
    instant,
    instant_or_age,
)
from ictcli.config.logs import LogConfig
from ictcli.config.metrics import MetricsConfig
from ictcli.config.reconcile import ReconcileConfig
from ictcli.config.stress import StressConfig
from ictcli.config.trading import BrokerConfig, TradeConfig


class DataConfig(Record, frozen=True):
    """Where files live, relative to the workspace."""

    dir: Annotated[str, doc("Market data, detections, runs: Parquet parts behind manifests.")] = "data"
    state: Annotated[str, doc("Locks, staging areas and checkpoints; always on a local disk.")] = "state"
    keep_replaced: Annotated[
        Duration,
        doc("How long parts replaced by a newer generation stay on disk for readers that still use them."),
    ] = "24h"

    def __post_init__(self) -> None:
        for name in ("dir", "state"):
            if not getattr(self, name).strip() or "\0" in getattr(self, name):
                raise ValueError(f"{name} must name a directory")


class AccountConfig(Record, frozen=True):
    """The account that backtests trade on."""

    currency: Annotated[
        str,
        Meta(pattern=r"^[A-Z]{3,5}$", title="currency code such as USD"),
        doc("Currency of balance, profit, fees."),
    ] = "USD"
    balance: Annotated[Decimal, doc("Opening balance, in the account currency.")] = Decimal("100000.00")
    risk_per_trade: Annotated[
        Fraction,
        doc(
            "Fraction of the equity lost when the stop of one trade is hit, all costs paid, before rounding "
            "down; the share of `sizing.method` risk."
        ),
    ] = 0.005
    mode: Annotated[
        Literal["hedging", "netting"],
        doc("Whether each entry opens its own position, or all of a symbol make one position."),
    ] = "hedging"
    stop_out: Annotated[
        Share,
        doc("Margin level, equity over used margin, below which positions are closed; 0 keeps no margin."),
    ] = 0.5
    same_as: Annotated[
        dict[str, str], doc("Currencies counted one for one as another, such as stablecoins.")
    ] = msgspec.field(default_factory=lambda: {"USDT": "USD", "USDC": "USD"})

    def __post_init__(self) -> None:
        if not (self.balance.is_finite() and 0 < self.balance < Decimal("1e12")):
            raise ValueError("balance must be above 0 and below 1e12")


class SimSource(Record, frozen=True, tag_field="kind", tag="sim"):
    """The built-in simulated market."""

    symbols: Annotated[tuple[str, ...], doc("Symbols to simulate; they share one set of market factors.")] = (
        "EURUSD",
        "XAUUSD",
    )
    timeframe: Annotated[TimeframeName, doc("Bar length to store.")] = "M1"
    start: Annotated[str, doc("First instant, ISO-8601 UTC.")] = "2024-01-01"
    end: Annotated[
        str,
        doc(
            "First instant not simulated, ISO-8601 UTC; or how long ago, such as 1m, and the market goes on."
        ),
    ] = "2025-01-01"
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1), doc("Same seed, same market, bit for bit.")] = 7
    edge: Annotated[
        float,
        Meta(ge=0, le=5),
        doc("Strength of the planted edge; 0 is a martingale on which no strategy can profit before costs."),
    ] = 0.0

    def __post_init__(self) -> None:
        if not self.symbols:
            raise ValueError("symbols must name at least one symbol")
        start, end = instant("start", self.start), instant_or_age("end", self.end)
        if end is not None and start >= end:
            raise ValueError("end must come after start")


class FileSource(Record, frozen=True, tag_field="kind", tag="file"):
    """Files on disk in any format that `fetch --source file` reads."""

    path: Annotated[str, doc("File or glob, relative to the workspace.")]
    symbol: Annotated[str, doc("Symbol of the files; empty: taken from the file name.")] = ""
    timeframe: Annotated[
        TimeframeLiteral | Literal[""],
        Meta(title="timeframe or empty"),
        doc("Timeframe of the files; empty: measured from the stamps."),
    ] = ""
    format: Annotated[str, doc("Importer to use; empty: recognised from the content.")] = ""
    source_tz: Annotated[str, doc("Clock rule of the stamps; empty: inferred, refused when ambiguous.")] = ""
    columns: Annotated[dict[str, str], doc("For generic CSV and Parquet: our column name and theirs.")] = {}


class Mt5Source(Record, frozen=True, tag_field="kind", tag="mt5"):
    """A MetaTrader 5 terminal."""

    broker: Annotated[
        str, doc("Table of `brokers` that says how the terminal is reached; empty: the only one.")
    ] = ""
    symbols: Annotated[tuple[str, ...], doc("Symbols to fetch when none is given on the command line.")] = ()
    timeframe: Annotated[
        TimeframeLiteral | Literal["TICK"], Meta(title="timeframe or TICK"), doc("What to fetch.")
    ] = "M1"
    start: Annotated[str, doc("First instant to fetch, ISO-8601 UTC; later runs add what is new.")] = (
        "2024-01-01"
    )

    def __post_init__(self) -> None:
        instant("start", self.start)


SourceConfig = SimSource | FileSource | Mt5Source


class FetchConfig(Record, frozen=True):
    """How strictly incoming data is judged."""

    max_jump: Annotated[
        float,
        Meta(gt=1, le=1e6),
        doc("A bar is implausible when it moves this many median ranges and straight back."),
    ] = 50.0
    max_quarantined: Annotated[
        float,
        Meta(ge=0, le=1),
        doc("A file of which a larger share of the rows breaks the rules is refused."),
    ] = 0.5
    chunk_rows: Annotated[
        int, Meta(ge=1_000, le=50_000_000), doc("Rows in memory at a time while importing.")
    ] = 500_000


class BacktestConfig(Record, frozen=True):
    """Costs and fills of a backtest."""

    timeframe: Annotated[TimeframeName, doc("Timeframe to trade when none is given on the command line.")] = (
        "M15"
    )
    slippage_points: Annotated[
        int,
        Meta(ge=0, le=1_000_000),
        doc("Adverse slippage of market and stop fills, in points of the series."),
    ] = 0
    slippage_share: Annotated[
        float, Meta(ge=0, le=10), doc("Slippage added to that, as a share of the bar's range.")
    ] = 0.0
    limit_through: Annotated[
        int,
        Meta(ge=0, le=1_000_000),
        doc("Points that the market must trade through a limit order to fill it."),
    ] = 0
    fill_share: Annotated[
        float,
        Meta(ge=0, le=1),
        doc("Share of a bar's volume that one order may fill in it; 0: any volume fills at once."),
    ] = 0.0
    lots_per_tick: Annotated[
        Decimal, doc("Lots that one tick of volume stands for, where `fill_share` is above 0.")
    ] = Decimal("0.1")
    unfilled: Annotated[
        Literal["wait", "cancel"], doc("What becomes of the part of a market order that a bar did not fill.")
    ] = "wait"
    resolve: Annotated[
        bool, doc("Let shorter stored bars, or ticks, decide what came first within a bar.")
    ] = True
    seed: Annotated[
        int, Meta(ge=0, le=2**63 - 1), doc("Seed of the bootstrap behind the reported intervals.")
    ] = 1
    resamples: Annotated[int, Meta(ge=100, le=100_000), doc("Bootstrap resamples per interval.")] = 2000
    confidence: Annotated[float, Meta(gt=0.5, lt=1), doc("Two-sided confidence of every interval.")] = 0.95


class SizingConfig(Record, frozen=True):
    """How much to trade (docs/risk.md)."""

    method: Annotated[
        Literal["lots", "fraction", "risk", "volatility", "kelly"],
        doc(
            "Fixed lots; a share of the equity as notional value; a share of the equity at the stop; a "
            "notional share that follows volatility; a share of Kelly."
        ),
    ] = "risk"
    lots: Annotated[Decimal, doc("Volume of method lots.")] = Decimal("0.01")
    notional: Annotated[
        float,
        Meta(gt=0, le=100),
        doc("Notional value over equity of methods fraction and volatility; 1 is no leverage."),
    ] = 1.0
    compound: Annotated[bool, doc("Size on the current equity instead of the opening balance.")] = True
    target_volatility: Annotated[
        float,
        Meta(ge=0, le=10),
        doc("Yearly volatility that sizes aim at, as a fraction; method kelly only shrinks; 0 for none."),
    ] = 0.0
    volatility_cap: Annotated[
        float, Meta(gt=0, le=100), doc("Most that low volatility may multiply `sizing.notional` by.")
    ] = 2.0
    kelly_share: Annotated[Fraction, doc("Share of the Kelly fraction that is bet.")] = 0.25
    kelly_cap: Annotated[Fraction, doc("Most of the equity that Kelly may put at one stop.")] = 0.02
    throttle: Annotated[
        Share,
        doc("Drawdown from the peak at which sizes have shrunk to 0, in a straight line; 0 for no throttle."),
    ] = 0.10

    def __post_init__(self) -> None:
        if not (self.lots.is_finite() and 0 < self.lots <= Decimal("1e9")):
            raise ValueError("lots must be above 0 and at most 1e9")
        if self.method == "volatility" and self.target_volatility == 0:
            raise ValueError('target_volatility must be above 0 for method "volatility", such as 0.1')


class RiskConfig(Record, frozen=True):
    """Limits that refuse an entry, shares of the equity; 0 switches one off (docs/risk.md)."""

    per_trade: Annotated[Share, doc("Most that one trade may lose at its stop.")] = 0.01
    per_symbol: Annotated[Share, doc("Most at risk in one symbol.")] = 0.015
    per_group: Annotated[
        Share, doc("Most at risk, longs less shorts, in one currency or one class of instruments.")
    ] = 0.03
    heat: Annotated[Share, doc("Most at risk in all positions and orders together.")] = 0.05
    correlated_heat: Annotated[
        Share, doc("Most at risk weighed by the correlation of daily returns, the root of h'Ch.")
    ] = 0.03
    daily_loss: Annotated[
        Share, doc("Loss since 17:00 New York, open positions counted, from which nothing is opened.")
    ] = 0.03
    drawdown: Annotated[Share, doc("Loss from the peak of the equity from which nothing is opened.")] = 0.10
    reentry_days: Annotated[
        Count,
        doc("Trading days after which the drawdown limit starts anew from the equity then; 0 for never."),
    ] = 20
    losses_in_a_row: Annotated[Count, doc("Losing trades in a row that start a pause; 0 for no pause.")] = 6
    pause_days: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)], doc("Trading days of that pause, the current one counted.")
    ] = 1
    orders_per_day: Annotated[Count, doc("Entries a day, all symbols together; 0 for no limit.")] = 50
    positions_per_strategy: Annotated[
        int,
        Meta(ge=1, le=32),
        doc("Orders and positions that one strategy may have in one symbol at a time."),
    ] = 1
    spread: Annotated[
        float,
        Meta(ge=0, le=1000),
        doc("Multiple of the symbol's typical spread above which nothing is opened; 0 for any spread."),
    ] = 5.0
    news: Annotated[
        str,
        doc("Calendar of news, relative to the workspace, such as `config/news.csv`; empty for none."),
    ] = ""


class DetectConfig(Record, frozen=True):
    """Detector parameters shared by detect and backtest."""

    swing_left: Annotated[int, Meta(ge=1, le=500), doc("Bars to the left that a swing must exceed.")] = 5
    swing_right: Annotated[int, Meta(ge=1, le=500), doc("Bars to the right that confirm a swing.")] = 5
    atr_length: Annotated[int, Meta(ge=2, le=500), doc("Bars of Wilder's average true range.")] = 14
    max_active: Annotated[
        int,
        Meta(ge=1, le=128),
        doc("Live zones kept per direction and detector; the oldest is `evicted`."),
    ] = 128
    params: Annotated[
        dict[str, dict[str, bool | int | float | str]],
        doc(
            "Parameters of one detector, or of one of its layers as `detector.layer`; `docs/detectors` "
            "lists them.",
            "params.fvg.min_size_atr = 0.25",
            'params."swing.short".left = 2',
        ),
    ] = {}


class TrainConfig(Record, frozen=True):
    """What models learn from, and how they are judged (docs/train.md)."""

    timeframe: Annotated[TimeframeName, doc("Timeframe to learn when none is given on the command line.")] = (
        "M15"
    )
    features: Annotated[str, doc("Feature set; `docs/features.md` lists them.")] = "core26"
    select: Annotated[
        Literal["all", "stable"],
        doc("Columns that models see: all, or those that rank the labels alike in four of five stretches."),
    ] = "all"
    label: Annotated[
        Literal["barriers", "horizon", "trend"],
        doc("What is foretold: which barrier comes first, the move over a fixed time, or the trend ahead."),
    ] = "barriers"
    horizon: Annotated[
        int, Meta(ge=1, le=5_000), doc("Bars until a label ends at the latest; the longest trend looked at.")
    ] = 24
    target: Annotated[
        float, Meta(gt=0, le=100), doc("Distance of the target, in deviations of one bar's return.")
    ] = 3.0
    stop: Annotated[float, Meta(gt=0, le=100), doc("Distance of the stop, in the same unit.")] = 3.0
    volatility_bars: Annotated[
        int, Meta(ge=10, le=5_000), doc("Bars that a bar's deviation is measured over, the current one last.")
    ] = 100
    every: Annotated[
        int, Meta(ge=1, le=1_000), doc("Bars from one decision to the next, where no strategy decides.")
    ] = 1
    cv: Annotated[
        Literal["walk-forward", "rolling", "purged", "combinatorial"],
        doc("How training and test parts follow each other; all of them purged and embargoed."),
    ] = "walk-forward"
    folds: Annotated[int, Meta(ge=2, le=50), doc("Test parts.")] = 5
    test_folds: Annotated[
        int, Meta(ge=1, le=10), doc("Parts tested together where `cv` is combinatorial.")
    ] = 2
    window: Annotated[
        float, Meta(gt=0, le=1), doc("Share of the bars that one training part spans where `cv` is rolling.")
    ] = 0.4
    embargo: Annotated[
        float,
        Meta(ge=0, le=0.2),
        doc(
            "Share of the bars beside a test part that nothing learns from, at least what features look "
            "back; 0 for none."
        ),
    ] = 0.01
    lockbox: Annotated[
        float, Meta(ge=0, le=0.5), doc("Share of the bars, the last ones, kept for one final look; 0: none.")
    ] = 0.15
    models: Annotated[
        tuple[Literal["lightgbm", "xgboost", "forest", "logistic", "lstm"], ...],
        doc("Models to train; more than one make an ensemble."),
    ] = ("lightgbm",)
    calibration: Annotated[
        Literal["auto", "identity", "sigmoid", "beta", "isotonic"],
        doc("Map from scores to probabilities; auto takes the best one on folds it has not seen."),
    ] = "auto"
    abstain: Annotated[
        float, Meta(ge=0, lt=0.5), doc("Distance from indifference within which nothing is done.")
    ] = 0.02
    most_gap: Annotated[Duration, doc("Longest hole in the bars; one that is longer stops the training.")] = (
        "30d"
    )
    alpha: Annotated[
        float, Meta(gt=0, lt=0.5), doc("Share of labels that may fall outside of prediction sets.")
    ] = 0.1
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1), doc("Seed of everything random.")] = 1
    params: Annotated[
        dict[str, dict[str, float | int | str | bool]],
        doc(
            "Parameters of models by name.", "params.lightgbm.num_leaves = 15", "params.forest.max_depth = 6"
        ),
    ] = {}

    def __post_init__(self) -> None:
        if not self.models or len(set(self.models)) < len(self.models):
            raise ValueError("models must name at least one model, and each once")
        if self.cv == "combinatorial" and self.test_folds >= self.folds:
            raise ValueError("test_folds must be smaller than folds")


class Config(Record, frozen=True):
    """Everything that can be configured."""

    data: DataConfig = DataConfig()
    account: AccountConfig = AccountConfig()
    sources: Annotated[
        dict[SourceName, SourceConfig],
        doc(
            "Data sources by name; `fetch` without arguments refreshes all of them.",
            'sim.kind = "sim"',
            'sim.symbols = ["EURUSD", "XAUUSD"]',
            'broker.kind = "file"',
            'broker.path = "downloads/XAUUSD_M1_*.csv"',
            'broker.source_tz = "ny+7"',
        ),
    ] = {}
    primary: Annotated[
        dict[str, SourceName],
        doc(
            "For a symbol that several sources have: the one that `bars`, detect and backtest use.",
            'XAUUSD = "broker"',
        ),
    ] = {}
    fetch: FetchConfig = FetchConfig()
    detect: DetectConfig = DetectConfig()
    backtest: BacktestConfig = BacktestConfig()
    sizing: SizingConfig = SizingConfig()
    risk: RiskConfig = RiskConfig()
    strategies: Annotated[
        dict[str, dict[str, float | int | bool | str]],
        doc("Parameters of strategies by name.", "fvg_retest.reward_risk = 2.0", "fvg_retest.max_bars = 48"),
    ] = {}
    train: TrainConfig = TrainConfig()
    brokers: Annotated[
        dict[SourceName, BrokerConfig],
        doc(
            "Brokers by name; without any, `trade` uses the simulated terminal.",
            'demo.terminal = "local"',
            "demo.login = 5012345",
            'demo.server_tz = "ny+7"',
        ),
    ] = {}
    trade: TradeConfig = TradeConfig()
    reconcile: ReconcileConfig = ReconcileConfig()
    alerts: AlertsConfig = AlertsConfig()
    metrics: MetricsConfig = MetricsConfig()
    backup: BackupConfig = BackupConfig()
    stress: StressConfig = StressConfig()
    log: LogConfig = LogConfig()
