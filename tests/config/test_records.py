"""Settings that contradict themselves are refused where they are read."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ictcli.clock import parse_duration
from ictcli.config.reconcile import ReconcileConfig
from ictcli.config.records import AccountConfig, Config, RiskConfig, SizingConfig
from ictcli.reconcile.tolerances import Tolerances


@pytest.mark.parametrize(
    ("record", "table", "reason"),
    [
        (SizingConfig, {"method": "volatility"}, "target_volatility must be above 0"),
        (SizingConfig, {"method": "guess"}, "Invalid enum value"),
        (SizingConfig, {"lots": "0"}, "lots must be above 0"),
        (SizingConfig, {"lots": "NaN"}, "lots must be above 0"),
        (SizingConfig, {"kelly_share": 1.5}, "<= 1"),
        (SizingConfig, {"notional": 0.0}, "> 0"),
        (RiskConfig, {"per_trade": -0.1}, ">= 0"),
        (RiskConfig, {"drawdown": 1.1}, "<= 1"),
        (RiskConfig, {"pause_days": 0}, ">= 1"),
        (RiskConfig, {"heat": "much"}, "Expected `float`"),
        (AccountConfig, {"mode": "both"}, "Invalid enum value"),
        (AccountConfig, {"stop_out": 2.0}, "<= 1"),
        (ReconcileConfig, {"volume_steps": "0"}, "volume_steps must be above 0"),
        (ReconcileConfig, {"price_ticks": "NaN"}, "price_ticks must be from 0 to 1000"),
        (ReconcileConfig, {"average": "-0.1"}, "average must be from 0 to 1"),
        (ReconcileConfig, {"since": "0h"}, "since must be above 0"),
        (ReconcileConfig, {"clock_halt": "0s"}, "clock_halt must not be below clock_warn"),
        (ReconcileConfig, {"lag": "soon"}, "matching"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    record: type[msgspec.Struct], table: dict[str, Any], reason: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert(table, record)


def test_volatility_needs_its_target_only() -> None:
    assert SizingConfig(method="volatility", target_volatility=0.1).notional == 1.0


def test_the_default_trade_fits_into_the_default_limits() -> None:
    config = Config()
    limits = config.risk
    shares = [limits.per_trade, limits.per_symbol, limits.per_group, limits.heat]
    assert config.account.risk_per_trade < shares[0]
    assert shares == sorted(shares)
    assert limits.correlated_heat <= limits.heat
    assert limits.daily_loss < limits.drawdown
    assert config.sizing.throttle == limits.drawdown
    assert config.account.balance > Decimal(0)


def test_the_tolerances_of_reconcile_are_the_ones_it_uses() -> None:
    config, known = ReconcileConfig(), Tolerances()
    for name in ("price_ticks", "volume_steps", "money_units", "aggregate_units", "average"):
        assert getattr(config, name) == getattr(known, name)
    for name in ("time", "clock_warn", "clock_halt"):
        assert parse_duration(getattr(config, name)) == getattr(known, name)
