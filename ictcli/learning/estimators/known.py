"""Every kind of model by name; its module is imported when it is asked for."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec

from ictcli.errors import ConfigError, UsageError
from ictcli.learning.samples import Estimator

_MODULES = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "forest": "random_forest",
    "logistic": "logistic",
    "lstm": "lstm",
}
"""Name of the estimator = module of this folder."""
_PACKAGES = {"xgboost": ("xgboost",), "lstm": ("torch", "onnx", "onnxruntime")}
"""Packages of the extra of its name that an estimator trains with."""


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


def installed(names: Iterable[str]) -> tuple[str, ...]:
    """Those whose packages are installed."""
    return tuple(name for name in names if not _missing(name))


def require_installed(names: Iterable[str]) -> None:
    """Refuse before the long work what would fail in the first fold.

    Raises:
        ConfigError: a package that an estimator trains with is not installed.
    """
    for name in names:
        if missing := _missing(name):
            what = f"training {name} needs {', '.join(missing)}"
            raise ConfigError(what, hint=f'Run `pip install "ictcli[{name}]"`.')


def _missing(name: str) -> list[str]:
    return [one for one in _PACKAGES.get(name, ()) if find_spec(one) is None]
