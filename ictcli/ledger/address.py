"""Where a ledger is: a file of the workspace, or a PostgreSQL database by URL; and what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from ictcli.errors import ConfigError
from ictcli.ledger.chain import read_key

LedgerName = Literal["broker", "paper", "replay"]
LEDGERS: tuple[LedgerName, ...] = ("broker", "paper", "replay")
"""Ledgers of a workspace: of its broker's account, of its built-in terminal, of the last replay."""

TERMINAL_FILE = "terminal.bin"
"""The built-in terminal's state beside its ledger, which is there before it."""

VARIABLE = "ICTCLI_LEDGER_URL"
_POSTGRES = {"postgresql", "postgres", "postgresql+psycopg"}
_HINT = "Examples: sqlite:////srv/desk/ledger.db, postgresql://trader@db.example/ledger"


@dataclass(frozen=True, slots=True)
class Address:
    """A database: ``file`` of an SQLite ledger, or ``url`` of a PostgreSQL one.

    Only ``url`` may hold a password, so only ``str`` may be shown.
    """

    file: Path | None = None
    url: str = field(default="", repr=False)

    def __str__(self) -> str:
        """The address without a password."""
        if self.file is not None:
            return str(self.file)
        parts = urlsplit(self.url)
        user, _, host = parts.netloc.rpartition("@")
        name = user.partition(":")[0]
        return urlunsplit((parts.scheme, f"{name}@{host}" if name else host, parts.path, "", ""))


@dataclass(frozen=True, slots=True)
class Place:
    """A ledger with what stands beside it.

    Attributes:
        address: the database.
        key: what events are sealed with.
        anchors: file that remembers heads outside of the database.
        spill: file that takes events when the database refuses.
        lock: held by whoever writes.
        backups: folder of copies.
        traces: files that are there only once there is a ledger, besides its anchors.
    """

    address: Address
    key: bytes = field(repr=False)
    anchors: Path
    spill: Path
    lock: Path
    backups: Path
    traces: tuple[Path, ...] = ()

    @property
    def moved(self) -> Path:
        """The file that says where a ledger went that is in another database; see ``ledger.moved``."""
        return self.lock.with_name("moved")

    @property
    def exists(self) -> bool:
        """Whether there is something to open; of a database by URL that is taken for granted."""
        return self.address.file is None or self.address.file.exists()

    @property
    def lost(self) -> bool:
        """Whether a ledger was here, as its anchors or traces say, and is neither here nor moved any more."""
        if self.exists or self.moved.exists():
            return False
        return self.trace is not None or (self.anchors.is_file() and self.anchors.stat().st_size > 0)

    @property
    def trace(self) -> Path | None:
        """The first of the traces that is there."""
        return next((path for path in self.traces if path.is_file()), None)


def parse_address(text: str) -> Address:
    """The address behind a URL.

    Raises:
        ConfigError: it is no SQLite or PostgreSQL URL. The text may hold a password and is not repeated.
    """
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - the check
    except ValueError as error:
        raise ConfigError("not a ledger URL: its host or port is malformed", hint=_HINT) from error
    if parts.scheme == "sqlite":
        if parts.netloc or len(parts.path) < 2:
            raise ConfigError("not a ledger URL: sqlite:// takes a path after a third slash", hint=_HINT)
        return Address(file=Path(unquote(parts.path[1:])))
    if parts.scheme in _POSTGRES:
        if len(parts.path) < 2:
            raise ConfigError("not a ledger URL: the database's name is missing", hint=_HINT)
        return Address(url=urlunsplit(parts._replace(scheme="postgresql")))
    raise ConfigError("not a ledger URL: it starts with neither sqlite:// nor postgresql://", hint=_HINT)


def parse_open_address(text: str) -> Address:
    """The address behind a URL of the command line, where others can read it.

    Raises:
        ConfigError: it is none, or holds a password.
    """
    address = parse_address(text)
    query = urlsplit(address.url).query.lower()
    if urlsplit(address.url).password is not None or "password" in query:
        raise ConfigError(
            "a password on the command line can be read by everyone on this machine",
            hint="Leave it out of the URL; set PGPASSWORD or write it to ~/.pgpass.",
        )
    return address


def find_place(state_dir: Path, environ: Mapping[str, str]) -> Place:
    """The ledger of a broker's account: the state's ``ledger/ledger.db``, or by ``$ICTCLI_LEDGER_URL``.

    Raises:
        ConfigError: the variable holds no URL of a ledger.
        DataError: the workspace has no secret key.
    """
    folder = state_dir / "ledger"
    url = environ.get(VARIABLE, "")
    return Place(
        address=parse_address(url) if url else Address(file=folder / "ledger.db"),
        key=read_key(state_dir / "secret.key"),
        anchors=state_dir / "anchors.log",
        spill=folder / "spill.jsonl",
        lock=folder / "ledger.lock",
        backups=folder / "backups",
    )


def paper_place(state_dir: Path) -> Place:
    """The ledger of the built-in terminal, whose tickets mean nothing at a broker.

    Raises:
        DataError: the workspace has no secret key.
    """
    folder = state_dir / "paper"
    place = place_in(folder / "ledger", read_key(state_dir / "secret.key"))
    return replace(place, traces=(folder / TERMINAL_FILE,))


def replay_place(state_dir: Path) -> Place:
    """The ledger of the last replay.

    Raises:
        DataError: the workspace has no secret key.
    """
    return place_in(state_dir / "replay", read_key(state_dir / "secret.key"))


def place_of(name: LedgerName, state_dir: Path, environ: Mapping[str, str]) -> Place:
    """One of the workspace's ledgers by name.

    Raises:
        ConfigError: the variable holds no URL of a ledger.
        DataError: the workspace has no secret key.
    """
    if name == "broker":
        return find_place(state_dir, environ)
    return paper_place(state_dir) if name == "paper" else replay_place(state_dir)


def usual_ledger(state_dir: Path, environ: Mapping[str, str]) -> LedgerName:
    """The ledger that is meant where none is named: the broker's where there is one, else the paper one.

    Raises:
        ConfigError, DataError: see ``place_of``.
    """
    place = find_place(state_dir, environ)
    return "broker" if place.exists or place.lost or place.moved.exists() else "paper"


def place_in(folder: Path, key: bytes) -> Place:
    """A ledger with all that belongs to it in one folder.

    Args:
        folder: need not be there yet.
        key: what its events are sealed with.
    """
    return Place(
        address=Address(file=folder / "ledger.db"),
        key=key,
        anchors=folder / "anchors.log",
        spill=folder / "spill.jsonl",
        lock=folder / "ledger.lock",
        backups=folder / "backups",
    )
