"""From names and texts to a strategy with its parameters: config first, command line over it."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ictcli.errors import ConfigError, IctError, UsageError
from ictcli.strategies.registry import STRATEGIES
from ictcli.strategies.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy and the frozen record of its parameters."""

    strategy: Strategy
    params: msgspec.Struct


def choose_strategy(
    name: str, configured: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> Choice:
    """The strategy called ``name`` with its defaults, ``[strategies.NAME]`` and ``--param`` on top.

    Raises:
        UsageError: no such strategy, or a given parameter does not exist or fit.
        ConfigError: a configured parameter does not exist or fit.
    """
    strategy = STRATEGIES.get(name)
    if strategy is None:
        near = difflib.get_close_matches(name, STRATEGIES, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Known: " + ", ".join(sorted(STRATEGIES)) + "."
        raise UsageError(f"unknown strategy {name!r}", hint=hint)
    table = dict(configured.get(name, {}))
    _check_names(strategy, table, f"[strategies.{name}]", ConfigError)
    _check_names(strategy, given, "--param", UsageError)
    _convert(strategy, table, f"[strategies.{name}]", ConfigError, strict=True)
    return Choice(strategy, _convert(strategy, {**table, **given}, "--param", UsageError, strict=False))


def parse_params(texts: tuple[str, ...]) -> dict[str, str]:
    """``k=v`` texts as a mapping.

    Raises:
        UsageError: a text has no ``=`` or names the same parameter twice.
    """
    params: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--param {text!r} is not NAME=VALUE", hint="Example: --param max_bars=48")
        if name.strip() in params:
            raise UsageError(f"--param {name.strip()} is given twice")
        params[name.strip()] = value.strip()
    return params


def _check_names(strategy: Strategy, given: Mapping[str, Any], where: str, error: type[IctError]) -> None:
    known = [field.name for field in msgspec.structs.fields(strategy.params)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Known: " + ", ".join(known) + "."
            raise error(f"{where}: {strategy.name} has no parameter {name!r}", hint=hint)


def _convert(
    strategy: Strategy, values: Mapping[str, Any], where: str, error: type[IctError], *, strict: bool
) -> msgspec.Struct:
    try:
        return msgspec.convert(values, strategy.params, strict=strict)
    except msgspec.ValidationError as problem:
        raise error(f"{where}: {strategy.name}: {problem}") from problem
