"""A run's document and trades, made by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ictcli.engine.trades import TRADES

START = datetime(2024, 1, 30, 9, 0, tzinfo=UTC)
NETS = ("120.00", "-50.00", "-50.50", "75.25", "0.00")


def trade(i: int, net: str) -> dict[str, Any]:
    value = Decimal(net)
    opened = START + timedelta(days=i)
    return {
        "source": "sim",
        "symbol": "EURUSD" if i % 2 == 0 else "XAUUSD",
        "timeframe": "M15",
        "strategy": "fvg_retest",
        "setup": "fvg_retest",
        "setup_number": i,
        "side": "long" if i % 2 == 0 else "short",
        "signal_at": opened,
        "opened_at": opened,
        "closed_at": opened + timedelta(minutes=30),
        "entry": Decimal("1.10000"),
        "stop": Decimal("1.09900"),
        "target": Decimal("1.10200") if i else None,
        "exit": Decimal("1.10200"),
        "exit_reason": "target" if value > 0 else "stop",
        "volume": Decimal("0.50"),
        "gross": value,
        "commission": Decimal("0.00"),
        "fees": Decimal("0.00"),
        "swap": Decimal("0.00"),
        "net": value,
        "costs": Decimal("1.00"),
        "risk": Decimal("50.00"),
        "r_multiple": float(value) / 50,
        "mae_r": 0.5,
        "mfe_r": 2.0,
        "spread_points": 8,
        "slippage_points": 0,
        "ambiguous": i == 1,
        "exits": 1,
        "bars_held": 2,
        "zone": i or None,
    }


@pytest.fixture
def trades() -> pa.Table:
    """Five trades over two months and two symbols."""
    return pa.Table.from_pylist([trade(i, net) for i, net in enumerate(NETS)], schema=TRADES)


def metric(
    value: float | str | None, low: float | None = None, high: float | None = None, n: int = 5
) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": n}


def series(symbol: str, digits: int) -> dict[str, Any]:
    return {
        "source": "sim",
        "symbol": symbol,
        "timeframe": "M15",
        "stored": f"sim/{symbol}/M1",
        "content": "ab" * 32,
        "digits": digits,
        "bars": 1000,
        "spread_known": 1.0,
        "spread_points": 8.0,
        "spread_most": 40.0,
        "commission": "3.50" if symbol == "EURUSD" else "0",
        "quote": "USD",
        "specification": "ef" * 32,
        "first": "2024-01-01T00:00:00Z",
        "last": "2024-03-01T00:00:00Z",
        "signals": 4,
        "trades": 3,
        "refusals": {"in_position": 1},
    }


@pytest.fixture
def document() -> dict[str, Any]:
    """The document of the run with those trades, as a run keeps it."""
    check = {
        "condition": "net_expectancy_r (low) > 0",
        "metric": "net_expectancy_r",
        "op": ">",
        "value": 0.0,
        "bound": "low",
        "min_n": 0,
        "found": 0.379,
        "found_bound": -0.5,
        "n": 5,
        "verdict": "INCONCLUSIVE",
        "reason": "interval includes the limit",
    }
    return {
        "run": "20240301T000000Z-abcdef01",
        "created": "2024-03-01T00:00:00Z",
        "schema": 1,
        "kind": "backtest",
        "strategy": "fvg_retest",
        "params": {"max_bars": 48},
        "timeframe": "M15",
        "seed": 1,
        "confidence": 0.95,
        "resamples": 2000,
        "version": "0.1.0",
        "account": {
            "currency": "USD",
            "balance": "10000.00",
            "closing_balance": "10094.75",
            "risk_per_trade": 0.005,
            "sized_on": "opening balance",
            "slippage_points": 0,
        },
        "series": [series("EURUSD", 5), series("XAUUSD", 2)],
        "trades": 5,
        "assumptions": [{"about": "entry", "assumed": "market order at the next open"}],
        "metrics": {
            "win_rate": metric(0.4, 0.1, 0.8),
            "trades": metric(5),
            "net_expectancy_r": metric(0.379, -0.5, 1.2),
            "net_profit": metric("94.75"),
            "profit_factor": metric(None),
        },
        "gate": {"file": "config/gates.toml", "verdict": "INCONCLUSIVE", "checks": [check]},
        "content_hash": "cd" * 32,
        "provenance": {"argv": ["backtest", "EURUSD", "--strategy", "fvg_retest"], "config": "ef" * 32},
    }
