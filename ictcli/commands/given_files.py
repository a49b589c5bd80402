"""Files that people name: looked at before any work is done."""

import difflib
import tempfile
from pathlib import Path

from ictcli.errors import ConfigError, UsageError
from ictcli.session import GATES_FILE, Session

_LONGEST = 200
"""Bytes of a file's name: most file systems take 255, and a temporary name is longer."""


def refuse_unwritable(session: Session, option: str, path: Path | None) -> None:
    """Refuse a file to write where none can be made; nothing is refused for stdout, a device or no file.

    Raises:
        UsageError: names the option and the folder.
    """
    if path is None or str(path) == "-":
        return
    if len(path.name.encode()) > _LONGEST:
        raise UsageError(
            f"{option}: a file name of {len(path.name):,} characters is too long",
            hint=f"Choose one of at most {_LONGEST}.",
        )
    file = session.cwd / path
    if not file.parent.is_dir():
        raise UsageError(
            f"{option} {path}: no such folder: {path.parent}", hint="Create it first, or choose another file."
        )
    if file.exists() and not file.is_file():
        return
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise UsageError(
            f"{option} {path}: no file can be made in {path.parent}: {error.strerror}",
            hint="Choose another folder.",
        ) from error


def gate_file(session: Session, path: Path) -> Path:
    """The gate file that was named, relative to the current directory, or else to the workspace.

    Raises:
        ConfigError: there is none; names the nearest file of that folder.
    """
    found = session.find_file(path)
    if found.exists():
        return found
    raise ConfigError(f"gate file {path} does not exist", hint=_instead(session, path))


def _instead(session: Session, path: Path) -> str:
    """What to do without the file: another one, or make the shipped one."""
    folders = dict.fromkeys([(session.cwd / path).parent, (session.workspace / path).parent])
    names = sorted({file.name for folder in folders for file in folder.glob("*.toml") if file.is_file()})
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.0)
    if near:
        return f"The nearest file there: {(path.parent / near[0]).as_posix()}"
    if (session.workspace / GATES_FILE).is_file():
        return f"The workspace has {GATES_FILE}."
    return "Run `ictcli init`."
