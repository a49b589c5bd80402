"""The page on writing a strategy, followed to the letter: both files run and decide alike."""

import re
import shlex
import subprocess
from pathlib import Path

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import ExitCode
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.strategies.decide import decide
from ictcli.strategies.expression import Expression
from ictcli.strategies.expressions import OPTIONAL, REQUIRED, bar_frame, decide_expression
from ictcli.strategies.loading import load
from ictcli.strategies.lookahead import check_expression, check_strategy
from ictcli.strategies.protocol import Strategy
from ictcli.workspace import create
from tests.contract.program import PROGRAM, environment
from tests.strategies.drawing import bars_of

PAGE = Path(__file__).parents[2] / "docs" / "write-a-strategy.md"
SAVED = re.compile(r"Save as `(?P<name>[\w.]+)`:\n\n```python\n(?P<text>.*?)```", re.DOTALL)
KEY = SeriesKey("sim", "XAUUSD", TIMEFRAMES["M1"])
M1 = Settings(NS_PER_MINUTE)


def saved_files(folder: Path) -> dict[str, Path]:
    found = {}
    for match in SAVED.finditer(PAGE.read_text(encoding="utf-8")):
        path = folder / match["name"]
        path.write_text(match["text"], encoding="utf-8")
        found[match["name"]] = path
    return found


def test_both_files_of_the_page_load_run_and_decide_alike(tmp_path: Path, real_bars: Bars) -> None:
    """Half points are rounded down by the step and to even by the expression, so prices may differ by one."""
    files = saved_files(tmp_path)
    quick, step = load(str(files["wide_bar.py"])), load(str(files["wide_bar_step.py"]))
    assert isinstance(quick, Expression)
    assert isinstance(step, Strategy)
    bars = real_bars.slice(0, 4000)
    ours = decide(step, step.params(), bars, M1)
    theirs = decide_expression(quick, bars, M1, KEY)
    assert len(ours) > 100
    for name in ("kind", "bar", "side", "order", "stop", "max_wait", "reason"):
        assert ours[name].tolist() == theirs[name].tolist(), name
    assert np.abs(ours["price"] - theirs["price"]).max() <= 1
    assert np.abs(ours["target"] - theirs["target"]).max() <= 3
    assert check_strategy(step, step.params(), bars, M1).first is None
    assert check_expression(quick, bars, M1, KEY).first is None


def test_the_page_names_every_column_of_bars_and_signals() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in (*REQUIRED, *OPTIONAL, *bar_frame(bars_of([])).columns):
        assert f"`{name}`" in text, name


def test_commands_on_the_page_run_as_they_stand(tmp_path: Path) -> None:
    """In a fresh workspace with simulated bars and the page's files; one that looks ahead is refused."""
    create(tmp_path / "desk")
    files = saved_files(tmp_path / "desk")
    program(tmp_path, "fetch", "EURUSD", "--source", "sim", "--start", "2024-01-01", "--end", "2024-01-15")
    commands = re.findall(r"^\$ ictcli (backtest .+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        assert "Report: ictcli report" in program(tmp_path, *shlex.split(command))
    text = files["wide_bar.py"].read_text(encoding="utf-8")
    (tmp_path / "desk" / "seer.py").write_text(
        text.replace("bars.join(", 'bars.with_columns(low=pl.col("low").shift(-1)).join('), encoding="utf-8"
    )
    told = program(tmp_path, "backtest", "--strategy", "seer.py", code=ExitCode.FINDING)
    assert "looks ahead" in told


def program(folder: Path, *args: str, code: ExitCode = ExitCode.OK) -> str:
    """What the program says, run in the workspace."""
    done = subprocess.run(
        [*PROGRAM, *args],
        cwd=folder / "desk",
        env=environment(folder),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr
