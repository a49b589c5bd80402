"""The program itself as a process, as a user or cron starts it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[2]
_LONGEST = 300.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run: exit code and document."""

    code: int
    document: Any

    @property
    def error(self) -> str:
        """Name and message of the error, empty for none."""
        found = self.document.get("error") if isinstance(self.document, dict) else None
        return f"{found['name']}: {found['message']}" if found else ""


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that configures ictcli, but for where kernels are kept."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ICTCLI_") or name == "ICTCLI_CACHE_DIR"
    }
    path = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return {**kept, "PYTHONPATH": path}


def ictcli(folder: Path, *words: str) -> Ran:
    """Run a command in a workspace with ``--json``."""
    done = subprocess.run(  # noqa: S603 - this Python and words of ours
        [sys.executable, "-m", "ictcli", *words, "--json"],
        cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False, timeout=_LONGEST,
    )  # fmt: skip
    try:
        return Ran(done.returncode, json.loads(done.stdout))
    except ValueError:
        return Ran(done.returncode, None)
