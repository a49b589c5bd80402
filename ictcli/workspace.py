"""Making a workspace: config files to edit, a folder for data, a secret key."""

import errno
import os
import secrets
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ictcli.errors import DataError, UsageError
from ictcli.ledger.chain import sealed_files
from ictcli.plain_file import is_there, read_plain
from ictcli.store.atomic import write_file

TEMPLATES = ("ictcli.toml", "symbols.toml", "gates.toml")
KEY_FILE = Path("state", "secret.key")
KEY_BYTES = 32

_GITIGNORE = "*\n"
_FOLDERS = {"": 0o755, "config": 0o700, "data": 0o755, "state": 0o700}
"""Modes of folders that are made: nobody else may write one, whatever the umask says."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to one file: ``created``, ``replaced`` or ``kept``."""

    path: str
    action: str


def template(name: str) -> str:
    """The text of a config file as a new workspace gets it."""
    return files("ictcli.templates").joinpath(name).read_text(encoding="utf-8")


def create(folder: Path, *, force: bool = False) -> list[Step]:
    """Make ``folder`` a workspace; running it again changes nothing.

    Args:
        folder: the workspace, created when absent.
        force: put config files back to the shipped text. The secret key is never replaced: what it
            signed could no longer be verified.

    Raises:
        UsageError: ``folder``, or a folder in it, is a file, or cannot be created or written.
        DataError: it has a ledger and no secret key: a new one could not verify it. Nothing was made.
    """
    try:
        return _create(folder, force=force)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        where = error.filename or folder
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot create {where}: {reason}", hint="Choose another directory.") from error


def _create(folder: Path, *, force: bool) -> list[Step]:
    _refuse_another_key(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for name, mode in _FOLDERS.items():
        part = folder / name
        if part.exists() and not part.is_dir():
            raise UsageError(f"{part} is a file, not a directory", hint="Choose another directory.")
        part.mkdir(mode=mode, exist_ok=True)
    steps = [_config_file(folder, Path("config", name), template(name), force=force) for name in TEMPLATES]
    return [*steps, _private_file(folder, Path("state", ".gitignore"), _GITIGNORE), _key(folder)]


def _refuse_another_key(folder: Path) -> None:
    if (folder / KEY_FILE).exists():
        return
    sealed = sealed_files(folder / "state")
    if sealed:
        raise DataError(
            f"{folder / KEY_FILE} is missing, and a new key cannot verify {sealed[0]}",
            hint="Put back the copy of the key that you keep elsewhere; without any, move the ledger away.",
        )


def _config_file(folder: Path, name: Path, text: str, *, force: bool) -> Step:
    path = folder / name
    if not is_there(path):
        _private_file(folder, name, text)
        return Step(name.as_posix(), "created")
    if not force or read_plain(path) == text.encode():
        return Step(name.as_posix(), "kept")
    write_file(path, text.encode(), private=True)
    return Step(name.as_posix(), "replaced")


def _key(folder: Path) -> Step:
    return _private_file(folder, KEY_FILE, secrets.token_hex(KEY_BYTES) + "\n")


def _private_file(folder: Path, name: Path, text: str) -> Step:
    """A file that only its owner may read, from its first byte on."""
    try:
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Step(name.as_posix(), "kept")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return Step(name.as_posix(), "created")
