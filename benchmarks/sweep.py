"""A sweep on two processes against the same sweep on one: at least 1.7 times faster, and the same result.

Both run through the command, from the shell to the stored run, one after the other in one go. The sweep is
as large as takes a minute on one process; machines with fewer than two free cores cannot show it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BAR = 1.7
LEAST_SECONDS = 60.0
YEARS = 2
TRIALS = 320
COMMAND = [
    *("backtest", "EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows="),
    *("--param", "min_size_atr=0.05", "--sweep", "reward_risk=0.5:4:0.5", "-q", "--json"),
]


def ictcli(folder: Path, *arguments: str) -> str:
    """Run the command in a workspace; its stdout."""
    return subprocess.run(
        [sys.executable, "-m", "ictcli", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def timed(folder: Path, jobs: int, trials: int) -> tuple[float, dict[str, object]]:
    """Seconds of the whole command, and the run's document."""
    axis = f"buffer_atr={0.01:g}:{0.01 * (trials // 8):g}:0.01"
    begun = time.perf_counter()
    document = json.loads(ictcli(folder, *COMMAND, "--sweep", axis, "--jobs", str(jobs)))
    return time.perf_counter() - begun, document


def main() -> int:
    """Measure, print, and say whether the bar is met."""
    if (os.cpu_count() or 1) < 2:
        print("one core only: nothing to compare")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ictcli(folder, "init")
        ictcli(folder, "fetch", "EURUSD", "--source", "sim", "--years", str(YEARS), "-q")
        timed(folder, 2, 16)  # compile
        trials = TRIALS
        while True:
            one, alone = timed(folder, 1, trials)
            if one >= LEAST_SECONDS:
                break
            trials = 8 * (int(trials * 1.3 * LEAST_SECONDS / one) // 8)
        two, together = timed(folder, 2, trials)
    same = alone["content_hash"] == together["content_hash"] and alone["search"] == together["search"]
    ratio = one / two
    print(f"{trials} trials, {YEARS} years of M5: 1 job {one:.1f} s, 2 jobs {two:.1f} s")
    print(f"{ratio:.2f} times faster (bar {BAR}), same result: {same}")
    return 0 if same and ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
