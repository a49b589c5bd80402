"""Telling people that detectors are being compiled, which happens once and takes a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from numba.core import event

from ictcli.output import Output
from ictcli.telemetry import Progress


class _Listener(event.Listener):
    """Speaks when the compiler starts: it runs only for what is not kept from an earlier run."""

    def __init__(self, out: Output, progress: Progress) -> None:
        self._out = out
        self._progress = progress
        self._started = 0

    def on_start(self, event: object) -> None:
        if not self._started:
            self._out.note("compiling detectors for this machine; later runs start at once")
        self._started += 1
        self._progress("compiling", self._started, None)

    def on_end(self, event: object) -> None:
        """Nothing to say: the next step draws its own progress."""


@contextmanager
def compiling_told(out: Output) -> Iterator[None]:
    """Say once that the compiler runs in the block, and count what it compiles on the progress line."""
    with out.progress() as progress, event.install_listener("numba:compile", _Listener(out, progress)):
        yield
