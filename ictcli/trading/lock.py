"""One trader per account: a lock that dies with its holder, and a note of who trades where."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ictcli.errors import Busy, DataError, ExitCode, IctError
from ictcli.plain_file import read_plain
from ictcli.store.atomic import write_file
from ictcli.store.locks import exclusive

LOGIN = 1
"""Account number of the built-in simulated terminal."""
_PATIENCE = 0.5
"""Seconds to wait for the lock: ``halt`` and ``status`` try it for a moment to see who is up."""


class Trader(msgspec.Struct, frozen=True):
    """Who trades an account, or did last.

    Attributes:
        account: login.
        broker: table of ``brokers``, empty for the built-in simulated terminal.
        mode: paper, live or replay.
        pid: process.
        since: ns UTC.
        code: exit code that it ended with by itself, 0 for a good end; None while it runs, and where it was
            killed or its end could not be written down.
    """

    account: int
    broker: str
    mode: str
    pid: int
    since: int
    code: int | None = None


@contextmanager
def only_trader(control: Path, trader: Trader) -> Iterator[None]:
    """Be the only trader of an account for the block; the file descriptor is not inherited by children.

    Raises:
        Busy: another process trades it; names process, host and since when.
        DataError: the lock cannot be made.
    """
    what = f"account {trader.account}"
    path = _lock(control, trader.account)
    with exclusive(path, what, now=trader.since, wait=_PATIENCE, doing="being traded"):
        _write(control, trader)
        try:
            yield
        except BaseException as error:
            with suppress(DataError):  # what ended it is what is told
                _write(control, msgspec.structs.replace(trader, code=_code_of(error)))
            raise
        with suppress(DataError):
            _write(control, msgspec.structs.replace(trader, code=ExitCode.OK.value))


@contextmanager
def no_trader(control: Path, account: int, now: int) -> Iterator[None]:
    """Keep traders of an account out for the block, without being one.

    Args:
        control: folder of locks.
        account: login.
        now: ns UTC.

    Raises:
        Busy: a process trades it.
        DataError: the lock cannot be made.
    """
    path = _lock(control, account)
    with exclusive(path, f"account {account}", now=now, wait=_PATIENCE, doing="being traded"):
        yield


def traders(control: Path) -> list[tuple[Trader, bool]]:
    """Every account that was ever traded here, and whether a process trades it right now."""
    found = []
    for path in sorted(control.glob("trade.*.json")):
        try:
            trader = msgspec.json.decode(read_plain(path), type=Trader)
        except (OSError, msgspec.DecodeError):
            continue
        found.append((trader, is_traded(control, trader)))
    return found


def is_traded(control: Path, trader: Trader) -> bool:
    """Whether a process holds the account's lock."""
    try:
        with exclusive(_lock(control, trader.account), "", now=trader.since, sign=False):
            return False
    except Busy:
        return True


def _write(control: Path, trader: Trader) -> None:
    write_file(_note(control, trader.account), msgspec.json.encode(trader), private=True)


def _code_of(error: BaseException) -> int:
    if isinstance(error, IctError):
        return error.code.value
    return (ExitCode.INTERRUPTED if isinstance(error, KeyboardInterrupt) else ExitCode.UNEXPECTED).value


def _lock(control: Path, account: int) -> Path:
    return control / f"trade.{account}.lock"


def _note(control: Path, account: int) -> Path:
    return control / f"trade.{account}.json"
