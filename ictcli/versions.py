"""Versions of the packages that results depend on."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

RUNTIME = (
    "click",
    "duckdb",
    "loguru",
    "msgspec",
    "numba",
    "numpy",
    "polars",
    "pyarrow",
    "tabulate",
    "tzdata",
)


def package_versions(names: Sequence[str] = RUNTIME) -> list[tuple[str, str]]:
    """Each package with its installed version, empty where it is missing."""
    found = []
    for name in names:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, ""))
    return found
