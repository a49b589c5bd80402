"""From names and texts to a strategy with its parameters: config first, command line over it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ictcli.config.wording import refused
from ictcli.errors import UsageError
from ictcli.strategies.registry import configured, find_strategy
from ictcli.strategies.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy and the frozen record of its parameters."""

    strategy: Strategy
    params: msgspec.Struct


def choose_strategy(name: str, tables: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> Choice:
    """The strategy called ``name`` with its defaults, ``[strategies.NAME]`` and ``--param`` on top.

    Args:
        name: of the strategy.
        tables: strategy name = configured parameters.
        given: parameter = text from the command line.

    Raises:
        UsageError: no such strategy, or a given parameter does not exist or fit.
        ConfigError: a configured parameter does not exist or fit.
    """
    strategy = find_strategy(name)
    base = configured(strategy, tables.get(name, {}))
    known = [field.name for field in msgspec.structs.fields(strategy.params)]
    values: dict[str, Any] = msgspec.to_builtins(base)
    for key, text in given.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
            raise UsageError(f"--param: {name} has no parameter {key!r}", hint=hint)
        values[key] = text
    try:
        return Choice(strategy, msgspec.convert(values, strategy.params, strict=False))
    except msgspec.ValidationError as error:
        raise UsageError(f"--param: {refused(error, strategy.params, values)}") from error


def parse_params(texts: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping.

    Raises:
        UsageError: a text has no ``=``, or a parameter is given twice.
    """
    params: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise UsageError(f"--param {text!r} is not NAME=VALUE", hint="Example: --param max_bars=48")
        if name in params:
            raise UsageError(f"--param {name} is given twice")
        params[name] = value
    return params
