"""Versions of the packages that results depend on."""

from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
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


def package_versions() -> list[tuple[str, str]]:
    """Each runtime package with its installed version, empty where it is missing."""
    found = []
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, ""))
    return found
