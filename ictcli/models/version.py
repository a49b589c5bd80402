"""One stored version of a model: an immutable folder whose every file is checked when it is read."""

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ictcli.errors import DataError, UsageError
from ictcli.models.card import Card, decode_card, encode_card
from ictcli.store.atomic import TEMPORARY, replace, sync_folder, write_file

CARD_FILE = "card.json"
SUMS_FILE = "SHA256SUMS"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")
_FILE_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows reserves for devices, with whatever ending; it drops dots at the end, too."""
_SUMS_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


class Version:
    """A version as it was found on disk.

    Attributes:
        name: of the model.
        id: ``<UTC>-<first 8 digits of the content's hash>``.
        folder: where it lives.
        card: what is known of it.
        sums: file = sha256, as ``SHA256SUMS`` lists them.
    """

    def __init__(self, name: str, id: str, folder: Path, card: Card, sums: Mapping[str, str]) -> None:  # noqa: A002 - the field's word
        self.name = name
        self.id = id
        self.folder = folder
        self.card = card
        self.sums = sums

    @property
    def reference(self) -> str:
        """``NAME@ID``."""
        return f"{self.name}@{self.id}"

    @property
    def files(self) -> tuple[str, ...]:
        """Names of all files but the card, sorted."""
        return tuple(sorted(name for name in self.sums if name != CARD_FILE))

    @property
    def content(self) -> str:
        """Hash over the identity and the hashes of all files but the card."""
        return content_hash(self.card.identity, self.sums)

    def read(self, file: str) -> bytes:
        """A file's content, the very bytes that were hashed.

        Raises:
            DataError: the version has no such file, or it is damaged.
        """
        expected = self.sums.get(file)
        if expected is None:
            raise DataError(f"{self.reference} has no file {file!r}", hint=f"It has {', '.join(self.files)}.")
        return read_checked(self.folder, file, expected)

    def verify(self) -> None:
        """Read every file.

        Raises:
            DataError: one is missing, damaged, or not listed.
        """
        for name in sorted(self.sums):
            self.read(name)
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if not path.is_dir() and name != SUMS_FILE and name not in self.sums:
                raise DataError(f"{path} is not listed in {SUMS_FILE}", hint="Remove it; nothing reads it.")


def open_version(root: Path, name: str, version: str, folder: Path) -> Version:
    """Read a version's list of files and its card.

    Args:
        root: folder of all models; nothing outside it is read.
        name: the model.
        version: its id.
        folder: of the version.

    Raises:
        DataError: something is missing or damaged, or belongs elsewhere.
    """
    if not folder.resolve().is_relative_to(root.resolve()):
        raise DataError(f"{folder} leads out of {root}", hint="Replace the link by the folder itself.")
    sums = _read_sums(folder)
    card = decode_card(read_checked(folder, CARD_FILE, sums[CARD_FILE]), str(folder / CARD_FILE))
    if (card.name, card.version) != (name, version):
        raise damaged(folder / CARD_FILE, f"it is the card of {card.name}@{card.version}")
    if not version.endswith(content_hash(card.identity, sums)[:8]):
        raise damaged(folder / SUMS_FILE, f"its hashes are not those of {version}")
    return Version(name, version, folder, card, sums)


def write_version(final: Path, card: Card, files: Mapping[str, bytes], sums: Mapping[str, str]) -> Version:
    """Put a version in place, whole or not at all.

    Args:
        final: its folder, which must not exist.
        card: with its version and time.
        files: name = content.
        sums: name = sha256.

    Raises:
        DataError: the folder exists, the card cannot be read back, or the disk refuses.
    """
    if final.exists():
        raise DataError(f"version {card.name}@{card.version} exists and is damaged", hint="Try again.")
    data = encode_card(card)
    card = decode_card(data, CARD_FILE)
    listed = {**sums, CARD_FILE: hashlib.sha256(data).hexdigest()}
    draft = final.with_name(f"{TEMPORARY}{os.getpid()}-{card.version}")
    everything = {**files, CARD_FILE: data, SUMS_FILE: sums_text(listed).encode()}
    for file, content in sorted(everything.items()):
        write_file(draft / file, content)
        (draft / file).chmod(0o444)
    try:
        replace(draft, final)
        sync_folder(final.parent)
        sync_folder(final.parent.parent)
    except OSError as error:
        raise DataError(f"cannot store {final}: {error.strerror}", hint="Check permissions.") from error
    return Version(card.name, card.version, final, card, listed)


def read_checked(folder: Path, file: str, expected: str) -> bytes:
    """A listed file's bytes.

    Raises:
        DataError: it is missing, leads out of its folder, or has another hash.
    """
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise damaged(path, "it leads out of its folder")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise damaged(path, (error.strerror or str(error)).lower()) from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise damaged(path, f"sha256 is {found[:12]}, {SUMS_FILE} says {expected[:12]}")
    return data


def content_hash(identity: str, sums: Mapping[str, str]) -> str:
    """Hash over an identity and the hashes of all files but the card, which holds times."""
    lines = [f"{sha}  {name}\n" for name, sha in sorted(sums.items()) if name != CARD_FILE]
    return hashlib.sha256(f"{identity}\n{''.join(lines)}".encode()).hexdigest()


def sums_text(sums: Mapping[str, str]) -> str:
    """``SHA256SUMS`` in the form that ``sha256sum -c`` reads."""
    return "".join(f"{sha}  {name}\n" for name, sha in sorted(sums.items()))


def _read_sums(folder: Path) -> dict[str, str]:
    path = folder / SUMS_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(path, "it cannot be read") from error
    sums = {}
    for line in lines:
        match = _SUMS_LINE.fullmatch(line)
        if match is None or not is_inside(match[2]):
            raise damaged(path, f"line {line[:80]!r}")
        sums[match[2]] = match[1]
    if CARD_FILE not in sums:
        raise damaged(path, f"{CARD_FILE} is not listed")
    return sums


def check_files(files: Mapping[str, bytes]) -> None:
    """Refuse names that leave the version's folder or stand for its own files.

    Raises:
        UsageError: there is such a name.
    """
    reserved = {CARD_FILE, SUMS_FILE.lower()}
    for file in files:
        if not is_inside(file) or file.lower() in reserved:
            raise UsageError(f"a version cannot have a file {file!r}", hint="Use plain words and /.")


def is_inside(file: str) -> bool:
    """Whether a file's name is made of plain words and stays below its folder."""
    return file == PurePosixPath(file).as_posix() and all(_FILE_PART.fullmatch(p) for p in file.split("/"))


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of a version's id."""
    return _ID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether ``text`` is usable as a model's name."""
    return _NAME.fullmatch(text) is not None and _DEVICE.fullmatch(text) is None and not text.endswith(".")


def check_name(name: str) -> str:
    """``name``, if it is usable as a model's name.

    Raises:
        UsageError: it is not a plain word, or Windows reserves it.
    """
    if not is_name(name):
        raise UsageError(
            f"model name {name!r} is not usable as a folder name",
            hint="Use letters, digits, - _ and ., at most 64 of them, and no device of Windows such as CON.",
        )
    return name


def split_reference(text: str) -> tuple[str, str]:
    """Name and version of ``NAME[@VERSION]``; the version is empty when it is not given.

    Raises:
        UsageError: the name is not a plain word, or nothing follows the ``@``.
    """
    name, at, which = text.partition("@")
    if at and not which:
        raise UsageError(f"no version follows the @ of {text!r}", hint="Write NAME@champion or NAME@VERSION.")
    return check_name(name), which


def damaged(path: Path, reason: str) -> DataError:
    """The error for a file of a version that cannot be trusted."""
    return DataError(
        f"{path} is damaged: {reason}", hint="Roll back with `ictcli models rollback`, or train again."
    )


def remove(path: Path) -> None:
    """Remove a folder of read-only files, or a file."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    for file in path.rglob("*"):
        if not file.is_symlink() and file.is_file():
            file.chmod(0o644)
    shutil.rmtree(path, ignore_errors=True)
