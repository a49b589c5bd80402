"""What all estimators ask of their parameters and samples before they train."""

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.config.wording import refused
from ictcli.errors import ConfigError, DataError
from ictcli.learning.samples import Samples

Params = TypeVar("Params", bound=msgspec.Struct)

EXPLAINED = 2_000
"""Most samples that an importance is measured on; evenly spaced ones are taken."""


def configure(name: str, kind: type[Params], values: Mapping[str, Any]) -> Params:
    """The parameters of the estimator called ``name``: ``values`` laid over the defaults of ``kind``.

    Raises:
        ConfigError: a parameter is unknown or does not fit.
    """
    known = [field.name for field in msgspec.structs.fields(kind)]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
            raise ConfigError(f"the model {name} has no parameter {key!r}", hint=hint)
    try:
        return msgspec.convert(dict(values), kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the model {name}: {refused(error, kind, values)}") from error


def require_both_labels(samples: Samples) -> None:
    """See to it that there is something to tell apart.

    Raises:
        DataError: one label does not occur.
    """
    ups = int(np.count_nonzero(samples.labels))
    if ups in (0, len(samples)):
        missing = 0 if ups else 1
        raise DataError(
            f"empty class: none of {len(samples)} training samples has the label {missing}",
            hint="Take a longer span, or barriers that are hit on both sides.",
        )


def explained(samples: Samples) -> NDArray[np.float64]:
    """Inputs of at most ``EXPLAINED`` samples, evenly spaced."""
    step = max(1, -(-len(samples) // EXPLAINED))
    return samples.take(np.arange(0, len(samples), step)).table


def mean_absolute(contributions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean size of every column's contribution."""
    mean: NDArray[np.float64] = np.abs(contributions).mean(axis=0)
    return mean
