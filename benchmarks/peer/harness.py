"""Asking the library ``smartmoneyconcepts``, which lives in an environment of its own.

``make peer`` makes that environment from ``requirements.lock`` in this folder; the variable
ICTCLI_PEER_PYTHON names another interpreter that has the library.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Bars

FUNCTIONS = (
    "fvg",
    "swing_highs_lows",
    "bos_choch",
    "ob",
    "liquidity",
    "previous_high_low",
    "sessions",
    "retracements",
)
"""What the library has."""

ABSENT = "the library smartmoneyconcepts is absent: run `make peer`"

_FOLDER = Path(__file__).resolve().parent
_PYTHON = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"


def peer_python() -> Path | None:
    """The interpreter that has the library, None where there is none."""
    named = os.environ.get("ICTCLI_PEER_PYTHON")
    python = Path(named) if named else _FOLDER.parents[1] / ".venv-peer" / _PYTHON
    return python if python.is_file() else None


def peer_outputs(bars: Bars, functions: tuple[str, ...], length: int) -> dict[str, NDArray[Any]]:
    """Columns by ``function.column``."""
    with tempfile.TemporaryDirectory() as folder:
        answer = _ask("outputs", bars, Path(folder) / "answer.npz", functions=functions, length=length)
        with np.load(answer) as columns:
            return dict(columns)


def peer_facts(mode: str, bars: Bars, functions: tuple[str, ...], **options: float) -> dict[str, Any]:
    """What the mode ``replay`` or ``seconds`` says of every function."""
    with tempfile.TemporaryDirectory() as folder:
        answer = _ask(mode, bars, Path(folder) / "answer.json", functions=functions, **options)
        found: dict[str, Any] = json.loads(answer.read_text())
        return found


def _ask(mode: str, bars: Bars, answer: Path, **options: object) -> Path:
    python = peer_python()
    if python is None:
        raise FileNotFoundError(ABSENT)
    asked = answer.with_name("bars.npz")
    prices = {name: getattr(bars, name) / 10.0**bars.digits for name in ("open", "high", "low", "close")}
    np.savez(asked, ts=bars.ts, **prices)
    command = [str(python), str(_FOLDER / "worker.py"), mode, str(asked), str(answer), json.dumps(options)]
    subprocess.run(command, check=True)
    return answer
