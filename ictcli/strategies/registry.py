"""Every strategy that can be named on the command line."""

import difflib
from collections.abc import Mapping

import msgspec

from ictcli.config.wording import refused
from ictcli.errors import ConfigError, UsageError
from ictcli.strategies import fvg_retest
from ictcli.strategies.strategy import Strategy

_ENTRIES = (
    Strategy(
        name="fvg_retest",
        summary="join the trend at the first touch of a fair value gap of its last leg",
        params=fvg_retest.FvgRetestParams,
        run=fvg_retest.run,
    ),
)

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in _ENTRIES}


def find_strategy(name: str) -> Strategy:
    """The strategy called ``name``.

    Raises:
        UsageError: there is none.
    """
    found = STRATEGIES.get(name)
    if found is None:
        near = difflib.get_close_matches(name, STRATEGIES, n=1)
        suggestion = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"unknown strategy {name!r}", hint=f"{suggestion}Known: {', '.join(STRATEGIES)}.")
    return found


def configured(strategy: Strategy, values: Mapping[str, object]) -> msgspec.Struct:
    """The strategy's parameters with ``values`` (``[strategies.NAME]`` of the config) laid over the defaults.

    Raises:
        ConfigError: a parameter is unknown or does not fit.
    """
    known = [field.name for field in msgspec.structs.fields(strategy.params)]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
            raise ConfigError(f"strategies.{strategy.name} has an unknown parameter {key!r}", hint=hint)
    try:
        return msgspec.convert(dict(values), strategy.params)
    except msgspec.ValidationError as error:
        raise ConfigError(f"strategies.{strategy.name}.{refused(error, strategy.params, values)}") from error
