"""All models of a workspace on disk: immutable versions, and the aliases that point to them."""

import difflib
import getpass
import hashlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ictcli.clock import iso, to_datetime
from ictcli.errors import DataError, PolicyRefused, UsageError
from ictcli.models.aliases import ALIASES, Aliases, read_aliases
from ictcli.models.audit import Entry, append, complete, read_audit
from ictcli.models.card import Card
from ictcli.models.version import (
    Version,
    check_files,
    check_name,
    content_hash,
    is_id,
    is_name,
    open_version,
    remove,
    write_version,
)
from ictcli.store.atomic import TEMPORARY, replace, sync_folder
from ictcli.store.locks import exclusive

if TYPE_CHECKING:
    from ictcli.store.store import Store

LATEST = "latest"
_VERSIONS = "versions"
_PATIENCE = 30.0
"""Seconds to wait for another process that is changing models."""
_SHORTEST_PREFIX = 4


class ModelStore:
    """All models below ``folder``.

    Args:
        folder: usually ``data/models``; need not exist.
        lock: held while anything is changed; None: a file in the folder itself.
        on_change: called after something was changed.

    Attributes:
        changed: to be called after something was changed.
    """

    def __init__(
        self, folder: Path, lock: Path | None = None, on_change: Callable[[], None] | None = None
    ) -> None:
        self.folder = folder
        self._lock = lock or folder / ".lock"
        self.changed = on_change or _tell_nobody

    def names(self) -> list[str]:
        """Names of all models that have a version, sorted."""
        named = [path.parent.name for path in self.folder.glob(f"*/{_VERSIONS}")]
        return sorted(name for name in named if is_name(name) and self.ids(name))

    def ids(self, name: str) -> list[str]:
        """Ids of a model's versions, oldest first; whether they are whole is not looked at.

        Raises:
            UsageError: the name is not a plain word.
        """
        folders = (self.model_folder(name) / _VERSIONS).glob("*")
        return sorted(path.name for path in folders if is_id(path.name))

    def versions(self, name: str) -> list[Version]:
        """A model's versions, oldest first.

        Raises:
            DataError: a card or a list of files is damaged.
            UsageError: the name is not a plain word.
        """
        found = [self.open(name, version) for version in self.ids(name)]
        return sorted(found, key=lambda version: (version.card.created, version.id))

    def load(self, name: str, which: str = "champion") -> Version:
        """A version by its id, the beginning of its id or of the hash in it, or an alias.

        Args:
            name: the model.
            which: also ``latest``, the version made last.

        Raises:
            DataError: there is no such model or version, or it is damaged.
            UsageError: the name is not a plain word, or several versions begin like that.
        """
        return self.open(name, self.resolve(name, which))

    def resolve(self, name: str, which: str) -> str:
        """The id that ``which`` stands for; see ``load``."""
        known = self.ids(name)
        if not known:
            raise _no_model(self.names(), name)
        if which == LATEST:
            return known[-1]
        if which in ALIASES:
            found = self.aliases(name).target(which)
            if not found:
                hint = f"Run `ictcli models promote {name}@{known[-1]}`, or name a version."
                raise DataError(f"model {name!r} has no {which}", hint=hint)
            return found
        matching = [version for version in known if which in {version, version[-8:]}] or [
            version for version in known if _begins(version, which)
        ]
        if len(matching) > 1:
            raise UsageError(
                f"{len(matching)} versions of {name!r} begin with {which!r}", hint="Write more of it."
            )
        if not matching:
            near = difflib.get_close_matches(which, [*known, *ALIASES], n=1)
            hint = f"Did you mean {near[0]}?" if near else f"The latest is {known[-1]}."
            raise DataError(f"model {name!r} has no version {which!r}", hint=hint)
        return matching[0]

    def open(self, name: str, version: str) -> Version:
        """A version by its full id.

        Raises:
            DataError: it does not exist or is damaged.
        """
        folder = self._version_folder(name, version)
        if not folder.is_dir():
            raise DataError(f"version {name}@{version} is gone", hint="Run `ictcli models list`.")
        return open_version(self.folder, name, version, folder)

    def exists(self, name: str, version: str) -> bool:
        """Whether there is a version of that id, whole or not."""
        return self._version_folder(name, version).is_dir()

    def find_identity(self, name: str, identity: str) -> Version | None:
        """The newest version with that identity whose files are all whole; None without one."""
        return next(self._whole(name, identity), None)

    def aliases(self, name: str) -> Aliases:
        """Where the aliases of a model point.

        Raises:
            DataError: their file is damaged.
        """
        return read_aliases(self.model_folder(name))

    def audit(self, name: str) -> list[Entry]:
        """Everything that was done to a model, oldest first.

        Raises:
            DataError: the audit is damaged.
        """
        return read_audit(self.model_folder(name))

    def create(self, card: Card, files: Mapping[str, bytes], now: int) -> Version:
        """Store a version whole, or give back the one that has the same identity and the same files.

        Args:
            card: its version and time are filled in here.
            files: name = content; names may have folders, ``members/lightgbm.txt``.
            now: nanoseconds UTC.

        Raises:
            UsageError: a name is not usable.
            DataError: the card cannot be read back, or the disk refuses.
            Busy: another process has been changing models for half a minute.
        """
        check_files(files)
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        content = content_hash(card.identity, sums)
        with self.changing(card.name, now):
            for present in self._whole(card.name, card.identity):
                if present.content == content:
                    self._record_creation(present, now)
                    return present
            version = f"{to_datetime(now):%Y%m%dT%H%M%S}-{content[:8]}"
            card = msgspec.structs.replace(card, version=version, created=now)
            stored = write_version(self._version_folder(card.name, version), card, files, sums)
            self._record_creation(stored, now)
        self.changed()
        return stored

    def delete(self, name: str, version: str, now: int) -> None:
        """Remove a version for good; the audit keeps that it was there.

        Args:
            name: the model.
            version: its full id.
            now: nanoseconds UTC.

        Raises:
            PolicyRefused: an alias points to it.
            DataError: there is no such version.
        """
        with self.changing(name, now):
            folder = self._version_folder(name, version)
            if not folder.is_dir():
                raise DataError(f"version {name}@{version} is gone", hint="Run `ictcli models list`.")
            if posts := self.aliases(name).of(version):
                raise PolicyRefused(
                    f"{name}@{version} is {' and '.join(posts)}",
                    hint="Promote or roll back to another version first.",
                )
            self.record(name, now, Entry(action="delete", before=version))
            aside = folder.with_name(f"{TEMPORARY}{os.getpid()}-{version}")
            replace(folder, aside)
            sync_folder(folder.parent)
            remove(aside)
        self.changed()

    @contextmanager
    def locked(self, now: int) -> Iterator[None]:
        """Hold the lock for something added to an audit.

        Raises:
            Busy: another process has been changing models for half a minute.
        """
        with exclusive(self._lock, "a model", now=now, wait=_PATIENCE):
            yield

    @contextmanager
    def changing(self, name: str, now: int) -> Iterator[Path]:
        """Hold the lock for a change to a model; what a killed writer left is put in order first.

        Raises:
            Busy: another process has been changing models for half a minute.
        """
        folder = self.model_folder(name)
        with self.locked(now):
            for left in (*folder.glob(f"{TEMPORARY}*"), *(folder / _VERSIONS).glob(f"{TEMPORARY}*")):
                remove(left)
            complete(folder, read_aliases(folder).last)
            yield folder

    def record(self, name: str, now: int, done: Entry) -> Entry:
        """Add to the audit what was done, with time and user; the caller holds the lock."""
        done = signed(done, now)
        append(self.model_folder(name), done)
        return done

    def model_folder(self, name: str) -> Path:
        """Folder of a model.

        Raises:
            UsageError: the name is not a plain word.
            DataError: the folder is a link that leads elsewhere.
        """
        folder = self.folder / check_name(name)
        if not folder.resolve().is_relative_to(self.folder.resolve()):
            raise DataError(
                f"{folder} leads out of {self.folder}", hint="Replace the link by the folder itself."
            )
        return folder

    def _version_folder(self, name: str, version: str) -> Path:
        if not is_id(version):
            raise UsageError(f"{version!r} is not the id of a version", hint="Run `ictcli models list`.")
        return self.model_folder(name) / _VERSIONS / version

    def _whole(self, name: str, identity: str) -> Iterator[Version]:
        """The versions with that identity whose files are all whole, newest first."""
        for version in reversed(self.ids(name)):
            try:
                found = self.open(name, version)
                if found.card.identity == identity:
                    found.verify()
                    yield found
            except DataError:  # a damaged version stands for nothing: the model is made again
                continue

    def _record_creation(self, version: Version, now: int) -> None:
        """Put the creation into the audit, unless it is there: its writer may have been killed before."""
        if all((done.action, done.after) != ("create", version.id) for done in self.audit(version.name)):
            done = Entry(action="create", after=version.id, metrics=version.card.metrics)
            self.record(version.name, now, done)


def models_of(store: "Store") -> ModelStore:
    """The models of a workspace, beside its other data."""
    lock = store.state_dir / "locks" / "models.lock"
    return ModelStore(store.data_dir / "models", lock, store.catalog.refresh)


def _no_model(known: list[str], name: str) -> DataError:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        hint = f"Did you mean {near[0]}?"
    else:
        hint = f"Known: {', '.join(known)}." if known else "Run `ictcli train` first."
    return DataError(f"no model {name!r} is stored", hint=hint)


def _tell_nobody() -> None:
    """What a store without ``on_change`` does after a change."""


def signed(done: Entry, now: int) -> Entry:
    """An entry of the audit with its time and the user of this process."""
    return msgspec.structs.replace(done, at=iso(now), who=_who())


def _who() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, as in a container
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def _begins(version: str, text: str) -> bool:
    return len(text) >= _SHORTEST_PREFIX and (version.startswith(text) or version[-8:].startswith(text))
