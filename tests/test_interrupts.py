import sys
from typing import Any

import numba
import pytest

import ictcli.kernels  # noqa: F401 - importing it is what makes the compiler announce itself
from ictcli.interrupts import COMPILING, Hold


def test_ctrl_c_interrupts_at_once_outside_a_section() -> None:
    with pytest.raises(KeyboardInterrupt):
        Hold().press()


def test_ctrl_c_inside_nested_sections_waits_for_the_outermost_end() -> None:
    hold = Hold()
    hold.enter()
    hold.enter()
    hold.press()
    hold.leave()
    with pytest.raises(KeyboardInterrupt):
        hold.leave()
    hold.enter()
    hold.leave()


def test_the_compiler_is_such_a_section(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ictcli.kernels" in sys.modules
    entered: list[str] = []
    monkeypatch.setattr(COMPILING, "enter", lambda: entered.append("enter"))
    monkeypatch.setattr(COMPILING, "leave", lambda: entered.append("leave"))

    def double(x: int) -> int:
        return 2 * x

    compiler: Any = numba.njit
    twice = compiler(double)
    assert twice(21) == 42
    compiled = hasattr(twice, "py_func")
    assert entered[:1] + entered[-1:] == (["enter", "leave"] if compiled else [])
