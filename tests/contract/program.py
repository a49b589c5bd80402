"""The real program as a subprocess, in a clean environment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

PROGRAM = (sys.executable, "-m", "ictcli")
OWN = ("ICTCLI_", "NO_COLOR", "FORCE_COLOR", "XDG_CONFIG_HOME", "PYTHONIOENCODING", "PYTHONUTF8", "COLUMNS")


class Run(Protocol):
    """Runs ``ictcli`` with arguments and returns the finished process."""

    def __call__(
        self, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]": ...


def environment(
    tmp_path: Path, extra: Mapping[str, str] | None = None, *, measured: bool = True
) -> dict[str, str]:
    """The caller's environment without anything that changes how ictcli behaves.

    ``measured=False`` also keeps coverage out of the process: it imports modules and costs time.
    """
    unwanted = OWN if measured else (*OWN, "COVERAGE_", "COV_CORE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    cache = os.environ["ICTCLI_CACHE_DIR"]
    return clean | {"XDG_CONFIG_HOME": str(tmp_path), "ICTCLI_CACHE_DIR": cache, **(extra or {})}
