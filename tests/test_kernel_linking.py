"""Kernels that kernels call: linked into each caller, for Python as if compiled alone."""

import os
import subprocess
import sys
from pathlib import Path

CALLEES = """
from ictcli.kernels import array_kernel, hot_kernel, kernel
import numpy as np

@kernel
def halved(x: int) -> int:
    if x % 2:
        raise ValueError("odd")
    return x // 2

@hot_kernel
def scaled(x: int, by: int) -> int:
    return halved(x) * by

@array_kernel
def line(n: int) -> np.ndarray:
    if n < 0:
        raise ValueError("few", n)
    print("line of", n)
    return np.arange(n) * 2
"""
CALLERS = """
from ictcli.kernels import array_kernel, kernel
from callees import line, scaled

@kernel
def total(x: int) -> int:
    return scaled(x, 3) + scaled(x, 5)

@array_kernel
def last(n: int) -> int:
    return line(n)[-1]
"""
ASK = """
import callees
import callers
print(callers.total(10), callees.scaled(10, 7), callees.halved(4), callers.last(4), callees.line(2).tolist())
for ask, of in (callers.total, 7), (callees.halved, 7), (callers.last, -1), (callees.line, -2):
    try:
        ask(of)
    except ValueError as error:
        print(error.args)
versions = list(callees.scaled.overloads), len(callees.halved.overloads)
print(len(versions[0]), versions[1])
"""
ASK_ANOTHER = """
from ictcli.kernels import array_kernel, kernel
from callees import line, scaled

@array_kernel
def end(n):
    return line(n)[-1]

@kernel
def another(x):
    return scaled(x, 11)

print(another(20))
try:
    another(1)
except ValueError as error:
    print(error.args)
print(end(3))
"""


def asked(folder: Path, code: str) -> list[str]:
    (folder / "asked.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "asked.py"], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "ICTCLI_CACHE_DIR": str(folder / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def kept(folder: Path, name: str) -> dict[str, int]:
    """How often machine code or linkable code of a kernel lies in the cache, by the folder it lies in."""
    found = list((folder / "cache").rglob(f"*.{name}-*.nbc"))
    linked = [path for path in found if "called" in path.parts]
    return {"called": len(linked), "entered": len(found) - len(linked)}


def test_python_and_kernels_get_the_same_answers_and_errors(tmp_path: Path) -> None:
    (tmp_path / "callees.py").write_text(CALLEES)
    (tmp_path / "callers.py").write_text(CALLERS)
    answers = [
        "line of 4",
        "line of 2",
        "40 35 2 6 [0, 2]",
        *["('odd',)"] * 2,
        "('few', -1)",
        "('few', -2)",
        "1 1",
    ]
    assert asked(tmp_path, ASK) == answers
    assert kept(tmp_path, "scaled") == {"called": 1, "entered": 1}  # not one for each constant
    assert kept(tmp_path, "total") == {"called": 0, "entered": 1}
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.nb?")}
    assert asked(tmp_path, ASK) == answers
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.nb?")} == before


def test_what_one_process_kept_another_links(tmp_path: Path) -> None:
    (tmp_path / "callees.py").write_text(CALLEES)
    (tmp_path / "callers.py").write_text(CALLERS)
    asked(tmp_path, ASK)
    before = kept(tmp_path, "scaled"), kept(tmp_path, "halved")
    assert asked(tmp_path, ASK_ANOTHER) == ["110", "('odd',)", "line of 3", "4"]
    assert (kept(tmp_path, "scaled"), kept(tmp_path, "halved")) == before
