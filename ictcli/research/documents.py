"""The document of a run: everything about it that is not a table, as plain values ready for JSON."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta

from ictcli import __version__
from ictcli.clock import iso
from ictcli.config.records import Config
from ictcli.config.wording import refused
from ictcli.engine.assumptions import ASSUMPTIONS
from ictcli.errors import DataError
from ictcli.market.timeframes import Timeframe
from ictcli.research.choices import Choice
from ictcli.research.gates import Check, GateResult
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.series import Series

SCHEMA = 2
"""Version of the run document; raised when a key changes its meaning or disappears."""


class SeriesShape(msgspec.Struct, frozen=True):
    """What must be known of each series of a kept run."""

    source: str
    symbol: str
    stored: str
    content: str
    digits: int
    bars: int
    spread_known: float
    spread_points: float
    commission: str
    quote: str
    first: str
    last: str
    signals: int
    trades: int
    refusals: dict[str, int]


class MetricShape(msgspec.Struct, frozen=True):
    """A kept metric."""

    value: float | str | None
    low: float | str | None
    high: float | str | None
    n: int


class AccountShape(msgspec.Struct, frozen=True):
    """The account of a kept run."""

    currency: str
    balance: str
    risk_per_trade: float
    sized_on: str


class RunShape(msgspec.Struct, frozen=True):
    """What a kept run's document must hold before anything is read from it."""

    schema: int
    run: str
    created: str
    strategy: str
    timeframe: str
    seed: int
    confidence: float
    resamples: Annotated[int, Meta(ge=0)]
    version: str
    content_hash: str
    account: AccountShape
    series: Annotated[list[SeriesShape], Meta(min_length=1)]
    metrics: dict[str, MetricShape]
    gate: GateResult | None
    params: dict[str, Any]
    assumptions: list[dict[str, str]]
    provenance: dict[str, Any]


_INPUTS = (
    *("schema", "strategies", "timeframe", "seed", "confidence", "resamples", "version"),
    *("sizing", "risk", "fills"),
)
_FILLS = (
    "slippage_points",
    "slippage_share",
    "limit_through",
    "fill_share",
    "lots_per_tick",
    "unfilled",
    "resolve",
)


@dataclass(frozen=True, slots=True)
class Leg:
    """One series of a run: its bars, and what of it was signalled, traded and refused.

    Attributes:
        typical: spread in points where a bar has none.
        resolved: timeframe of the shorter bars that resolve what happens within a bar, empty for none.
        signals: entries that strategies asked for.
        trades: of this series.
        refusals: number of entries by what became of them, without the filled ones.
    """

    series: Series
    typical: int
    resolved: str
    signals: int
    trades: int
    refusals: Mapping[str, int]


def run_document(
    config: Config,
    choices: Sequence[Choice],
    timeframe: Timeframe,
    seed: int,
    legs: Sequence[Leg],
    trades: pa.Table,
) -> dict[str, Any]:
    """What was run on what, before any metric: strategies, account, series, assumptions."""
    net = pc.sum(trades.column("net")).as_py() or 0
    names = dict.fromkeys(choice.strategy.name for choice in choices)
    chosen = [
        {
            "name": one.strategy.name,
            "version": one.version,
            "source": one.source,
            "params": msgspec.to_builtins(one.params),
            **one.judge,
        }
        for one in choices
    ]
    return {
        "schema": SCHEMA,
        "kind": "backtest",
        "strategy": " + ".join(names),
        "strategies": chosen,
        "params": chosen[0]["params"] if len(chosen) == 1 else {},
        "timeframe": timeframe.name,
        "seed": seed,
        "confidence": config.backtest.confidence,
        "resamples": config.backtest.resamples,
        "version": __version__,
        "account": {
            "currency": config.account.currency,
            "balance": f"{config.account.balance:.2f}",
            "closing_balance": f"{config.account.balance + net:.2f}",
            "mode": config.account.mode,
            "risk_per_trade": config.account.risk_per_trade,
            "sized_on": "running equity" if config.sizing.compound else "opening balance",
            "slippage_points": config.backtest.slippage_points,
        },
        "sizing": msgspec.to_builtins(config.sizing),
        "risk": msgspec.to_builtins(config.risk),
        "detect": msgspec.to_builtins(config.detect),
        "fills": {name: msgspec.to_builtins(getattr(config.backtest, name)) for name in _FILLS},
        "series": [_series(leg) for leg in legs],
        "trades": len(trades),
        "assumptions": [{"about": item.topic, "assumed": item.rule} for item in ASSUMPTIONS],
    }


def require_document(document: Mapping[str, Any], run: str) -> None:
    """Check a kept document before it is read.

    Raises:
        DataError: it is not a backtest's document of this version.
    """
    try:
        shape = msgspec.convert(document, RunShape)
    except msgspec.ValidationError as error:
        raise DataError(
            f"run {run!r} is not readable: {refused(error, RunShape, document)}",
            hint="Run the backtest again.",
        ) from error
    unknown = set(shape.metrics) - set(METRICS)
    if shape.schema != SCHEMA or unknown or not {"trades", "net_expectancy_r"} <= set(shape.metrics):
        raise DataError(f"run {run!r} was kept by another version", hint="Run the backtest again.")


def content_hash(
    document: dict[str, Any], checks: Sequence[Check], asked: Mapping[str, Any] | None = None
) -> str:
    """Hash of everything that decides a run's outcome; equal inputs have equal hashes.

    Args:
        document: of the run.
        checks: of its gate.
        asked: what was studied besides: searches, costs, nulls.
    """
    account = {key: value for key, value in document["account"].items() if key != "closing_balance"}
    series = [
        {key: one[key] for key in ("stored", "content", "specification", "resolved", "first", "last", "bars")}
        for one in document["series"]
    ]
    facts = {name: document[name] for name in _INPUTS}
    facts |= {"account": account, "series": series, "checks": msgspec.to_builtins(list(checks))}
    if asked:
        facts["asked"] = dict(asked)
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def _series(leg: Leg) -> dict[str, Any]:
    series, bars, spec = leg.series, leg.series.bars, leg.series.spec
    known = bars.spread >= 0
    spread = np.where(known, bars.spread, leg.typical)
    return {
        "source": series.key.source,
        "symbol": series.key.symbol,
        "timeframe": series.key.timeframe.name,
        "stored": str(series.stored),
        "content": series.content,
        "resolved": leg.resolved,
        "digits": bars.digits,
        "bars": len(bars),
        "spread_known": float(known.mean()),
        "spread_points": float(np.median(spread)),
        "spread_most": float(spread.max()),
        "commission": f"{spec.commission:f}",
        "swap_long": f"{spec.swap_long:f}",
        "swap_short": f"{spec.swap_short:f}",
        "quote": spec.quote,
        "specification": hashlib.sha256(msgspec.json.encode(spec)).hexdigest(),
        "first": iso(int(bars.ts[0])),
        "last": iso(int(bars.ts_close[-1])),
        "signals": leg.signals,
        "trades": leg.trades,
        "refusals": dict(leg.refusals),
    }
