"""From names and texts to a strategy with its parameters: config first, command line over it."""

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ictcli.config.wording import refused
from ictcli.errors import UsageError
from ictcli.research.opinions import MODEL_REASONS, Opinions
from ictcli.strategies.expression import EXPRESSION_REASONS, Expression
from ictcli.strategies.forecast import FORECAST_REASONS, Forecast
from ictcli.strategies.known import configure
from ictcli.strategies.loading import file_of, load
from ictcli.strategies.protocol import Strategy

Loaded = tuple[Strategy | Expression, str]
"""A strategy and the SHA-256 of the file it came from, empty for an installed one."""


class NoParams(msgspec.Struct, frozen=True):
    """The parameters of an expression: none."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy and the frozen record of its parameters.

    Attributes:
        strategy: to run.
        params: of it.
        source: SHA-256 of the file it came from; empty for an installed one.
        model: that judges its entries, or that a forecast trades; None without one.
    """

    strategy: Strategy | Expression | Forecast
    params: msgspec.Struct
    source: str = ""
    model: Opinions | None = None

    @property
    def version(self) -> int:
        """Raised when its decisions change for the same bars; an expression has only its file."""
        return 0 if isinstance(self.strategy, Expression) else self.strategy.version

    @property
    def own_reasons(self) -> tuple[str, ...]:
        """Text of the numbers in ``DECISION["reason"]`` that the strategy writes."""
        if isinstance(self.strategy, Forecast):
            return FORECAST_REASONS
        return self.strategy.reasons if isinstance(self.strategy, Strategy) else EXPRESSION_REASONS

    @property
    def reasons(self) -> tuple[str, ...]:
        """Those, and behind them the model's."""
        return self.own_reasons if self.model is None else self.own_reasons + MODEL_REASONS

    @property
    def judge(self) -> dict[str, Any]:
        """What its model adds to the facts that decide a run; empty without one."""
        return {} if self.model is None else {"model": self.model.document()}


def choose_strategies(
    names: Sequence[str], tables: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> list[Choice]:
    """Strategies with their defaults, ``[strategies.NAME]`` and ``--param`` on top.

    Args:
        names: of strategies, or ``FILE.py[:NAME]``.
        tables: strategy name = configured parameters.
        given: parameter, or ``strategy.parameter``, = text from the command line. One without a strategy's
            name goes to every strategy that has it.

    Raises:
        UsageError: no such strategy, a strategy twice, or a given parameter does not exist or fit.
        ConfigError: a configured parameter does not exist or fit, or a file is no strategy.
    """
    return choose([load_strategy(name) for name in names], tables, given)


def load_strategy(name: str) -> Loaded:
    """A strategy by name, or of ``FILE.py[:NAME]``, and the hash of its file.

    Raises:
        UsageError: there is none.
        ConfigError: a file is no strategy.
    """
    file = file_of(name)
    strategy = load(name)
    return strategy, hashlib.sha256(file.read_bytes()).hexdigest() if file else ""


def choose(
    loaded: Sequence[Loaded], tables: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> list[Choice]:
    """As ``choose_strategies``, of strategies that are loaded."""
    strategies = [strategy for strategy, _ in loaded]
    own = [_own(strategy, given) for strategy in strategies]
    used = {key for values in own for key in values}
    for key in given:
        if key not in used:
            raise _unknown_parameter(key, strategies)
    choices = [
        _configured(one, tables, {key.rpartition(".")[2]: text for key, text in values.items()})
        for one, values in zip(loaded, own, strict=True)
    ]
    _refuse_twins(choices)
    return choices


def _refuse_twins(choices: Sequence[Choice]) -> None:
    """Refuse a strategy that would trade beside itself: every order and every cost would count twice."""
    seen = []
    for one in choices:
        facts = (one.strategy.name, one.source, msgspec.to_builtins(one.params))
        if facts in seen:
            raise UsageError(
                f"--strategy {one.strategy.name} is given twice with equal parameters",
                hint="Name every strategy once.",
            )
        seen.append(facts)


def parameter_names(strategy: Strategy | Expression) -> list[str]:
    """The parameters of a strategy; an expression has none."""
    if isinstance(strategy, Expression):
        return []
    return [field.name for field in msgspec.structs.fields(strategy.params)]


def _own(strategy: Strategy | Expression, given: Mapping[str, str]) -> dict[str, str]:
    """The given parameters that a strategy takes, the ones under its name last."""
    known = parameter_names(strategy)
    plain = {key: text for key, text in given.items() if key in known}
    named = {key: text for key, text in given.items() if key.rpartition(".")[0] == strategy.name}
    return plain | {key: text for key, text in named.items() if key.rpartition(".")[2] in known}


def _unknown_parameter(key: str, strategies: Sequence[Strategy | Expression]) -> UsageError:
    known = sorted({name for strategy in strategies for name in parameter_names(strategy)})
    near = difflib.get_close_matches(key.rpartition(".")[2], known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known) or 'none'}."
    names = " and ".join(strategy.name for strategy in strategies) or "a model without a strategy"
    return UsageError(f"--param: {names} has no parameter {key!r}", hint=hint)


def _configured(loaded: Loaded, tables: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> Choice:
    strategy, source = loaded
    if isinstance(strategy, Expression):
        return Choice(strategy, NoParams(), source)
    base = configure(strategy, tables.get(strategy.name, {}))
    values: dict[str, Any] = msgspec.to_builtins(base)
    values |= given
    try:
        return Choice(strategy, msgspec.convert(values, strategy.params, strict=False), source)
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
