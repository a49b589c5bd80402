"""Which trials a search makes: ranges of parameters as texts, their full grid, or a random part of it."""

import difflib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import msgspec
import numpy as np

from ictcli.config.records import Config
from ictcli.config.wording import refused
from ictcli.errors import UsageError

MOST_TRIALS = 100_000
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "account": ("balance", "risk_per_trade", "mode", "stop_out"),
    "sizing": (
        *("method", "lots", "notional", "compound", "target_volatility", "volatility_cap"),
        *("kelly_share", "kelly_cap", "throttle"),
    ),
    "risk": (
        *("per_trade", "per_symbol", "per_group", "heat", "correlated_heat", "daily_loss", "drawdown"),
        *("reentry_days", "losses_in_a_row", "pause_days", "orders_per_day", "positions_per_strategy"),
        "spread",
    ),
    "backtest": (
        *("slippage_points", "slippage_share", "limit_through", "fill_share", "lots_per_tick", "unfilled"),
    ),
}
"""Configuration keys that a search may vary: all that decide trades and not which bars are loaded."""

_EXAMPLE = "Example: --sweep reward_risk=1:3:0.5, or hold=bottom,middle."

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter and the values it takes, as texts, in their order."""

    name: str
    values: Values

    @property
    def section(self) -> str:
        """The configuration table of the key; empty for a parameter of a strategy."""
        head, dot, _ = self.name.partition(".")
        return head if dot and head in SECTIONS else ""


@dataclass(frozen=True, slots=True)
class Space:
    """All trials that could be made, and those that are.

    Attributes:
        axes: one per parameter.
        points: for each trial, the position of its value on each axis; ascending, without repetitions.
    """

    axes: tuple[Axis, ...]
    points: tuple[tuple[int, ...], ...]

    def values(self, point: Sequence[int]) -> dict[str, str]:
        """Name = text of one trial."""
        return {axis.name: axis.values[at] for axis, at in zip(self.axes, point, strict=True)}


def parse_axis(text: str) -> Axis:
    """``NAME=a:b:s``, both ends included, ``NAME=v1,v2``, or ``NAME=v1|v2`` for values that hold commas.

    Raises:
        UsageError: the text is none of these, or holds no value or one twice.
    """
    name, equals, body = (part.strip() for part in text.partition("="))
    if not (name and equals and body):
        raise UsageError(f"--sweep {text!r} is not NAME=a:b:s or NAME=v1,v2", hint=_EXAMPLE)
    if "|" not in body and body.count(":") == 2 and "," not in body:
        values = tuple(_steps(text, *body.split(":")))
    else:
        values = tuple(part.strip() for part in body.split("|" if "|" in body else ","))
    if len(set(values)) < len(values):
        raise UsageError(f"--sweep {text!r} names a value twice", hint=_EXAMPLE)
    return Axis(name, values)


def _steps(text: str, first: str, last: str, step: str) -> Iterator[str]:
    try:
        low, high, by = Decimal(first), Decimal(last), Decimal(step)
    except InvalidOperation:
        raise UsageError(f"--sweep {text!r} has an end or a step that is no number", hint=_EXAMPLE) from None
    if not (low.is_finite() and high.is_finite() and by.is_finite() and by > 0):
        raise UsageError(f"--sweep {text!r} has no step above 0", hint=_EXAMPLE)
    if low > high:
        raise UsageError(f"--sweep {text!r} is empty: {low} is above {high}", hint="Swap the ends.")
    count = int((high - low) / by) + 1
    if count > MOST_TRIALS:
        raise _too_many(count)
    for at in range(count):
        yield f"{(low + at * by).normalize():f}"


def make_space(axes: Sequence[Axis], random: int | None, seed: int) -> Space:
    """The full grid over all axes, or ``random`` different points of it.

    Raises:
        UsageError: a name is given twice, or there would be more than ``MOST_TRIALS``.
    """
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--sweep {name} is given twice", hint="Join its values: NAME=v1,v2.")
    sizes = [len(axis.values) for axis in axes]
    whole = math.prod(sizes)
    wanted = whole if random is None else min(random, whole)
    if wanted > MOST_TRIALS:
        raise _too_many(wanted)
    if wanted == whole:
        return Space(tuple(axes), tuple(itertools.product(*map(range, sizes))))
    return Space(tuple(axes), tuple(sorted(_drawn(sizes, whole, wanted, seed))))


def _drawn(sizes: Sequence[int], whole: int, wanted: int, seed: int) -> set[tuple[int, ...]]:
    """Different points, all equally likely."""
    dice = np.random.Generator(np.random.PCG64(seed))
    if whole <= 2 * MOST_TRIALS:
        chosen = dice.permutation(whole)[:wanted]
        return {tuple(int(at) for at in np.unravel_index(one, sizes)) for one in chosen.tolist()}
    found: set[tuple[int, ...]] = set()
    while len(found) < wanted:
        found.add(tuple(dice.integers(0, sizes).tolist()))
    return found


def _too_many(count: int) -> UsageError:
    return UsageError(
        f"{count:,} trials are more than {MOST_TRIALS:,}",
        hint="Take larger steps, or draw some of them with --random N.",
    )


def check_names(axes: Sequence[Axis], parameters: Sequence[str], strategies: Sequence[str]) -> None:
    """Refuse names that nothing has.

    Args:
        axes: of the search.
        parameters: of the strategies.
        strategies: their names, which may precede a parameter's.

    Raises:
        UsageError: names the nearest that exists.
    """
    keys = [f"{section}.{key}" for section, names in SECTIONS.items() for key in names]
    own = [f"{strategy}.{name}" for strategy in strategies for name in parameters]
    for axis in axes:
        known = keys if axis.section else [*parameters, *own]
        if axis.name in known:
            continue
        near = difflib.get_close_matches(axis.name, [*parameters, *own, *keys], n=1)
        shown = keys if axis.section else parameters
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(shown) or 'none'}."
        raise UsageError(f"--sweep: nothing to vary is called {axis.name!r}", hint=hint)


def configured(config: Config, axes: Sequence[Axis], values: Mapping[str, str]) -> Config:
    """The configuration of one trial.

    Raises:
        UsageError: a value does not fit.
    """
    changed: dict[str, dict[str, str]] = {}
    for axis in axes:
        if axis.section:
            key = axis.name.partition(".")[2]
            changed.setdefault(axis.section, {})[key] = values[axis.name]
    if not changed:
        return config
    replaced = {}
    for section, texts in changed.items():
        record = getattr(config, section)
        plain = msgspec.to_builtins(record) | texts
        try:
            replaced[section] = msgspec.convert(plain, type(record), strict=False)
        except msgspec.ValidationError as error:
            raise UsageError(f"--sweep {section}.{refused(error, type(record), plain)}") from error
    return msgspec.structs.replace(config, **replaced)


def parameters_of(axes: Sequence[Axis], values: Mapping[str, str]) -> dict[str, str]:
    """The strategies' part of one trial."""
    return {axis.name: values[axis.name] for axis in axes if not axis.section}
