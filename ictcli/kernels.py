"""The one door to numba: compiled kernels with a cache that notices every edit.

numba's own file cache does not see an edit in a callee that lives in another file. So every module's
kernels are cached in a folder keyed by a hash of that module, of the files of the package that it imports,
of the compiler versions and of the switches that change code generation: an edit recompiles what it
reaches and nothing else. Importing this module is what costs the compiler's start-up time: a command
that needs no kernel must not import it.
"""

import hashlib
import os
import platform
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import event, types

from ictcli.folders import cache_root
from ictcli.interrupts import COMPILING
from ictcli.kernel_linking import LINKED, EnteredCompiler, LinkedCompiler

P = ParamSpec("P")
R = TypeVar("R")

_IMPORT = re.compile(rb"^from ictcli\.([\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_NAME = re.compile(rb"\w+")
_SWITCHES = ("NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_OPT")
_ROOT = Path(__file__).parent
UNCOMPILED = ("config", "errors", "interrupts", "telemetry")
"""Parts of the package that hold records, exceptions and protocols only: nothing of them is compiled in."""


def kernel_sources(root: Path, module: Path) -> list[Path]:
    """The files of the package under ``root`` that decide what the kernels of ``module`` do, sorted.

    These are the file itself and, transitively, every file of the package that it imports: a constant
    that a kernel takes from another file is compiled into it. Only what is ``UNCOMPILED`` is left out.
    """
    found = {module}
    pending = [module]
    while pending:
        for path in _imports(root, pending.pop()):
            if path not in found:
                found.add(path)
                pending.append(path)
    return sorted(found)


def _imports(root: Path, module: Path) -> frozenset[Path]:
    return _read(root, module)[1]


def _read(root: Path, module: Path) -> tuple[bytes, frozenset[Path]]:
    """Hash of a file's content, and what it imports; some files are asked for a hundred times."""
    facts = module.stat()
    return _read_once(root, module, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=1024)
def _read_once(root: Path, module: Path, changed_ns: int, size: int) -> tuple[bytes, frozenset[Path]]:
    content = module.read_bytes()
    found = set()
    for name, what in _IMPORT.findall(content):
        if name.decode().partition(".")[0] in UNCOMPILED:
            continue
        folder = root.joinpath(*name.decode().split("."))
        candidates = [folder, *(folder / part.decode() for part in _NAME.findall(what))]
        found |= {path for one in candidates if (path := one.with_suffix(".py")).is_file()}
    return hashlib.sha256(content).digest(), frozenset(found)


def cache_key(root: Path, module: Path) -> str:
    """Hash of everything that decides the machine code of the kernels of ``module``."""
    digest = hashlib.sha256()
    for path in kernel_sources(root, module):
        name = path.relative_to(root) if path.is_relative_to(root) else path
        digest.update(name.as_posix().encode())
        digest.update(_read(root, path)[0])
    switches = (f"{name}={os.environ.get(name, '')}" for name in _SWITCHES)
    digest.update("|".join((*_compiler(), *switches)).encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _compiler() -> tuple[str, ...]:
    return (
        version("numba"), version("llvmlite"), sys.version, platform.machine(), platform.processor(),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _cache_folder(module: Path) -> str:
    return str(cache_root(os.environ) / "kernels" / cache_key(_ROOT, module))


os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"
numba.config.reload_config()  # type: ignore[no-untyped-call]


class _CompilerWatch(event.Listener):
    """Holds Ctrl-C back while the compiler runs."""

    def on_start(self, event: object) -> None:
        COMPILING.enter()

    def on_end(self, event: object) -> None:
        COMPILING.leave()


event.register("numba:compile", _CompilerWatch())  # type: ignore[no-untyped-call]


def _apart(dispatcher: Any, options: dict[str, Any]) -> Any:
    """Give calls from other kernels a version of their own, one for all constants of a type.

    numba compiles a callee anew for every constant it is called with; event codes and sides would give
    dozens of versions of each helper and minutes of compilation. The optimiser inlines them anyway.
    """
    unliteral: Callable[[Any], Any] = types.unliteral

    @lru_cache(maxsize=1)
    def called() -> Any:
        return _dispatcher(dispatcher.py_func, LinkedCompiler, {**options, **LINKED}, "called")

    def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        plain = {name: unliteral(one) for name, one in kws.items()}
        return called().get_call_template(tuple(map(unliteral, args)), plain)

    dispatcher.get_call_template = get_call_template
    dispatcher.get_overload = lambda signature: called().get_overload(signature)
    return dispatcher


def _dispatcher(func: Callable[..., object], how: type, options: dict[str, Any], folder: str = "") -> Any:
    """Wrap a function; the cache folder is read meanwhile, so each module gets its own."""
    numba.config.__dict__["CACHE_DIR"] = f"{_cache_folder(Path(func.__code__.co_filename))}/{folder}"
    return numba.njit(pipeline_class=how, **options)(func)


def _compile(func: Callable[P, R], *, arrays: bool = False, inline: bool = False) -> Callable[P, R]:
    """Wrap a function for compilation."""
    options: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": arrays, "forceinline": inline}
    compiled = _dispatcher(func, EnteredCompiler, options)
    if hasattr(compiled, "get_call_template"):
        compiled = _apart(compiled, options)
    return cast("Callable[P, R]", compiled)


def kernel(func: Callable[P, R]) -> Callable[P, R]:
    """Compile ``func`` in nopython mode with a persistent cache; fast math stays off.

    Kernels work on the arrays they are given and make none: without reference counts, which cost two
    atomic operations per array and call, a step is twice as fast.
    """
    return _compile(func)


def hot_kernel(func: Callable[P, R]) -> Callable[P, R]:
    """Like ``kernel`` for what every bar passes through: inlined, so that its arguments cost nothing."""
    return _compile(func, inline=True)


def array_kernel(func: Callable[P, R]) -> Callable[P, R]:
    """Like ``kernel`` for functions that make arrays."""
    return _compile(func, arrays=True)


def is_cached(func: Callable[..., object]) -> bool:
    """Whether a kernel was compiled on this machine before, in any of its versions; true without compiler."""
    code = getattr(getattr(func, "py_func", None), "__code__", None)
    if code is None:
        return True
    path = Path(code.co_filename)
    return any(Path(_cache_folder(path)).glob(f"*/{path.stem}.{code.co_name}-*.nbi"))
