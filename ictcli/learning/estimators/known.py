"""Every kind of model by name; its module is imported when it is asked for."""

import difflib
from collections.abc import Iterator, Mapping
from importlib import import_module

from ictcli.errors import UsageError
from ictcli.learning.samples import Estimator

_MODULES = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "forest": "random_forest",
    "logistic": "logistic",
    "lstm": "lstm",
}
"""Name of the estimator = module of this folder."""


class _Estimators(Mapping[str, Estimator]):
    """Estimators by name, imported when one is taken."""

    def __getitem__(self, name: str) -> Estimator:
        estimator: Estimator = import_module(f"ictcli.learning.estimators.{_MODULES[name]}").ESTIMATOR
        return estimator

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


ESTIMATORS: Mapping[str, Estimator] = _Estimators()


def find(name: str) -> Estimator:
    """The estimator called ``name``.

    Raises:
        UsageError: there is none.
    """
    if name not in _MODULES:
        near = difflib.get_close_matches(name, _MODULES, n=1)
        suggestion = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"unknown model {name!r}", hint=f"{suggestion}Known: {', '.join(_MODULES)}.")
    return ESTIMATORS[name]
