"""How long work tells the outside how far it is, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """Receives progress of one piece of work; implementations must be cheap and must not raise."""

    def __call__(self, label: str, done: int, total: int | None) -> None:
        """Report that ``done`` of ``total`` units (None: unknown) of ``label`` are finished."""


def silent(label: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""
