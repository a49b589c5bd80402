"""The program: prepares the streams, runs one command, turns every ending into an exit code."""

import errno
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from ictcli.cli import program
from ictcli.errors import ExitCode
from ictcli.failures import as_failure
from ictcli.interrupts import COMPILING
from ictcli.session import Session, new_session

_COMPLETE = "_ICTCLI_COMPLETE"


def main() -> None:
    """Run the program as a process."""
    _prepare_streams()
    signal.signal(signal.SIGINT, _interrupt_once)
    if instruction := os.environ.get(_COMPLETE):
        from ictcli.completion import answer

        sys.exit(answer(instruction))
    sys.exit(run(sys.argv[1:]))


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing but ``SystemExit`` of click passes."""
    session = new_session(argv)
    code: int = ExitCode.UNEXPECTED
    try:
        code = _guarded(session)
        sys.stdout.flush()
    except OSError as error:
        if not _reader_gone(error):
            raise
        _discard_stdout()
        code = ExitCode.OK
    finally:
        if session.recorder is not None:
            session.recorder.end(code)
    return code


def _guarded(session: Session) -> int:
    try:
        with program.make_context("ictcli", list(session.argv), obj=session) as ctx:
            program.invoke(ctx)
        session.out.settle()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BaseException as error:
        if isinstance(error, OSError) and _reader_gone(error):
            raise
        return _fail(session, error)
    return ExitCode.OK


def _fail(session: Session, error: BaseException) -> int:
    failure = as_failure(error)
    out = session.out
    out.json = out.json or _wants_json(session.argv)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and not out.json:
        out.note(error.format_message())
        return failure.code
    if failure.code is ExitCode.UNEXPECTED and out.verbose:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    if failure.code is ExitCode.UNEXPECTED and session.recorder is not None:
        session.recorder.failed(error)
    out.error(failure)
    out.error_document(failure)
    return failure.code


def _wants_json(argv: Sequence[str]) -> bool:
    options = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in options


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - lives as long as the process
        else:
            stream.reconfigure(encoding="utf-8", errors="replace")


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    """First Ctrl-C: unwind and clean up. The next one is the operating system's: it kills at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    COMPILING.press()


def _reader_gone(error: OSError) -> bool:
    """Whether stdout's reader went away: closed pipes are EPIPE, on Windows EINVAL."""
    if error.errno not in {errno.EPIPE, errno.EINVAL} or error.filename is not None:
        return False
    try:
        import select

        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except (AttributeError, ValueError, OSError):
        return error.errno == errno.EPIPE or sys.platform == "win32"


def _discard_stdout() -> None:
    """Let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
