"""Run the commands of README's example on real files and write down what they print.

    ICTCLI_REAL_DATA=... python docs/readme_example.py

A test runs the same commands and compares, so the example cannot grow old.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- example: begin -->", "<!-- example: end -->"
COMMANDS = (
    "ictcli fetch XAUUSD --source file --path market/mt5export_XAUUSD_M15_DATE_TIME_tab.csv --label c --yes",
    "ictcli fetch EURUSD --source file --path market/EURUSD_M15_brokerJ.parquet --label broker_j",
    "ictcli detect XAUUSD -t M15 --kind fvg,structure",
    "ictcli backtest XAUUSD EURUSD -t M15 --strategy fvg_retest --gate config/gates.toml",
    "ictcli report --why XAUUSD 2025-02-06T13:30",
)
FILES = ("raw/mt5export_XAUUSD_M15_DATE_TIME_tab.csv", "bars/EURUSD_M15_brokerJ.parquet")
_RUN = re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b")


def transcript(data: Path, folder: Path) -> str:
    """What a terminal shows of the commands, run ids neutral; ``folder`` becomes the workspace."""
    _program(["init", str(folder)], folder)
    (folder / "market").mkdir()
    for name in FILES:
        (folder / "market" / Path(name).name).symlink_to(data / name)
    lines = []
    for command in COMMANDS:
        done = _program(command.split()[1:], folder)
        lines += [f"$ {command}", *(line.rstrip() for line in done.stdout.splitlines()), ""]
        if done.returncode:
            lines[-1:] = [f"(exit {done.returncode})", ""]
    return _RUN.sub("20261121T000000Z-0a1b2c3d", "\n".join(lines).rstrip())


def shown() -> str:
    """The example as README shows it."""
    text = README.read_text(encoding="utf-8")
    return text[text.index(BEGIN) : text.index(END)].split("```")[1].removeprefix("console").strip()


def _program(arguments: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "ictcli", *arguments],
        cwd=folder, env=environment, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


def main() -> None:
    """Replace README's example."""
    with tempfile.TemporaryDirectory() as folder:
        example = transcript(Path(os.environ["ICTCLI_REAL_DATA"]).resolve(), Path(folder))
    text = README.read_text(encoding="utf-8")
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    README.write_text(f"{before}{BEGIN}\n```console\n{example}\n```\n{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
