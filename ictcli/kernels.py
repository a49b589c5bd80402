"""The one door to numba: compiled kernels with a cache that notices every edit.

numba's own file cache does not see an edit in a callee that lives in another file, so the cache
directory is keyed by a hash of every kernel source, the compiler versions and the switches that
change code generation. Importing this module is what costs the compiler's start-up time: a command
that needs no kernel must not import it.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from ictcli.folders import cache_root

P = ParamSpec("P")
R = TypeVar("R")

_SWITCHES = ("NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_OPT")


def kernel_sources(root: Path) -> list[Path]:
    """The package's files that define kernels, sorted."""
    return sorted(path for path in root.rglob("*.py") if b"kernels import" in path.read_bytes())


def cache_key(root: Path) -> str:
    """Hash of all kernel sources under ``root`` and of everything else that changes machine code."""
    digest = hashlib.sha256()
    for path in kernel_sources(root):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    facts = [version("numba"), version("llvmlite"), sys.version, platform.machine(), platform.processor()]
    facts += [f"{name}={os.environ.get(name, '')}" for name in _SWITCHES]
    digest.update("|".join(facts).encode())
    return digest.hexdigest()[:16]


def _prepare() -> None:
    os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"
    key = cache_key(Path(__file__).parent)
    os.environ["NUMBA_CACHE_DIR"] = str(cache_root(os.environ) / "kernels" / key)


_prepare()

import numba  # noqa: E402 - the cache directory must be set before numba reads it


def kernel(func: Callable[P, R]) -> Callable[P, R]:
    """Compile ``func`` in nopython mode with a persistent cache; fast math stays off."""
    return cast("Callable[P, R]", numba.njit(cache=True)(func))
