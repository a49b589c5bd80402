"""What people are told while the compiler runs for a backtest, and what is imported to tell them."""

import subprocess
import sys

import numba
import pytest

from ictcli.commands.backtest_compiling import compiling_told
from ictcli.output import Output

NOTE = "compiling engine and detectors (a minute or two) for this machine; later runs start at once"


def compile_two() -> None:
    for number in range(2):
        assert numba.njit(lambda value, more=number: value + more)(1, number) == 1 + number


def test_the_first_compilation_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with compiling_told(Output()):
        assert capsys.readouterr().err == "", "nothing is compiled yet"
        compile_two()
        assert capsys.readouterr().err == NOTE + "\n"
    compile_two()
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with compiling_told(Output(quiet=True)):
        compile_two()
    assert capsys.readouterr().err == ""


def test_a_strategy_of_prices_needs_neither_detectors_nor_polars() -> None:
    modules = ["ictcli.commands.backtest_compiling", "ictcli.research.studies.request"]
    slow = ["polars", "ictcli.detectors.registry", "ictcli.strategies.ict.model2022"]
    code = (
        f"import sys, {', '.join(modules)}\n"
        "from ictcli.research.choices import choose_strategies\n"
        "assert choose_strategies(['sma_cross'], {}, {})[0].strategy.name == 'sma_cross'\n"
        f"print([name for name in {slow!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
