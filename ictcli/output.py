"""The one place that writes to stdout and stderr: documents, rows, tables, notes, warnings.

stdout carries data only; everything else goes to stderr. With ``--json`` a command prints exactly one
document, which starts with ``schema`` and ``command``.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, NoReturn

from ictcli.errors import Finding, IctError, UsageError
from ictcli.telemetry import Progress, silent

SCHEMA = 1
"""Version of every ``--json`` document; raised when a key changes its meaning or disappears."""

CLEAR = "\r\033[K"
"""Moves to the start of a terminal's line and empties it."""

_COLOURS = {"red": "\033[1;31m", "yellow": "\033[33m", "green": "\033[32m", "dim": "\033[2m"}


def unheard(level: str, text: str) -> None:
    """Nobody keeps what people are told."""


_COMMANDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing."""


class Output:
    """Where a command's results go, and how they look.

    Attributes:
        command: name of the running command, put into every document.
        json: print one JSON document instead of text.
        quiet: no notes and no progress; warnings and errors stay.
        verbose: debugging logs, and tracebacks of unexpected errors.
        plain: never colour anything (``--no-color``).
        written: something already went to stdout.
        masked: hides secrets in what goes to stderr.
        recorded: is told what people are told, with the level of a log.
    """

    def __init__(
        self, *, json: bool = False, quiet: bool = False, verbose: bool = False, plain: bool = False
    ) -> None:
        self.command = ""
        self.json = json
        self.quiet = quiet
        self.verbose = verbose
        self.plain = plain
        self.written = False
        self.masked: Callable[[str], str] = str
        self.recorded = unheard
        self._line = False

    def begin(self) -> None:
        """Show on a terminal that the command is at work, before anything slow is imported."""
        if self._animated:
            self.draw(f"{self.command} ...")

    def draw(self, line: str) -> None:
        """Put ``line`` where the progress line is; whatever is printed next takes its place."""
        _write(sys.stderr, CLEAR + line)
        self._line = True

    def settle(self) -> None:
        """Leave the terminal without a line of progress on it."""
        if self._line:
            self._line = False
            _write(sys.stderr, CLEAR)

    def emit(self, payload: Mapping[str, Any], text: str | Callable[[], str]) -> None:
        """Print a command's result: ``payload`` as one JSON document with ``--json``, else ``text``."""
        if self.json:
            document = {"schema": SCHEMA, "command": self.command, **payload}
            self.write(encode(document, indent=2) + "\n")
        else:
            shown = text if isinstance(text, str) else text()
            self.write(shown if shown.endswith("\n") or not shown else shown + "\n")

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Print one JSON object per line, flushed as it comes; returns how many."""
        count = 0
        for row in rows:
            self.write(encode(row) + "\n")
            count += 1
        return count

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
        """A text table for people; numbers align right, missing values are blank."""
        from tabulate import tabulate

        cells = [["" if cell is None else harmless(str(cell)) for cell in row] for row in rows]
        right = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(headers))]
        align = ["right" if number else "left" for number in right]
        return str(tabulate(cells, list(headers), tablefmt="simple", disable_numparse=True, colalign=align))

    def write(self, text: str) -> None:
        """Write ``text`` to stdout as it is and flush it."""
        self.settle()
        self.written = self.written or bool(text)
        _write(sys.stdout, text)

    def write_bytes(self, data: bytes) -> None:
        """Write binary data (Parquet, PNG) to stdout."""
        self.settle()
        self.written = True
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def note(self, text: str) -> None:
        """Tell people something that is not data; silent with ``--quiet``."""
        if not self.quiet:
            self._to_stderr(harmless(text) + "\n")
        self.recorded("INFO", text)

    def warn(self, text: str) -> None:
        """Warn on stderr."""
        self._to_stderr(f"{self.paint('warning:', 'yellow', sys.stderr)} {harmless(text)}\n")
        self.recorded("WARNING", text)

    def error(self, error: IctError) -> None:
        """Print an error, or what was found, and the next thing to try on stderr."""
        word, colour = ("found:", "yellow") if isinstance(error, Finding) else ("error:", "red")
        self._to_stderr(f"{self.paint(word, colour, sys.stderr)} {harmless(error.message)}\n")
        if error.hint:
            self._to_stderr(f"{self.paint('hint:', 'dim', sys.stderr)} {harmless(error.hint)}\n")
        self.recorded("WARNING" if isinstance(error, Finding) else "ERROR", f"{error.name}: {error.message}")

    def error_document(self, error: IctError) -> None:
        """With ``--json``, the error as a document, unless data already went out."""
        if self.json and not self.written:
            self.write(encode({"error": describe(error)}, indent=2) + "\n")

    def finding(self, message: str, hint: str = "") -> NoReturn:
        """Leave with exit code 3 after the data was printed: it worked, and there is something to look at."""
        raise Finding(message, hint=hint)

    def confirm(self, question: str) -> bool:
        """Ask a yes/no question on the terminal.

        Raises:
            UsageError: nobody is there to answer.
        """
        if not sys.stdin.isatty() or not sys.stderr.isatty():
            raise UsageError("confirmation needed, but there is no terminal to ask on", hint="Pass --yes.")
        self._to_stderr(f"{question} [y/N] ")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    @contextmanager
    def progress(self, label: str = "") -> Iterator[Progress]:
        """A progress line on stderr while the block runs; it shows at once, and only on a terminal."""
        if not self._animated:
            yield silent
            return
        from ictcli.progress import Meter

        meter = Meter(self.draw)
        meter(label or self.command or "working", 0, None)
        try:
            yield meter
        finally:
            self.settle()

    def log(self, record: str) -> None:
        """Write a formatted log record to stderr."""
        self._to_stderr(record)

    @property
    def _animated(self) -> bool:
        return not self.quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def _to_stderr(self, text: str) -> None:
        """Tell people; a stderr that takes nothing (a full disk, a reader gone) ends no command."""
        with suppress(OSError):
            self.settle()
            _write(sys.stderr, self.masked(text))

    def paint(self, text: str, colour: str, stream: IO[str]) -> str:
        """``text`` in a colour, where ``stream`` shows colours."""
        if self.plain or not coloured(stream, os.environ):
            return text
        return f"{_COLOURS[colour]}{text}\033[0m"


def harmless(text: str) -> str:
    """A text without what moves a terminal's cursor or changes its colours; line ends and tabs stay.

    What is shown may come from a broker or a file.
    """
    if text.isprintable():
        return text
    return "".join(one if one in "\n\t" or not _COMMANDS.match(one) else "\ufffd" for one in text)


def describe(error: IctError) -> dict[str, Any]:
    """The ``error`` object of ``--json``."""
    return {
        "code": int(error.code),
        "name": error.name,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }


def coloured(stream: IO[str], environ: Mapping[str, str]) -> bool:
    """Whether colours may be written to ``stream``."""
    if environ.get("NO_COLOR") or environ.get("ICTCLI_NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def encode(value: object, *, indent: int | None = None) -> str:
    """JSON of plain values, decimals (as strings), instants (ISO-8601, Z), paths, records, numpy scalars.

    NaN and infinities become null: JSON has no word for them.
    """
    import json

    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=indent)


def plain(value: Any) -> Any:
    """``value`` made of nothing but dict, list, str, int, float, bool and None."""
    if value is None or isinstance(value, (str, bool)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    from datetime import date, datetime
    from decimal import Decimal

    names = getattr(value, "__struct_fields__", None) or getattr(value, "__dataclass_fields__", None)
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return plain(value.tolist()) if hasattr(value, "tolist") else str(value)


def _instant(moment: Any) -> str:
    from ictcli.clock import from_datetime, iso

    return iso(from_datetime(moment))


def _is_number(cell: str) -> bool:
    text = cell.replace(",", "").rstrip("%")
    if not text:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _write(stream: IO[str], text: str) -> None:
    stream.write(text)
    stream.flush()
