"""What a served terminal was asked for: an append-only file, on disk before the trade server acts."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ictcli.brokers.simulated.records import ServerRequest, ServerResult
from ictcli.brokers.simulated.surface_session import Listener
from ictcli.errors import ConfigError


class RequestFile:
    """Lines of JSON, each on disk when ``append`` returns.

    Args:
        path: the file; made where it does not exist, and never shortened.

    Raises:
        ConfigError: it cannot be opened for writing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.open("ab").close()
        except OSError as error:
            raise ConfigError(
                f"cannot write {path}: {error.strerror}", hint="Name another file for the requests."
            ) from error

    def append(self, line: dict[str, Any]) -> None:
        """Write one line and wait until the disk has it."""
        with self._path.open("ab") as file:
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


class Hang(NamedTuple):
    """Numbers of the requests that hang before or after the server acts, 0 for none, and for how long."""

    before: int
    after: int
    seconds: float


class ServedListener(Listener):
    """Lets the market pass before every call, and keeps every request.

    A request makes two lines: ``{"arrived": n, "ts": ..., "request": {...}}`` before the server acts, and
    ``{"answered": n, "executed": k, "result": {...}}`` after. ``executed`` counts what the server really
    did, whatever it answered: 0, 1, or 2 where the line delivered it twice. ``result`` is null where the
    answer was lost.

    Args:
        passing: lets the market pass.
        now: the server's instant, ns UTC.
        done: how many requests the server has executed so far.
        file: where the lines go; None keeps nothing.
        hang: where the terminal hangs.
    """

    def __init__(
        self,
        passing: Callable[[], None],
        now: Callable[[], int],
        done: Callable[[], int],
        file: RequestFile | None,
        hang: Hang,
    ) -> None:
        self._hang = hang
        self._passing, self._now, self._done, self._file = passing, now, done, file
        self._number = self._before = 0

    def asked(self) -> None:
        """Let the market pass."""
        self._passing()

    def arrived(self, request: ServerRequest) -> None:
        """Keep a request."""
        self._number += 1
        self._before = self._done()
        self._write({"arrived": self._number, "ts": self._now(), "request": asdict(request)})
        if self._number == self._hang.before:
            time.sleep(self._hang.seconds)

    def answered(self, result: ServerResult | None) -> None:
        """Keep what became of it."""
        told = None if result is None else asdict(result)
        executed = self._done() - self._before
        self._write({"answered": self._number, "executed": executed, "result": told})
        if self._number == self._hang.after:
            time.sleep(self._hang.seconds)

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.append(line)
