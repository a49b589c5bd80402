"""Every strategy that can be named on the command line, and the parameters it is given."""

import difflib
from collections.abc import Iterable, Mapping

import msgspec

from ictcli.config.wording import refused
from ictcli.errors import ConfigError, UsageError
from ictcli.strategies.baselines import buy_hold, random_entry, sma_cross
from ictcli.strategies.ict import (
    breaker,
    fvg_retest,
    model2022,
    ob_retest,
    silver_bullet,
    turtle_soup,
    unicorn,
)
from ictcli.strategies.protocol import Strategy

_ENTRIES = (
    model2022.STRATEGY,
    silver_bullet.STRATEGY,
    unicorn.STRATEGY,
    ob_retest.STRATEGY,
    fvg_retest.STRATEGY,
    turtle_soup.STRATEGY,
    breaker.STRATEGY,
    random_entry.STRATEGY,
    buy_hold.STRATEGY,
    sma_cross.STRATEGY,
)

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in _ENTRIES}


def find(name: str) -> Strategy:
    """The shipped strategy called ``name``.

    Raises:
        UsageError: there is none.
    """
    found = STRATEGIES.get(name)
    if found is None:
        raise unknown(name, STRATEGIES)
    return found


def unknown(name: str, known: Iterable[str]) -> UsageError:
    """What to say of a name that no strategy has."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    suggestion = f"Did you mean {near[0]}? " if near else ""
    return UsageError(
        f"unknown strategy {name!r}", hint=f"{suggestion}Known: {', '.join(names)}, or FILE.py."
    )


def configure(strategy: Strategy, values: Mapping[str, object]) -> msgspec.Struct:
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
