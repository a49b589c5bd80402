"""The other process with scenarios of tests in place of the real ones: ``beside_program.py FOLDER``."""

import sys
import time
from pathlib import Path

from ictcli.stress import beside
from ictcli.stress.claims import cases_claim
from ictcli.stress.scenario import Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.telemetry import Progress


def limits(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Tell what it was given."""
    (setting.folder / "own").touch()
    return [cases_claim("given", 0, seed + setting.seeds, note=f"{setting.limits.recovery_s:g}")]


def corruption(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Go on until told to end."""
    while not setting.stopping():
        time.sleep(0.02)
    return [cases_claim("so far", 0, 1)]


def recovery(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Break."""
    raise ValueError("no market today")


if __name__ == "__main__":
    setattr(beside, "scenario", lambda name: Scenario(name, "x", globals()[name]))  # noqa: B010
    beside.main(Path(sys.argv[1]))
