"""The quick profile as an operator runs it: every scenario, below three minutes, nothing missed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ictcli.stress.registry import NAMES, scenario
from ictcli.workspace import create

MOST = 180.0
"""Seconds on two cores that do nothing else, compiled beforehand."""
PROGRAM = [sys.executable, "-m", "ictcli", "stress", "--json"]
STRATEGY = ["--strategy", "fvg_retest"]


def stress(desk: Path, *more: str) -> Any:
    done = subprocess.run(
        [*PROGRAM, *more], cwd=desk, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 3}, done.stderr
    return json.loads(done.stdout)


@pytest.mark.proof
def test_the_quick_profile_misses_nothing_and_takes_less_than_three_minutes(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    create(tmp_path)
    for name in NAMES:  # compiles what is not compiled yet
        stress(tmp_path, "--scenario", name, *(STRATEGY if scenario(name).traded else []))
    found = stress(tmp_path, *STRATEGY)
    claims = {claim["name"]: claim for one in found["scenarios"] for claim in one["claims"]}
    proof_facts |= {
        "seconds": found["seconds"],
        "load_before": found["machine"]["load"],
        "claims": {name: [one["value"], one["n"], one["verdict"]] for name, one in claims.items()},
    }
    assert [one["name"] for one in found["scenarios"]] == list(NAMES)
    assert found["seconds"] < MOST
    assert [name for name, claim in claims.items() if claim["verdict"] == "fail"] == []
