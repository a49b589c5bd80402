"""Compilation in several processes leaves nothing to compile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.warming import cold, compile_one, warm

CANDLES = ("engulfing", "impulse", "inside_bar", "momentum_run", "nr7", "pin_bar")
CODE = f"""
from ictcli.detectors.plan import Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.warming import cold, warm

if __name__ == "__main__":
    plan = make_plan([DETECTORS[name] for name in {CANDLES!r}], DETECTORS, Settings(60 * 10**9))
    said = []
    print(len(cold(plan)), warm(plan, lambda *done: said.append(done[1:])), cold(plan), said[-1])
    print(warm(plan))
"""


@pytest.mark.proof
def test_an_empty_cache_is_filled_once(tmp_path: Path) -> None:
    script = tmp_path / "fill.py"
    script.write_text(CODE)
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "ICTCLI_CACHE_DIR": str(tmp_path / "cache"), "NUMBA_DISABLE_JIT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    if (os.cpu_count() or 1) == 1:
        pytest.skip("one processor: nothing is compiled beside")
    assert done.stdout.splitlines() == ["6 6 [] (6, 6)", "0"]


def test_few_detectors_are_left_to_the_caller() -> None:
    plan = make_plan([DETECTORS["nr7"]], DETECTORS, Settings(60 * 10**9))
    compile_one("nr7")
    assert cold(plan) == []
    assert warm(plan) == 0
