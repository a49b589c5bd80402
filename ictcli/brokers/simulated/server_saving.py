"""The server's state as bytes and back: a server that goes on from them is the one that was saved."""

from typing import Any

import msgspec
import numpy as np

from ictcli.brokers.simulated.market import Row
from ictcli.brokers.simulated.records import Line, ServerOrder, ServerRequest
from ictcli.brokers.simulated.server_history import Blocks, SavedHistory, load_history
from ictcli.brokers.simulated.server_records import Held
from ictcli.brokers.simulated.server_scene import Scene
from ictcli.engine.world import Quote

Known = tuple[int, int, Quote]
"""A bar that is over and not known yet: first instant after it, series, quote."""
_ARRAYS = ("account", "states", "orders", "positions")


class Saved(msgspec.Struct):
    """Everything that a server remembers."""

    world: list[bytes]
    markets: list[tuple[bytes, bytes, Row]]
    orders: dict[int, ServerOrder]
    numbers: dict[int, int]
    held: dict[int, Held]
    history: SavedHistory
    refusals: dict[int, int]
    parts: list[list[tuple[int, int]]]
    answers: dict[str, int]
    under_way: list[tuple[int, ServerRequest]]
    known: list[tuple[int, int, Row]]
    line: Line
    now: int
    changes: int
    ended: bool


def save_scene(scene: Scene, line: Line, known: list[Known], *, whole: bool) -> bytes:
    """The state as bytes; with all of history, or without its blocks."""
    book = scene.book
    return msgspec.msgpack.encode(
        Saved(
            world=[getattr(scene.world, name).tobytes() for name in _ARRAYS],
            markets=[one.save() for one in scene.markets],
            orders=book.orders,
            numbers=book.numbers,
            held=book.held,
            history=book.history.save(whole=whole),
            refusals=book.refusals,
            parts=scene.parts,
            answers=scene.answers,
            under_way=scene.under_way,
            known=[(ends, s, tuple(quote)) for ends, s, quote in known],
            line=line,
            now=scene.now,
            changes=scene.changes,
            ended=scene.ended,
        )
    )


def load_scene(scene: Scene, saved: bytes, blocks: Blocks) -> tuple[Line, list[Known]]:
    """Put a state into a scene that was set up in the same way; the line, and bars not known yet.

    Args:
        scene: takes the state.
        saved: the state.
        blocks: of history that it was saved without.

    Raises:
        ValueError: the bytes are not the state of such a server.
    """
    state = msgspec.msgpack.decode(saved, type=Saved)
    arrays: list[Any] = [getattr(scene.world, name) for name in _ARRAYS]
    if [one.nbytes for one in arrays] != [len(one) for one in state.world]:
        raise ValueError("not a checkpoint of this server")
    for one, raw in zip(arrays, state.world, strict=True):
        one.reshape(-1)[:] = np.frombuffer(raw, one.dtype)
    for market, parts in zip(scene.markets, state.markets, strict=True):
        market.load(*parts)
    book = scene.book
    book.orders, book.numbers, book.held = state.orders, state.numbers, state.held
    book.history, book.refusals = load_history(state.history, blocks), state.refusals
    scene.parts, scene.answers, scene.under_way = state.parts, state.answers, state.under_way
    scene.now, scene.changes, scene.ended = state.now, state.changes, state.ended
    return state.line, [(ends, s, Quote(*quote)) for ends, s, quote in state.known]
