"""From names and texts to a strategy with its parameters: config first, command line over it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ictcli.config.wording import refused
from ictcli.errors import UsageError
from ictcli.strategies.known import configure, find
from ictcli.strategies.protocol import Strategy


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy and the frozen record of its parameters."""

    strategy: Strategy
    params: msgspec.Struct


def choose_strategies(
    names: Sequence[str], tables: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> list[Choice]:
    """Strategies with their defaults, ``[strategies.NAME]`` and ``--param`` on top.

    Args:
        names: of strategies.
        tables: strategy name = configured parameters.
        given: parameter, or ``strategy.parameter``, = text from the command line. One without a strategy's
            name goes to every strategy that has it.

    Raises:
        UsageError: no such strategy, or a given parameter does not exist or fit.
        ConfigError: a configured parameter does not exist or fit.
    """
    strategies = [find(name) for name in names]
    own = [_own(strategy, given) for strategy in strategies]
    used = {key for values in own for key in values}
    for key in given:
        if key not in used:
            raise _unknown_parameter(key, strategies)
    return [
        _configured(strategy, tables, {key.rpartition(".")[2]: text for key, text in values.items()})
        for strategy, values in zip(strategies, own, strict=True)
    ]


def parameter_names(strategy: Strategy) -> list[str]:
    """The parameters of a strategy."""
    return [field.name for field in msgspec.structs.fields(strategy.params)]


def _own(strategy: Strategy, given: Mapping[str, str]) -> dict[str, str]:
    """The given parameters that a strategy takes, the ones under its name last."""
    known = parameter_names(strategy)
    plain = {key: text for key, text in given.items() if key in known}
    named = {key: text for key, text in given.items() if key.rpartition(".")[0] == strategy.name}
    return plain | {key: text for key, text in named.items() if key.rpartition(".")[2] in known}


def _unknown_parameter(key: str, strategies: Sequence[Strategy]) -> UsageError:
    known = sorted({name for strategy in strategies for name in parameter_names(strategy)})
    near = difflib.get_close_matches(key.rpartition(".")[2], known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
    names = " and ".join(strategy.name for strategy in strategies)
    return UsageError(f"--param: {names} has no parameter {key!r}", hint=hint)


def _configured(
    strategy: Strategy, tables: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> Choice:
    base = configure(strategy, tables.get(strategy.name, {}))
    values: dict[str, Any] = msgspec.to_builtins(base)
    values |= given
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
