"""Logging for people who operate the program: loguru on stderr, and as JSON lines in the workspace."""

import os
import sys
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loguru import logger

from ictcli.clock import from_datetime, iso, monotonic, now_ns, parse_duration
from ictcli.operations.log_files import FOLDER, Limits, LogFiles
from ictcli.operations.log_lines import line_of
from ictcli.operations.log_masking import Masker, secrets_of
from ictcli.output import Output, coloured, unheard

if TYPE_CHECKING:
    from loguru import Message, Record

    from ictcli.config.loading import Loaded

_FORMAT = "<level>{level: <8}</level> {name}: {message}"
_MIB = 2**20
_NO_LEVEL = 1_000


class Recorder:
    """The log of one run of the program; what people are told on stderr is logged, too.

    Args:
        out: of the program.
        loaded: its configuration.
        environ: environment variables; their secrets are never shown.
        argv: the command line.

    Attributes:
        files: where lines go; None outside of a workspace, and where the configuration wants none.
        masker: hides secrets.
    """

    def __init__(self, out: Output, loaded: "Loaded", environ: Mapping[str, str], argv: list[str]) -> None:
        config, state = loaded.config.log, loaded.state_dir
        self.masker = Masker(secrets_of(loaded.config, environ, state / "secret.key"))
        self.files: LogFiles | None = None
        self._out, self._began = out, monotonic()
        self._session = f"{now_ns() // 1_000_000:x}-{os.getpid()}"
        self._context: dict[str, Any] = {}
        self._level, self._told_lost = _NO_LEVEL, 0
        logger.remove()
        self._show(config.level)
        if config.file_level != "OFF" and state.is_dir():
            limits = Limits(config.rotate_mib * _MIB, parse_duration(config.keep), config.most_mib * _MIB)
            self.files = LogFiles(state / FOLDER, limits, lambda text: out.log(f"warning: {text}\n"))
            self._level = logger.level(config.file_level).no
            logger.add(self._keep, level=config.file_level, format="{message}", diagnose=False)
        out.masked, out.recorded = self.masker.text, self._heard
        self.event("INFO", "began", " ".join(argv))

    def know(self, **fields: Any) -> None:
        """Put fields, such as ``run``, into every line from now on."""
        self._context.update(fields)

    def logs(self, level: str) -> bool:
        """Whether files take records of that level; those that nobody takes need not be made."""
        return logger.level(level).no >= self._level or self._out.verbose

    def event(self, level: str, event: str, message: str, **fields: Any) -> None:
        """Log what happened; stderr shows it with ``-v`` only."""
        logger.bind(event=event, **fields).log(level, "{}", message)

    def failed(self, error: BaseException) -> None:
        """Keep the traceback of an unexpected error; values of variables are not in it."""
        logger.opt(exception=error).bind(event="failed", told=True).error("{}", type(error).__name__)

    def end(self, code: int) -> None:
        """Log how the program ended, and write what waits."""
        self.event("INFO", "ended", "", exit=int(code), seconds=round(monotonic() - self._began, 3))
        self._out.recorded = unheard
        logger.remove()
        if self.files is not None:
            self.files.close()

    def _show(self, level: str) -> None:
        """Send records to stderr; ``-v`` shows all of them, ``-q`` errors only."""
        out = self._out
        logger.add(
            out.log,
            level="DEBUG" if out.verbose else "ERROR" if out.quiet else level,
            format=_FORMAT,
            filter=self._is_shown,
            colorize=not out.plain and coloured(sys.stderr, os.environ),
            backtrace=out.verbose,
            diagnose=False,
        )

    def _is_shown(self, record: "Record") -> bool:
        extra = record["extra"]
        return "told" not in extra and ("event" not in extra or self._out.verbose)

    def _heard(self, level: str, text: str) -> None:
        """What was shown to people on stderr."""
        logger.bind(told=True).log(level, "{}", text)

    def _keep(self, message: "Message") -> None:
        """Put a record into the files."""
        if self.files is None:
            return
        lost, self._told_lost = self.files.lost - self._told_lost, self.files.lost
        fields = {
            **self._context, **_fields(message.record), "command": self._out.command,
            "session": self._session, "pid": os.getpid(), "lost": lost or None,
        }  # fmt: skip
        self.files.put(line_of(self.masker.value(fields)))


def _fields(record: "Record") -> dict[str, Any]:
    extra = {name: value for name, value in record["extra"].items() if name != "told"}
    error = record["exception"]
    told = "".join(traceback.format_exception(error.type, error.value, error.traceback)) if error else ""
    ours = "event" in extra or "told" in record["extra"]
    return {
        **extra,
        "ts": iso(from_datetime(record["time"])),
        "level": record["level"].name,
        "message": record["message"],
        "source": "" if ours else f"{record['name']}:{record['line']}",
        "error": told,
    }
