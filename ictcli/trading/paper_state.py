"""The file of a paper terminal, and whether a trader can go on from it; read without the terminal itself."""

import struct
import zlib
from pathlib import Path

import msgspec

from ictcli.brokers.simulated.server_history import NO_BLOCKS, Blocks, SavedHistory, load_history
from ictcli.errors import DataError
from ictcli.ledger.address import TERMINAL_FILE
from ictcli.market.symbols import SymbolSpec
from ictcli.trading.paper_history import HINT, Extent, HistoryFile


class Quoted(msgspec.Struct, frozen=True):
    """A series of the terminal: its contract, decimals of its prices, name of its timeframe."""

    spec: SymbolSpec
    digits: int
    timeframe: str


class Kept(msgspec.Struct, frozen=True):
    """The file: the server's own bytes, how far its market has gone within its bars, where its history is.

    Without ``history`` the server's bytes hold all of it, as they did in earlier versions, which did not
    tell their ``series`` either. ``traded``: how many of these, from the first, are traded.
    """

    server: bytes
    done: dict[int, tuple[int, int]]
    history: Extent | None = None
    series: tuple[Quoted, ...] = ()
    traded: int = 0


_HEAD = struct.Struct("<4sI")
"""In front of the file: a mark that no earlier version wrote, and the CRC-32 of the rest."""
_MARK = b"ict1"


class _Remembered(msgspec.Struct):
    """What of a server's bytes can be told without a server."""

    history: SavedHistory


def packed(kept: Kept) -> bytes:
    """The bytes of the file."""
    body = msgspec.msgpack.encode(kept)
    return _HEAD.pack(_MARK, zlib.crc32(body)) + body


def read_state(path: Path) -> Kept:
    """What was written down.

    Raises:
        DataError: nothing was, or it is no such file.
    """
    try:
        return _unpacked(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", hint=HINT) from error
    except ValueError as error:
        raise strange_state(path, error) from error


def _unpacked(content: bytes) -> Kept:
    """What the bytes hold; those of earlier versions have no head.

    Raises:
        ValueError: they are not what was written.
    """
    if content[:4] == _MARK:
        body = content[_HEAD.size :]
        if len(content) < _HEAD.size or _HEAD.unpack_from(content)[1] != zlib.crc32(body):
            raise ValueError("it is not what was written")
        content = body
    return msgspec.msgpack.decode(content, type=Kept)


def history_of(kept: Kept, file: HistoryFile) -> Blocks:
    """The blocks of history that a state counts.

    Raises:
        DataError: they are missing or damaged.
    """
    return file.read(kept.history) if kept.history is not None else NO_BLOCKS


def check_terminal(folder: Path, tickets: tuple[int, int]) -> None:
    """Make sure that a trader can go on from what lies in a folder.

    A terminal is written down before anybody hears of what it did, so it is never behind its ledger.

    Args:
        folder: of the terminal.
        tickets: highest order and deal that the ledger knows, read before the terminal.

    Raises:
        DataError: a file is missing, is not what was written, or is older than the ledger.
    """
    path = folder / TERMINAL_FILE
    if not path.is_file():
        raise DataError(f"the ledger tells of a terminal, and {path} is missing", hint=HINT)
    kept = read_state(path)
    blocks = history_of(kept, HistoryFile(folder))
    try:
        history = load_history(msgspec.msgpack.decode(kept.server, type=_Remembered).history, blocks)
    except ValueError as error:
        raise strange_state(path, error) from error
    if history.next_order <= tickets[0] or history.next_deal <= tickets[1]:
        raise DataError(f"{path} is older than its ledger, which knows of later orders or deals", hint=HINT)


def strange_state(path: Path, error: ValueError) -> DataError:
    """What there is to say of bytes that no terminal wrote."""
    return DataError(f"{path} is no state of this terminal: {error}", hint=HINT)
