"""From any exception to the one error that is shown, in words of people who never saw the code."""

import errno

import click

from ictcli.errors import IctError, Interrupted, UsageError

_HINTS = {
    errno.ENOSPC: "Free some disk space and run the command again.",
    errno.EACCES: "Check the permissions; `ictcli doctor` shows what ictcli must be able to write.",
    errno.EPERM: "Check the permissions; `ictcli doctor` shows what ictcli must be able to write.",
    errno.EROFS: "Check the permissions; `ictcli doctor` shows what ictcli must be able to write.",
}


_OF_THE_USER = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
    }
)
"""Paths that do not exist, cannot be created or may not be used: what was asked for is impossible here."""


def as_failure(error: BaseException) -> IctError:
    """The error to show for ``error``, with its exit code and hint."""
    if isinstance(error, IctError):
        return error
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Interrupted("interrupted")
    if isinstance(error, click.ClickException):
        return _usage_error(error)
    if isinstance(error, MemoryError):
        return IctError(
            "out of memory", hint="Lower fetch.chunk_rows in the config, or ask for less at once."
        )
    if isinstance(error, OSError):
        return _system_failure(error)
    reason = " ".join(str(error).split())
    return IctError(
        f"unexpected {type(error).__name__}: {reason} (this is a bug in ictcli)",
        hint="Report it with the output of the same command with -v and of `ictcli doctor --json`.",
    )


def _usage_error(error: click.ClickException) -> UsageError:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"See `{context.command_path} --help`." if context else ""
    message, _, suggestion = error.format_message().partition(" Did you mean ")
    if isinstance(error, click.NoSuchOption):
        message, suggestion = f"no such option {error.option_name!r}", _nearest(error)
    if suggestion:
        hint = f"Did you mean {suggestion} {hint}".rstrip()
    message = " ".join(message.split()).rstrip(".")
    return UsageError(message[:1].lower() + message[1:], hint=hint)


def _nearest(error: click.NoSuchOption) -> str:
    import difflib

    near = difflib.get_close_matches(error.option_name, error.possibilities or (), n=1)
    return f"{near[0]!r}?" if near else ""


def _system_failure(error: OSError) -> IctError:
    reason = (error.strerror or str(error)).lower()
    where = f": {error.filename}" if error.filename else ""
    if error.filename and error.errno in _OF_THE_USER:
        return UsageError(reason + where, hint=_HINTS.get(error.errno, "Check the path, or choose another."))
    return IctError(reason + where, hint=_HINTS.get(error.errno or 0, "Run the command again with -v."))
