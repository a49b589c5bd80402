"""Every strategy that can be named on the command line, and the parameters it is given."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

import msgspec

from ictcli.config.wording import refused
from ictcli.errors import ConfigError, UsageError
from ictcli.strategies.protocol import Strategy

_MODULES = {
    "model2022": "ict",
    "silver_bullet": "ict",
    "unicorn": "ict",
    "ob_retest": "ict",
    "fvg_retest": "ict",
    "turtle_soup": "ict",
    "breaker": "ict",
    "random_entry": "baselines",
    "buy_hold": "baselines",
    "sma_cross": "baselines",
}
"""The folder of each strategy's module, which has its name."""


class _Shipped(Mapping[str, Strategy]):
    """The strategies by name; each is imported, with its kernels, when it is asked for."""

    def __getitem__(self, name: str) -> Strategy:
        module = import_module(f"ictcli.strategies.{_MODULES[name]}.{name}")
        strategy: Strategy = module.STRATEGY
        return strategy

    def __contains__(self, name: object) -> bool:
        return name in _MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


STRATEGIES: Mapping[str, Strategy] = _Shipped()
"""Every shipped strategy by name."""


def find(name: str) -> Strategy:
    """The shipped strategy called ``name``.

    Raises:
        UsageError: there is none.
    """
    if name not in STRATEGIES:
        raise unknown(name, STRATEGIES)
    return STRATEGIES[name]


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
