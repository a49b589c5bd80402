"""Telling people that kernels are being compiled, which happens once and takes a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from numba.core import event

from ictcli.detectors.warming import LABEL
from ictcli.output import Output
from ictcli.telemetry import Progress

DETECTORS = "detectors"
ENGINE = "engine and detectors (a minute or two)"
"""What is compiled, in words."""


class Told(event.Listener):
    """Says once that something is compiled that no earlier run kept, in this process or beside it."""

    def __init__(self, out: Output, progress: Progress, what: str) -> None:
        self._out = out
        self._what = what
        self._progress = progress
        self._started = 0
        self._said = False

    def watched(self, progress: Progress) -> Progress:
        """Progress that also tells of compiling in other processes."""

        def report(label: str, done: int, total: int | None) -> None:
            if label == LABEL:
                self._say()
            progress(label, done, total)

        return report

    def on_start(self, event: object) -> None:
        """The compiler starts in this process."""
        self._say()
        self._started += 1
        self._progress("compiling", self._started, None)

    def on_end(self, event: object) -> None:
        """Nothing to say: the next step draws its own progress."""

    def _say(self) -> None:
        if not self._said:
            self._said = True
            self._out.note(f"compiling {self._what} for this machine; later runs start at once")


@contextmanager
def compiling_told(out: Output, what: str = DETECTORS) -> Iterator[Told]:
    """Say once that the compiler runs in the block, and count what it compiles on the progress line.

    Args:
        out: where it is said.
        what: is compiled, in words.
    """
    with out.progress() as progress:
        told = Told(out, progress, what)
        with event.install_listener("numba:compile", told):
            yield told
