# mypy: disable-error-code="no-untyped-call"
"""Two ways to compile a kernel: to be entered from Python, or to be linked into the kernels that call it.

numba optimises every function, makes machine code of it and doors for Python and C, and then links it into
each caller, which optimises it again. Of a kernel that only kernels call, none of that is ever run. Without
it the engine compiles in a third of the time and all detectors in half (``benchmarks/detectors.py``); what
runs is as fast, because a caller is optimised with everything that it calls, as before.
"""

from typing import Any

from numba.core import compiler
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.environment import lookup_environment
from numba.core.typed_passes import AnnotateTypes

LINKED = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of numba for a function that nothing outside compiled code enters."""


class _Linked(JITCodeLibrary):
    """Code for callers, who optimise it and make machine code of it: here there is none."""

    @property
    def codegen(self) -> Any:
        """Whoever asks wants to place an environment: that is done by whom this is linked into."""
        return self

    def set_env(self, name: str, environment: object) -> None:
        """Nothing: there is no memory to place it in."""

    def get_pointer_to_function(self, name: str) -> int:
        """Zero: there is none."""
        self._ensure_finalized()
        return 0

    def serialize_using_object_code(self) -> Any:
        """What the cache keeps; read again, numba makes machine code of it after all."""
        return self.serialize_using_bitcode()

    def _optimize_final_module(self) -> None:
        """Left to callers."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


class _Entered(JITCodeLibrary):
    """Machine code with everything that it calls, and a place for the environments of all of it."""

    def _finalize_final_module(self) -> None:
        super()._finalize_final_module()
        for one in self._final_module.global_variables:
            environment = lookup_environment(one.name)
            if environment is not None and not one.is_declaration:
                self._codegen.set_env(one.name, environment)  # type: ignore[attr-defined]


def _gives(library: type[JITCodeLibrary]) -> Any:
    """A pass that says where the code goes, to be run before the code is made."""

    @register_pass(mutates_CFG=False, analysis_only=False)
    class Gives(LoweringPass):
        _name = f"library_{library.__name__}"

        def __init__(self) -> None:
            super().__init__()

        def run_pass(self, state: Any) -> bool:
            state.library = library(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
            return True

    return Gives


class EnteredCompiler(compiler.CompilerBase):
    """numba's compiler, of code that Python enters."""

    _given = _gives(_Entered)

    def define_pipelines(self) -> list[Any]:
        """The passes."""
        manager = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.add_pass_after(self._given, AnnotateTypes)
        manager.finalize()
        return [manager]


class LinkedCompiler(EnteredCompiler):
    """The same, of code that is only linked."""

    _given = _gives(_Linked)
