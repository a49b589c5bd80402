import os
import shutil
import subprocess
import sys
from pathlib import Path

import ictcli
from ictcli.kernels import cache_key, kernel_sources

PACKAGE = Path(ictcli.__file__).parent

CALLER = """
from ictcli.kernels import kernel
from ictcli.market.answer import FACTOR, times

@kernel
def doubled(x: int) -> int:
    return times(x) + FACTOR
"""
CALLEE = """
from ictcli.kernels import kernel
from ictcli.market.constants import FACTOR

@kernel
def times(x: int) -> int:
    return x * {times}
"""


def test_the_cache_key_covers_files_that_kernels_only_take_constants_from() -> None:
    found = kernel_sources(PACKAGE, PACKAGE / "engine" / "exits.py")
    names = {path.relative_to(PACKAGE).as_posix() for path in found}
    assert {"engine/exits.py", "engine/refusals.py", "kernels.py"} <= names
    assert not {"output.py", "cli.py", "commands/fetch.py", "detectors/registry.py"} & names


def test_the_cache_key_changes_with_what_a_kernel_reaches_and_with_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "ictcli"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    exits = copy / "engine" / "exits.py"
    before = cache_key(copy, exits)
    for other in ("commands/fetch.py", "detectors/registry.py", "errors.py", "config/records.py"):
        (copy / other).write_text("# changed\n")
        assert cache_key(copy, exits) == before
    constants = copy / "engine" / "refusals.py"
    constants.write_text(constants.read_text() + "\nLATER = 1\n")
    assert cache_key(copy, exits) != before


def test_an_edited_callee_in_another_file_gives_the_new_answer(tmp_path: Path) -> None:
    package = tmp_path / "ictcli"
    (package / "market").mkdir(parents=True)
    for name in ("__init__.py", "kernels.py", "kernel_linking.py", "folders.py", "interrupts.py"):
        shutil.copy(PACKAGE / name, package / name)
    (package / "market" / "__init__.py").write_text("")
    (package / "market" / "caller.py").write_text(CALLER)
    (package / "market" / "constants.py").write_text("FACTOR = 0\n")

    def answer() -> str:
        code = "import numba\nfrom ictcli.market.caller import doubled\nprint(doubled(21))"
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "ICTCLI_CACHE_DIR": str(tmp_path / "cache")}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() + done.stderr

    (package / "market" / "answer.py").write_text(CALLEE.format(times=2))
    assert answer() == "42"
    (package / "market" / "answer.py").write_text(CALLEE.format(times=3))
    assert answer() == "63"
    (package / "market" / "constants.py").write_text("FACTOR = 100\n")
    assert answer() == "163"
