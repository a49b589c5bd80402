"""The one door to numba: compiled kernels with a cache that notices every edit.

numba's own file cache does not see an edit in a callee that lives in another file, so the cache
directory is keyed by a hash of every kernel source, the compiler versions and the switches that
change code generation. Importing this module is what costs the compiler's start-up time: a command
that needs no kernel must not import it.
"""

import hashlib
import os
import platform
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba
from numba.core import event

from ictcli.folders import cache_root
from ictcli.interrupts import COMPILING

P = ParamSpec("P")
R = TypeVar("R")

_IMPORT = re.compile(rb"^from ictcli\.([\w.]+) import", re.MULTILINE)
_SWITCHES = ("NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_OPT")


def kernel_sources(root: Path) -> list[Path]:
    """The package's files that decide what kernels do, sorted.

    These are the files that define kernels and, transitively, every file of the package they import:
    a constant that a kernel takes from another file is compiled into it.
    """
    texts = {path: path.read_bytes() for path in root.rglob("*.py")}
    found = {path for path, text in texts.items() if b"kernels import kernel" in text}
    pending = list(found)
    while pending:
        for module in _IMPORT.findall(texts[pending.pop()]):
            path = root.joinpath(*module.decode().split(".")).with_suffix(".py")
            if path in texts and path not in found:
                found.add(path)
                pending.append(path)
    return sorted(found)


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


os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"

os.environ["NUMBA_CACHE_DIR"] = str(cache_root(os.environ) / "kernels" / cache_key(Path(__file__).parent))
numba.config.reload_config()  # type: ignore[no-untyped-call]


class _CompilerWatch(event.Listener):
    """Holds Ctrl-C back while the compiler runs."""

    def on_start(self, event: object) -> None:
        COMPILING.enter()

    def on_end(self, event: object) -> None:
        COMPILING.leave()


event.register("numba:compile", _CompilerWatch())  # type: ignore[no-untyped-call]


def kernel(func: Callable[P, R]) -> Callable[P, R]:
    """Compile ``func`` in nopython mode with a persistent cache; fast math stays off."""
    return cast("Callable[P, R]", numba.njit(cache=True)(func))
