import subprocess
import sys
from pathlib import Path
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


WITHIN_SOURCE = """
from ictcli.interrupts import Hold
try:
    exec("Hold().press()")
except KeyboardInterrupt:
    raise SystemExit(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the operating system's way of ending on SIGINT")
@pytest.mark.parametrize(("press", "code"), [("Hold().press()", 7), ("raise KeyboardInterrupt", -2)])
def test_ctrl_c_in_source_that_is_run_from_a_string_leaves_the_exit_code_alone(
    press: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "pressed.py").write_text(WITHIN_SOURCE.replace("Hold().press()", press))
    ended = subprocess.run([sys.executable, "-m", "pressed"], cwd=tmp_path, check=False)
    assert ended.returncode == code


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
