"""What a worker process needs to trade what the main one trades: paths, texts, and proof of the same bars."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np

from ictcli.config.records import Config
from ictcli.errors import DataError
from ictcli.market.symbols import SymbolBook
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Request, Workshop, load_floor
from ictcli.research.choices import Loaded, load_strategy
from ictcli.store.store import Store
from ictcli.strategies.loading import file_of
from ictcli.telemetry import silent

COLUMNS = ("ts", "ts_close", "open", "high", "low", "close", "tick_volume", "spread")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a process finds the bars of a search; sites are equal when their bars are.

    Attributes:
        key: fingerprint of bars, specifications and news, as the main process loaded them.
        data_dir, state_dir, folder: of the store and the workspace, absolute.
        request: what to load, with absolute paths of strategy files.
        book: instruments.
        config: as it was loaded.
    """

    key: str
    data_dir: Path = field(compare=False)
    state_dir: Path = field(compare=False)
    folder: Path = field(compare=False)
    request: Request = field(compare=False)
    book: SymbolBook = field(compare=False)
    config: Config = field(compare=False)


def make_site(floor: Floor, request: Request, shop: Workshop) -> Site:
    """The site of what was loaded."""
    return Site(
        key=fingerprint(floor),
        data_dir=shop.store.data_dir.resolve(),
        state_dir=shop.store.state_dir.resolve(),
        folder=shop.folder.resolve(),
        request=replace(request, strategies=tuple(map(_absolute, request.strategies)), gate=None),
        book=shop.book,
        config=shop.config,
    )


@lru_cache(maxsize=1)
def open_floor(site: Site) -> Floor:
    """What the main process loaded, loaded once more by this one and kept until another site is asked for.

    Raises:
        DataError: the bars are not the same any more.
    """
    store = Store(site.data_dir, site.state_dir, 0, site.config.primary)
    shop = Workshop(store, site.book, site.config, site.folder)
    floor, _ = load_floor(site.request, shop, silent)
    if fingerprint(floor) != site.key:
        raise DataError(
            "stored bars changed while the search was running", hint="Run it again: what is done is kept."
        )
    return floor


def fingerprint(floor: Floor) -> str:
    """SHA-256 of everything that is traded: bars, shorter bars, specifications, news."""
    found = hashlib.sha256()
    for one, fine in zip(floor.series, floor.fine, strict=True):
        found.update(f"{one.key} {one.bars.digits} {0 if fine is None else fine.digits}".encode())
        found.update(msgspec.json.encode(one.spec))
        for bars in (one.bars, fine):
            for name in COLUMNS if bars is not None else ():
                found.update(np.ascontiguousarray(getattr(bars, name)).data)
    found.update(f"{floor.traded} {floor.news!r}".encode())
    return found.hexdigest()


@lru_cache(maxsize=8)
def open_strategies(names: tuple[str, ...], sources: tuple[str, ...]) -> tuple[Loaded, ...]:
    """Strategies, loaded once per process.

    Args:
        names: of strategies or files.
        sources: hashes of the files, so that a changed file is loaded again.

    Raises:
        DataError: a file is not what it was when the search began.
    """
    loaded = tuple(load_strategy(name) for name in names)
    if tuple(source for _, source in loaded) != sources:
        raise DataError(
            "a strategy's file changed while the search was running",
            hint="Run it again: what is done is kept.",
        )
    return loaded


def _absolute(strategy: str) -> str:
    """A strategy whose file is found from any directory."""
    file = file_of(strategy)
    return strategy if file is None else str(file.resolve()) + strategy[strategy.rindex(".py") + 3 :]
