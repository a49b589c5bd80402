"""The file of a paper terminal, and whether a trader can go on from it; read without the terminal itself."""

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


class _Remembered(msgspec.Struct):
    """What of a server's bytes can be told without a server."""

    history: SavedHistory


def require_state(path: Path) -> None:
    """Make sure that the terminal of a ledger that has begun is there; it was written before any event.

    Raises:
        DataError: it is lost; a new one would hold other money and know none of the ledger's tickets.
    """
    if not path.is_file():
        raise DataError(f"the ledger tells of a terminal, and {path} is missing", hint=HINT)


def read_state(path: Path) -> Kept:
    """What was written down.

    Raises:
        DataError: nothing was, or it is no such file.
    """
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Kept)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", hint=HINT) from error
    except ValueError as error:
        raise strange_state(path, error) from error


def history_of(kept: Kept, file: HistoryFile) -> Blocks:
    """The blocks of history that a state counts.

    Raises:
        DataError: they are missing or damaged.
    """
    return file.read(kept.history) if kept.history is not None else NO_BLOCKS


def check_terminal(folder: Path) -> None:
    """Make sure that a trader can go on from what lies in a folder.

    Raises:
        DataError: a file is missing, or is not what was written.
    """
    path = folder / TERMINAL_FILE
    require_state(path)
    kept = read_state(path)
    blocks = history_of(kept, HistoryFile(folder))
    try:
        load_history(msgspec.msgpack.decode(kept.server, type=_Remembered).history, blocks)
    except ValueError as error:
        raise strange_state(path, error) from error


def strange_state(path: Path, error: ValueError) -> DataError:
    """What there is to say of bytes that no terminal wrote."""
    return DataError(f"{path} is no state of this terminal: {error}", hint=HINT)
