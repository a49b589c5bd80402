"""Which version of a model is champion, challenger, shadow or previous: one small file, swapped whole.

``aliases.json`` is what counts. It also carries its own last audit entry, so an audit whose writer was
killed between the two files is completed by whoever comes next.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from ictcli.errors import DataError
from ictcli.models.audit import Entry
from ictcli.models.version import is_id
from ictcli.store.atomic import write_file

ALIASES_FILE = "aliases.json"
ALIASES_SCHEMA = 1
KEPT_CHAMPIONS = 100
"""Former champions that are remembered, to go back to."""

SETTABLE = ("champion", "challenger", "shadow")
ALIASES = (*SETTABLE, "previous")


class Aliases(msgspec.Struct, frozen=True, kw_only=True):
    """Alias = id of a version, empty where it points to none.

    Attributes:
        champion: decides.
        challenger: gets a share of the decisions.
        shadow: is asked, and nothing comes of it.
        previous: what a rollback goes to: the newest of ``history``.
        history: former champions, oldest first.
        change: how many changes were made.
        last: the newest change.
        schema: version of this record.
    """

    champion: str = ""
    challenger: str = ""
    shadow: str = ""
    previous: str = ""
    history: tuple[str, ...] = ()
    change: int = 0
    last: Entry | None = None
    schema: int = ALIASES_SCHEMA

    def target(self, alias: str) -> str:
        """The version that ``alias`` points to; empty when none."""
        return str(getattr(self, alias))

    def of(self, version: str) -> tuple[str, ...]:
        """The aliases that point to a version."""
        return tuple(alias for alias in ALIASES if self.target(alias) == version)


NONE = Aliases()
"""Of a model for which no alias was ever set."""


def read_aliases(folder: Path) -> Aliases:
    """The aliases of the model in ``folder``.

    Raises:
        DataError: the file is damaged.
    """
    path = folder / ALIASES_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return NONE
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", hint="Check permissions.") from error
    try:
        aliases = msgspec.json.decode(data, type=Aliases)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _broken(path, str(error)) from error
    if aliases.schema != ALIASES_SCHEMA:
        raise DataError(
            f"{path} is of version {aliases.schema}, this program knows {ALIASES_SCHEMA}",
            hint="Update ictcli.",
        )
    for version in (*(aliases.target(alias) for alias in ALIASES), *aliases.history):
        if version and not is_id(version):
            raise _broken(path, f"{version!r} is not a version")
    return aliases


def write_aliases(folder: Path, aliases: Aliases) -> None:
    """Swap the aliases in one step; the caller holds the models' lock.

    Raises:
        DataError: the disk refuses.
    """
    data = msgspec.json.format(msgspec.json.encode(aliases, order="deterministic"), indent=1)
    write_file(folder / ALIASES_FILE, data + b"\n")


def promoted(aliases: Aliases, alias: str, version: str) -> Aliases:
    """The aliases after ``alias`` was set to ``version``.

    A new champion leaves its other posts, and the one before becomes ``previous``.
    """
    if alias != "champion":
        return msgspec.structs.replace(aliases, **{alias: version})
    history = tuple(former for former in aliases.history if former != version)
    if aliases.champion:
        history = (*history, aliases.champion)[-KEPT_CHAMPIONS:]
    freed = {post: "" for post in ("challenger", "shadow") if aliases.target(post) == version}
    previous = history[-1] if history else ""
    return msgspec.structs.replace(aliases, champion=version, previous=previous, history=history, **freed)


def rolled_back(aliases: Aliases, exists: Callable[[str], bool]) -> Aliases | None:
    """The aliases after one step back through the champions that still exist; None when there is none."""
    history = tuple(former for former in aliases.history if exists(former))
    if not history:
        return None
    *older, champion = history
    previous = older[-1] if older else ""
    return msgspec.structs.replace(aliases, champion=champion, previous=previous, history=tuple(older))


def _broken(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} is damaged: {reason}",
        hint="Restore it from a backup; audit.jsonl beside it says what it held.",
    )
