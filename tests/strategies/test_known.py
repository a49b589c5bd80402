"""Finding strategies and giving them parameters."""

import math
from typing import get_args, get_type_hints

import msgspec
import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.errors import ConfigError, UsageError
from ictcli.strategies.ict.fvg_retest import FvgRetestParams
from ictcli.strategies.known import STRATEGIES, configure, find
from ictcli.strategies.protocol import Strategy

every = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=list(STRATEGIES))


def test_strategies_are_found_by_name_with_a_suggestion_for_typos() -> None:
    assert find("fvg_retest") is STRATEGIES["fvg_retest"]
    with pytest.raises(UsageError) as refused:
        find("fvg_retets")
    assert "Did you mean fvg_retest?" in refused.value.hint


def test_every_strategy_is_called_what_its_name_finds() -> None:
    assert [strategy.name for strategy in STRATEGIES.values()] == list(STRATEGIES)
    assert "registry" not in STRATEGIES
    with pytest.raises(KeyError):
        STRATEGIES["registry"]


def test_config_values_become_parameters() -> None:
    params = configure(STRATEGIES["fvg_retest"], {"hold": "top", "max_bars": 12})
    assert params == FvgRetestParams(hold="top", max_bars=12)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reward_risc": 2.0}, "unknown parameter 'reward_risc'"),
        ({"reward_risk": -1.0}, r"reward_risk must be a number from 0.001 to 1000"),
        ({"reward_risk": math.nan}, r"reward_risk must be a number from 0.001 to 1000"),
    ],
)
def test_wrong_config_values_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        configure(STRATEGIES["fvg_retest"], values)


@every
def test_numbers_among_the_parameters_refuse_infinity_and_nan(strategy: Strategy) -> None:
    hints = get_type_hints(strategy.params, include_extras=True)
    for field in msgspec.structs.fields(strategy.params):
        if float in (hints[field.name], *get_args(hints[field.name])):
            for value in (math.inf, -math.inf, math.nan):
                with pytest.raises(ConfigError):
                    configure(strategy, {field.name: value})


@every
def test_every_parameter_is_described(strategy: Strategy) -> None:
    described = strategy.params.__doc__ or ""
    for field in msgspec.structs.fields(strategy.params):
        assert f"        {field.name}: " in described or not strategy.params.__struct_fields__


@every
def test_a_state_is_one_record_of_the_declared_type(strategy: Strategy) -> None:
    state = strategy.init_state(strategy.params(), NS_PER_MINUTE)
    assert state.dtype == strategy.state
    assert state.shape == (1,)
    assert strategy.state.itemsize == len(state.tobytes())
    assert isinstance(strategy.state, np.dtype)


@every
def test_reasons_are_short_distinct_and_begin_with_none(strategy: Strategy) -> None:
    assert strategy.reasons[0] == ""
    assert len(set(strategy.reasons)) == len(strategy.reasons)
    assert all(reason and len(reason) <= 60 and not reason.endswith(".") for reason in strategy.reasons[1:])
