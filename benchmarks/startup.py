"""How long `ictcli --help` takes, against `python -c "import click"` in the same run.

    python benchmarks/startup.py [--runs 15]

The two alternate, and the fastest of each counts: noise on a shared machine only ever adds time. Measured is
processor time where the system tells it (start-up is one thread that waits for nothing), else wall time.
"""

import argparse
import subprocess
import sys
import time

LIMIT = 1.5


def spent() -> float:
    """Processor time of all finished child processes; wall-clock time where the system does not tell."""
    if sys.platform == "win32":
        return time.perf_counter()
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def seconds(command: list[str]) -> float:
    """Time of one run."""
    before = spent()
    subprocess.run(command, check=True, capture_output=True)
    return spent() - before


def measure(runs: int) -> tuple[float, float]:
    """Fastest of ``runs`` alternating runs: importing click, and the program's help."""
    click_import = [sys.executable, "-c", "import click"]
    program_help = [sys.executable, "-m", "ictcli", "--help"]
    pairs = [(seconds(click_import), seconds(program_help)) for _ in range(runs)]
    return min(first for first, _ in pairs), min(second for _, second in pairs)


def main() -> int:
    """Print both times and their ratio; exit 1 when the ratio exceeds the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    click_import, program_help = measure(parser.parse_args().runs)
    ratio = program_help / click_import
    print(f"import click    {click_import * 1000:6.1f} ms")
    print(f"ictcli --help   {program_help * 1000:6.1f} ms")
    print(f"ratio           {ratio:6.2f} (limit {LIMIT})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
