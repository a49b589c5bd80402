"""Calls the library ``smartmoneyconcepts`` on bars in a file; runs inside the library's own environment.

    python worker.py outputs|replay|seconds BARS.npz ANSWER [OPTIONS AS JSON]

``BARS.npz`` holds ts (nanoseconds UTC) and open, high, low, close as decimals. The answer is an .npz of
``function.column`` arrays for ``outputs``, and JSON for the others.
"""

import importlib
import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Function = Callable[[Any], Any]

READINGS = {
    "fvg": ("FVG", "Top", "Bottom"),
    "fvg_joined": ("FVG", "Top", "Bottom"),
    "swing_highs_lows": ("HighLow", "Level"),
    "bos_choch": ("BOS", "CHOCH", "Level"),
    "ob": ("OB", "Top", "Bottom"),
    "liquidity": ("Liquidity", "Level"),
    "previous_high_low": ("PreviousHigh", "PreviousLow"),
    "sessions": ("Active", "High", "Low"),
    "retracements": ("Direction", "CurrentRetracement%", "DeepestRetracement%"),
}
"""The columns that say what a function reads at a row; columns about its later fate are left out."""

ZERO_IS_NOTHING = ("sessions", "retracements")
"""Functions that write 0, not an empty cell, where they read nothing."""


def load_frame(path: str) -> Any:
    """The bars as the library wants them."""
    pandas = importlib.import_module("pandas")
    bars = np.load(path)
    columns = {name: bars[name] for name in ("open", "high", "low", "close")}
    index = pandas.to_datetime(bars["ts"])
    return pandas.DataFrame({**columns, "volume": np.ones(len(index))}, index=index)


def functions(length: int) -> dict[str, Function]:
    """The library's functions of a frame; those built on swings include making the swings."""
    os.environ["SMC_CREDIT"] = "0"
    smc = importlib.import_module("smartmoneyconcepts").smc

    def swings(frame: Any) -> Any:
        return smc.swing_highs_lows(frame, swing_length=length)

    return {
        "fvg": smc.fvg,
        "fvg_joined": lambda frame: smc.fvg(frame, join_consecutive=True),
        "swing_highs_lows": swings,
        "bos_choch": lambda frame: smc.bos_choch(frame, swings(frame)),
        "ob": lambda frame: smc.ob(frame, swings(frame)),
        "liquidity": lambda frame: smc.liquidity(frame, swings(frame)),
        "previous_high_low": lambda frame: smc.previous_high_low(frame, time_frame="1D"),
        "sessions": lambda frame: smc.sessions(frame, session="London"),
        "retracements": lambda frame: smc.retracements(frame, swings(frame)),
    }


def outputs(frame: Any, options: dict[str, Any]) -> dict[str, Any]:
    """All columns of the functions asked for."""
    calls = functions(options["length"])
    answers = {name: calls[name](frame.copy()) for name in options["functions"]}
    return {
        f"{name}.{column}": answer[column].to_numpy() for name, answer in answers.items() for column in answer
    }


def readings(name: str, answer: Any) -> set[tuple[float, ...]]:
    """Row and values of every row at which a function reads something."""
    columns = [np.asarray(answer[column], np.float64) for column in READINGS[name]]
    empty = np.all([np.isnan(column) for column in columns], axis=0)
    if name in ZERO_IS_NOTHING:
        empty |= columns[0] == 0
    rows = np.flatnonzero(~empty)
    table = np.nan_to_num(np.column_stack([rows, *(column[rows] for column in columns)]), nan=-1e300)
    return set(map(tuple, table.tolist()))


def replay(frame: Any, options: dict[str, Any]) -> dict[str, Any]:
    """What each function read on some prefix and no longer on a later one."""
    calls = functions(options["length"])
    prefixes = range(options["first"], len(frame) + 1, options["every"])
    found = {}
    for name in options["functions"]:
        born: dict[tuple[float, ...], int] = {}
        vanished: set[tuple[float, ...]] = set()
        before: set[tuple[float, ...]] = set()
        farthest = 0
        for bars in prefixes:
            now = readings(name, calls[name](frame.iloc[:bars].copy()))
            for reading in now - before:
                born.setdefault(reading, bars)
            gone = before - now
            vanished |= gone
            farthest = max([farthest, *(bars - 1 - int(reading[0]) for reading in gone)])
            before = now
        found[name] = {"readings": len(born), "vanished": len(vanished), "farthest": farthest}
    return found


def seconds(frame: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Median processor seconds of each function after one call on few bars, which compiles what it compiles.

    A function that is slow by its nature is called once; ``patience`` seconds after which no more
    functions begin are reported by their absence.
    """
    calls = functions(options["length"])
    found: dict[str, float] = {}
    began = time.perf_counter()
    for name in options["functions"]:
        if time.perf_counter() - began > options["patience"]:
            break
        calls[name](frame.iloc[:2000].copy())
        runs: list[float] = []
        while len(runs) < 3 and sum(runs) < 2:
            copy = frame.copy()
            begun = time.process_time()
            calls[name](copy)
            runs.append(time.process_time() - begun)
        found[name] = statistics.median(runs)
    return found


def main() -> None:
    mode, bars, answer, options = sys.argv[1:]
    warnings.simplefilter("ignore")
    frame = load_frame(bars)
    asked = json.loads(options)
    if mode == "outputs":
        np.savez(answer, **outputs(frame, asked))
    else:
        found = replay(frame, asked) if mode == "replay" else seconds(frame, asked)
        Path(answer).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
