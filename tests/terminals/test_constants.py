"""The constants are those that ship with the module."""

from enum import IntEnum
from typing import Any

import pytest

from ictcli.terminals import constants
from ictcli.terminals.constants import (
    ERROR_TEXTS,
    ErrorCode,
    Retcode,
    TimeframeCode,
)
from ictcli.terminals.surface import FUNCTIONS, MODULE
from ictcli.terminals.symbol_constants import SymbolExpiration, SymbolFilling, SymbolOrder
from ictcli.terminals.terminal import Terminal
from tests.terminals import shipped


def pairs(text: str) -> dict[str, int]:
    return {name: int(value) for name, _, value in (pair.partition("=") for pair in text.split())}


def test_every_constant_of_the_module_has_its_name_and_value() -> None:
    assert len(MODULE) == 223
    assert dict(MODULE) == pairs(shipped.CONSTANTS)


def test_constants_that_the_module_lacks_are_not_passed_off_as_its_own() -> None:
    lacking = pairs(shipped.LACKING)
    ours = {
        f"{prefix}_{member.name}": member.value
        for prefix, group in (
            ("SYMBOL_FILLING", SymbolFilling),
            ("SYMBOL_ORDER", SymbolOrder),
            ("SYMBOL_EXPIRATION", SymbolExpiration),
        )
        for member in group
    }
    assert ours | {"TRADE_RETCODE_HEDGE_PROHIBITED": int(Retcode.HEDGE_PROHIBITED)} == lacking
    assert not lacking.keys() & MODULE.keys()


def test_hours_are_flagged_and_minutes_are_not() -> None:
    assert int(TimeframeCode.M30) == 30
    assert int(TimeframeCode.H4) == 0x4000 | 4
    assert int(TimeframeCode.D1) == 0x4000 | 24


def test_errors_have_the_texts_of_the_module() -> None:
    assert {int(code): text for code, text in ERROR_TEXTS.items()} == {
        code: text.removesuffix(", <detail>") for code, text in shipped.ERROR_TEXTS.items()
    }
    assert set(ERROR_TEXTS) == set(ErrorCode)


def test_functions_are_those_of_the_module_and_a_terminal_has_no_others() -> None:
    assert list(FUNCTIONS) == shipped.FUNCTIONS.split()
    assert len(FUNCTIONS) == 32
    asked = {name for name in vars(Terminal) if not name.startswith("_")}
    assert asked <= set(FUNCTIONS)


@pytest.mark.parametrize(
    "group",
    [each for each in vars(constants).values() if isinstance(each, type) and issubclass(each, IntEnum)],
)
def test_no_value_has_two_names(group: Any) -> None:
    assert len(group.__members__) == len(list(group))
