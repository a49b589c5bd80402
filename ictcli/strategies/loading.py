"""Strategies of users: from a Python file, or from a package that offers them as entry points.

A file defines ``STRATEGY = Strategy(...)`` (a step) or ``def signals(bars, detections)`` (an expression,
with ``DETECTORS = (...)`` naming whose records it reads). A package offers strategies with::

    [project.entry-points."ictcli.strategies"]
    my_setup = "my_package.my_setup:STRATEGY"
"""

import hashlib
import importlib.util
import re
import sys
import traceback
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.errors import ConfigError, UsageError
from ictcli.strategies.expression import Expression
from ictcli.strategies.known import STRATEGIES, unknown
from ictcli.strategies.protocol import Strategy

GROUP = "ictcli.strategies"
"""Entry points of this group are strategies."""
STEP, EXPRESSION = "STRATEGY", "signals"
"""What a file is searched for when no name is given."""

_FILE = re.compile(r"(?P<path>.+\.py)(?::(?P<name>\w+))?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PAGE = "See docs/write-a-strategy.md."


def load(text: str) -> Strategy | Expression:
    """The strategy that a text names: a shipped one, an entry point, or ``FILE.py[:NAME]``.

    Raises:
        UsageError: there is none of that name, or no such file.
        ConfigError: the file or package cannot be imported, or what it defines is no strategy.
    """
    if text in STRATEGIES:
        return STRATEGIES[text]
    if file := _FILE.fullmatch(text):
        return load_file(Path(file["path"]), file["name"])
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if text in offered:
        return _load_entry_point(offered[text])
    raise unknown(text, [*STRATEGIES, *offered])


def file_of(text: str) -> Path | None:
    """The file of a strategy named as ``FILE.py[:NAME]``; None for one that is installed."""
    file = None if text in STRATEGIES else _FILE.fullmatch(text)
    return Path(file["path"]) if file else None


def load_file(path: Path, name: str | None = None) -> Strategy | Expression:
    """The strategy of a file.

    Args:
        path: of the file.
        name: of what it defines; None takes ``STRATEGY`` or ``signals``, whichever there is.

    Raises:
        UsageError: no such file.
        ConfigError: as :func:`load`; names the line where that is known.
    """
    if not path.is_file():
        raise UsageError(
            f"no such strategy file: {path}", hint="Give a shipped name or the path of a .py file."
        )
    module = _imported(path)
    wanted = name or _default_name(module, path)
    if not hasattr(module, wanted):
        raise ConfigError(f"{path} defines no {wanted}", hint=_PAGE)
    found = getattr(module, wanted)
    if isinstance(found, Strategy):
        return checked(found, str(path))
    if not callable(found) or isinstance(found, type):
        raise ConfigError(
            f"{path}: {wanted} is neither a Strategy nor a function, but {type(found).__name__}", hint=_PAGE
        )
    return _expression(module, path, wanted, found)


def call_afresh(expression: Expression, bars: Any, detections: Any) -> Any:
    """What an expression's function returns in a module imported anew, which remembers no earlier call.

    Raises:
        ConfigError: the function fails, or its file cannot be imported; names the line where that is known.
    """
    path, function = expression.path, expression.function
    signals: Any = getattr(_imported(path), function, None) if function else expression.signals
    try:
        return signals(bars, detections)
    except (Exception, SystemExit) as error:
        raise failed(expression, error) from error


def failed(expression: Expression, error: BaseException) -> ConfigError:
    """What to say of an error that an expression's function raised."""
    where = f"{expression.path}{_line(error, expression.path.resolve())}: {expression.name}"
    return ConfigError(f"{where}: {_one_line(error)}", hint=_PAGE)


def checked(strategy: Strategy, where: str) -> Strategy:
    """A strategy whose fields fit together.

    Raises:
        ConfigError: they do not; says which and why.
    """
    problem = _problem(strategy)
    if problem:
        raise ConfigError(f"{where}: the strategy's {problem}", hint=_PAGE)
    return strategy


def _load_entry_point(point: EntryPoint) -> Strategy:
    where = f"entry point {point.name} ({point.value})"
    try:
        found = point.load()
    except Exception as error:
        raise ConfigError(f"{where} cannot be loaded: {_one_line(error)}") from error
    if not isinstance(found, Strategy):
        raise ConfigError(f"{where} is not a Strategy, but {type(found).__name__}", hint=_PAGE)
    return checked(found, where)


def _imported(path: Path) -> ModuleType:
    """The module of a file, under a name that no other file has."""
    resolved = path.resolve()
    digest = hashlib.sha256(str(resolved).encode()).hexdigest()[:8]
    stem = re.sub(r"\W", "_", path.stem)
    name = f"ictcli_strategy_{stem}_{digest}"
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ConfigError(f"{path}{_line(error, resolved)}: {_one_line(error)}", hint=_PAGE) from error
    return module


def _default_name(module: ModuleType, path: Path) -> str:
    there = [name for name in (STEP, EXPRESSION) if hasattr(module, name)]
    if not there:
        raise ConfigError(f"{path} defines neither {STEP} nor {EXPRESSION}(bars, detections)", hint=_PAGE)
    if len(there) > 1:
        raise ConfigError(
            f"{path} defines both {STEP} and {EXPRESSION}",
            hint=f"Name one: {path}:{STEP} or {path}:{EXPRESSION}.",
        )
    return there[0]


def _expression(module: ModuleType, path: Path, name: str, function: Any) -> Expression:
    named = getattr(module, "DETECTORS", None)
    detectors = None if named is None else tuple(named)
    if detectors:
        _check_detectors(detectors, path)
    title = path.stem if name == EXPRESSION else name
    lines = (function.__doc__ or module.__doc__ or "").strip().splitlines()
    return Expression(title, lines[0] if lines else title, path, function, detectors, name)


def _check_detectors(names: tuple[str, ...], path: Path) -> None:
    from ictcli.detectors.registry import DETECTORS  # noqa: PLC0415 - only expressions pay for it

    for one in names:
        if one not in DETECTORS:
            raise ConfigError(
                f"{path}: DETECTORS names {one!r}, which does not exist",
                hint=f"Known: {', '.join(DETECTORS)}.",
            )


def _problem(strategy: Any) -> str:
    """What is wrong with the fields of a strategy; empty when nothing is."""
    name, reasons = strategy.name, strategy.reasons
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"name {name!r} is not of small letters, digits and underscores"
    if name in STRATEGIES and STRATEGIES[name] is not strategy:
        return f"name {name!r} is taken by a shipped strategy"
    if strategy.sees not in ("bars", "prices"):
        return f"sees is {strategy.sees!r}, not 'bars' or 'prices'"
    if not reasons or reasons[0] != "":
        return "reasons must begin with an empty text"
    if not callable(strategy.step) or not callable(strategy.run):
        return "step and run must be functions"
    return _state_problem(strategy)


def _state_problem(strategy: Any) -> str:
    if not isinstance(strategy.state, np.dtype) or not strategy.state.names:
        return "state is not a structured numpy dtype"
    if strategy.sees == "prices" and (strategy.feeds or "bar" not in strategy.state.names):
        return "feeds must be empty and its state have a field 'bar', the next index, where it sees prices"
    if not isinstance(strategy.params, type) or not issubclass(strategy.params, msgspec.Struct):
        return "params is not a msgspec.Struct class"
    try:
        state = strategy.init_state(strategy.params(), NS_PER_MINUTE)
    except Exception as error:
        return f"parameters and state cannot be made: {_one_line(error)}"
    if not isinstance(state, np.ndarray) or state.dtype != strategy.state or state.shape != (1,):
        return "init_state does not give an array of one record of its state"
    return ""


def _line(error: BaseException, path: Path) -> str:
    """``, line N`` of the last place within the file that an error passed."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno}"
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path
    ]
    return f", line {lines[-1]}" if lines and lines[-1] else ""


def _one_line(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    lines = text.strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
