"""Whatever number a parameter is given: refused with its limits, or meant exactly as written."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.config.records import Config
from ictcli.engine.simulate import account, simulate
from ictcli.errors import ConfigError, UsageError
from ictcli.market.symbols import load_symbols
from ictcli.research.choices import choose_strategy
from ictcli.strategies.fvg_retest import FvgRetestParams
from tests.research.conftest import random_walk

NUMBERS = [
    field.name for field in msgspec.structs.fields(FvgRetestParams) if type(field.default) in (int, float)
]
EXTREMES = [
    *(
        "inf",
        "-inf",
        "nan",
        "1e300",
        "1e-300",
        "1e999",
        "-0",
        "0",
        "0.001",
        "1000",
        "1000.0000001",
        "1e3",
        "1_0",
    ),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "9" * 20,
        "9" * 5000,
        "",
        " ",
        "0x10",
    ),
    *("1", "500", "501", "128", "129", "1000000", "1000001", "true", "null", "1.5", "٣"),
]
TEXTS = (
    st.sampled_from(EXTREMES)
    | st.integers(-(2**70), 2**70).map(str)
    | st.integers(0, 1200).map(str)
    | st.floats().map(repr)
    | st.floats(0, 1000).map(repr)
)
BARS = random_walk(1, 1_500, 110_000, 5)
SPEC = load_symbols(None).require("EURUSD")
ON = account("USD", Config().account.balance, 0.005, compound=True, slippage=0, same_as={})


@pytest.mark.parametrize("name", NUMBERS)
@given(text=TEXTS)
def test_a_given_number_is_refused_with_its_limits_or_kept(name: str, text: str) -> None:
    try:
        choice = choose_strategy("fvg_retest", {}, {name: text, "windows": ""})
    except UsageError as error:
        assert error.message.startswith(f"--param: {name} must be a ")
        assert " from " in error.message
        return
    kept = getattr(choice.params, name)
    assert Decimal(kept) == Decimal(float(text)) if isinstance(kept, float) else kept == Decimal(text)


@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            "reward_risk": st.floats(0.001, 1000),
            "buffer_atr": st.floats(0, 1000),
            "min_size_atr": st.floats(0, 1),
            "max_bars": st.integers(0, 1_000_000),
            "hold": st.sampled_from(["bottom", "middle", "top"]),
        },
    )
)
def test_every_allowed_value_is_traded_as_written(values: dict[str, object]) -> None:
    choice = choose_strategy("fvg_retest", {"fvg_retest": {**values, "windows": ""}}, {})
    params = choice.params
    assert isinstance(params, FvgRetestParams)
    signals = choice.strategy.run(BARS, params)
    close = BARS.close[signals.bar]
    distance = signals.side * (close - signals.stop)
    reward = signals.side * (signals.target - close)
    assert (distance > 0).all()
    assert np.all(np.abs(reward - np.maximum(params.reward_risk * distance, 1)) <= 1)
    assert (signals.max_bars == params.max_bars).all()
    result = simulate(BARS, signals, SPEC, ON)
    held = result.trades["closed"] - result.trades["opened"] + 1
    assert params.max_bars == 0 or not len(held) or held.max() <= params.max_bars


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), 10**30, -(10**30), "7", True, Decimal("1e400")]
)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_configured_number_is_refused_with_its_limits(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"^strategies\.fvg_retest\.{name} must be a .* from "):
        choose_strategy("fvg_retest", {"fvg_retest": {name: value}}, {})
