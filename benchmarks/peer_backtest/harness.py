"""Asking vectorbt, backtesting.py, NautilusTrader and ictcli to trade one strategy, each in its own process.

``make peers`` makes an environment for each of the three from the requirements in this folder; the variables
ICTCLI_PEER_VECTORBT, ICTCLI_PEER_BACKTESTING and ICTCLI_PEER_NAUTILUS_TRADER name other interpreters.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer_backtest.answer import Asked
from ictcli.market.bars import Bars
from ictcli.strategies.baselines.percent import to_millionths

PEERS = ("vectorbt", "backtesting", "nautilus_trader")
OURSELVES = "ictcli"
ABSENT = "{} is absent: run `make peers`"
PLAIN = Asked(
    fast=20,
    slow=50,
    stop_percent=0.0,
    target_percent=0.0,
    units=10_000,
    fee=0.22,
    cash=1_000_000.0,
    runs=1,
)
"""One tenth of a lot; the fee is 0.002 % of it at 1.1000, the same amount in every program."""

_ROOT = Path(__file__).resolve().parents[2]
_PYTHON = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program did.

    Attributes:
        opened, closed: bars of entry and exit, -1 while open.
        entry, exit: prices.
        net: profit after fees.
        imported: seconds its import took.
        seconds: of every run over all bars.
        peak_mib: most memory its process held.
    """

    opened: NDArray[np.int64]
    closed: NDArray[np.int64]
    entry: NDArray[np.float64]
    exit: NDArray[np.float64]
    net: NDArray[np.float64]
    imported: float
    seconds: tuple[float, ...]
    peak_mib: float


def interpreter(program: str) -> Path | None:
    """The interpreter that has a program, None where there is none."""
    if program == OURSELVES:
        return Path(sys.executable)
    named = os.environ.get(f"ICTCLI_PEER_{program.upper()}")
    python = Path(named) if named else _ROOT / f".venv-{program}" / _PYTHON
    return python if python.is_file() else None


def write_market(bars: Bars, asked: Asked, path: Path) -> None:
    """Bars as decimals, with the stop and the target that an entry decided at each close has."""
    scale = 10.0**bars.digits
    points = {name: getattr(bars, name) for name in ("open", "high", "low", "close")}
    away = [to_millionths(percent) for percent in (asked.stop_percent, asked.target_percent)]
    stop, target = (-(-bars.close * share // 1_000_000) for share in away)
    points |= {"stop": bars.close - stop, "target": bars.close + target}
    decimals = {name: np.round(column / scale, bars.digits) for name, column in points.items()}
    np.savez(path, ts=bars.ts, ts_close=bars.ts_close, **decimals)


def ask(program: str, market: Path, asked: Asked) -> Answer:
    """Let a program trade the bars of a file.

    Raises:
        FileNotFoundError: its environment is absent.
    """
    python = interpreter(program)
    if python is None:
        raise FileNotFoundError(ABSENT.format(program))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.npz"
        command = [str(python), "-m", f"{__package__}.in_{program}", str(market), str(path)]
        subprocess.run(
            [*command, json.dumps(asdict(asked))], cwd=_ROOT, check=True, stdout=subprocess.DEVNULL
        )
        with np.load(path) as stored:
            return read_answer(dict(stored))


def read_answer(stored: dict[str, NDArray[Any]]) -> Answer:
    """The arrays of an answer, trades in the order of their entries."""
    order = np.argsort(stored["opened"], kind="stable")
    return Answer(
        opened=stored["opened"][order].astype(np.int64),
        closed=stored["closed"][order].astype(np.int64),
        entry=stored["entry"][order].astype(np.float64),
        exit=stored["exit"][order].astype(np.float64),
        net=stored["net"][order].astype(np.float64),
        imported=float(stored["imported"]),
        seconds=tuple(stored["seconds"].tolist()),
        peak_mib=float(stored["peak_mib"]),
    )
