"""Options of ``ictcli train`` that lay over the ``[train]`` section of the config."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

F = TypeVar("F", bound=Callable[..., Any])

MODELS = ("lightgbm", "xgboost", "forest", "logistic", "lstm")
ENSEMBLE = "ensemble"
"""Stands for all models whose packages are installed."""

_OPTIONS = (
    click.option(
        "--label",
        type=click.Choice(["barriers", "horizon", "trend"]),
        help="What is foretold, where no strategy decides.",
    ),
    click.option(
        "--model",
        "models",
        multiple=True,
        type=click.Choice([*MODELS, ENSEMBLE]),
        help="Model to train, repeatable; ensemble is all that are installed.",
    ),
    click.option("--features", metavar="SET", help="Feature set, such as core26, ict, time or all."),
    click.option("--select", type=click.Choice(["all", "stable"]), help="Columns that models see."),
    click.option(
        "--cv",
        type=click.Choice(["walk-forward", "rolling", "purged", "combinatorial"]),
        help="How training and test parts follow each other.",
    ),
    click.option("--folds", type=click.IntRange(2, 50), metavar="N", help="Test parts."),
    click.option("--horizon", type=click.IntRange(1, 5000), metavar="BARS", help="Longest life of a label."),
    click.option("--target", type=click.FloatRange(0, 100, min_open=True), help="Target, in deviations."),
    click.option("--stop", type=click.FloatRange(0, 100, min_open=True), help="Stop, in deviations."),
    click.option("--every", type=click.IntRange(1, 1000), metavar="BARS", help="Bars between decisions."),
    click.option(
        "--abstain", type=click.FloatRange(0, 0.5, max_open=True), help="Band in which to do nothing."
    ),
    click.option(
        "--calibration",
        type=click.Choice(["auto", "identity", "sigmoid", "beta", "isotonic"]),
        help="Map from scores to probabilities.",
    ),
    click.option(
        "--lockbox", type=click.FloatRange(0, 0.5), metavar="SHARE", help="Bars kept for one last look."
    ),
)


def installed_models() -> tuple[str, ...]:
    """Models whose packages are installed."""
    from ictcli.learning.estimators.known import installed

    return installed(MODELS)


def plan_options(func: F) -> F:
    """Options with the names of ``[train]``; the command gets ``chosen``, those that were given."""
    names = ("label", "models", "features", "select", "cv", "folds", "horizon", "target", "stop", "every",
             "abstain", "calibration", "lockbox")  # fmt: skip

    @wraps(func)
    def gathered(*args: Any, **kwargs: Any) -> Any:
        given = {name: kwargs.pop(name) for name in names}
        chosen = {name: value for name, value in given.items() if value not in (None, ())}
        return func(*args, chosen=chosen, **kwargs)

    wrapped: Any = gathered
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return cast("F", wrapped)
