"""Telling people that a backtest compiles kernels; who tells is imported when the compiler starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from numba.core import event

from ictcli.output import Output
from ictcli.telemetry import Progress

if TYPE_CHECKING:
    from ictcli.commands.detect_compiling import Told


class _Late(event.Listener):
    """Passes on what the compiler does.

    Most runs find everything compiled, and who tells imports every detector: a third of a second.
    """

    def __init__(self, out: Output, progress: Progress) -> None:
        self._out = out
        self._progress = progress
        self._told: Told | None = None

    def on_start(self, event: object) -> None:
        """The compiler starts."""
        if self._told is None:
            from ictcli.commands.detect_compiling import ENGINE, Told

            self._told = Told(self._out, self._progress, ENGINE)
        self._told.on_start(event)

    def on_end(self, event: object) -> None:
        """Nothing to say: the next step draws its own progress."""


@contextmanager
def compiling_told(out: Output) -> Iterator[None]:
    """Say once that the compiler runs in the block, and count what it compiles on the progress line."""
    with out.progress() as progress, event.install_listener("numba:compile", _Late(out, progress)):
        yield
