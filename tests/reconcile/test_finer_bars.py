"""What happened within a recorded bar is told by the shorter bars that make it up, whoever's they are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from ictcli.config.records import BacktestConfig
from ictcli.ledger.bodies import BarTaken, Checkpoint, Filled
from ictcli.ledger.log import Entry
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.timeframes import parse_timeframe
from ictcli.reconcile.against_backtest import against_backtest
from ictcli.reconcile.finer_bars import finer_of
from ictcli.reconcile.same_core import Core, Traded, core_of
from ictcli.reconcile.story import Window
from ictcli.store.store import Store
from ictcli.trading.checkpoints import read_checkpoint
from tests.reconcile.paper_sessions import PaperDesk, paper_desk, walk
from tests.research.conftest import keep

M1 = parse_timeframe("M1")
PIECES = 5
LEARNED, BARS = 200, 320
ALL = walk(BARS)


def pieces(bars: Bars, higher: int = 0) -> Bars:
    """One-minute bars: the first of five moves as far as the whole does."""
    ts = (bars.ts[:, None] + np.arange(PIECES) * M1.ns).ravel()
    first = np.arange(len(ts)) % PIECES == 0

    def column(
        moved: np.ndarray[tuple[int], np.dtype[np.int64]],
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.where(first, np.repeat(moved, PIECES), np.repeat(bars.close, PIECES))

    ohlc = (column(bars.open), column(bars.high + higher), column(bars.low), column(bars.close))
    return make_bars(bars.digits, ts, ts + M1.ns, ohlc)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> PaperDesk:
    made = paper_desk(tmp_path_factory.mktemp("desk"))
    made.session(ALL.slice(0, LEARNED))
    made.session(ALL.slice(LEARNED, BARS))
    return made


def core(desk: PaperDesk, folder: Path, **stored: Bars) -> Core:
    """The trader of the last checkpoint in a workspace with shorter bars, by source."""
    named = [entry.body for entry in desk.entries() if isinstance(entry.body, Checkpoint)]
    state = read_checkpoint(desk.checkpoints, named[-1])
    store = Store(folder / "data", folder / "state", 0)
    for source, bars in stored.items():
        keep(store, SeriesKey(source, "BTCUSD", M1), bars)
    made = core_of(state, Traded.of(state), [ALL], desk.shop, [])
    return replace(made, shop=replace(made.shop, store=store))


def test_shorter_bars_are_those_that_make_up_the_recorded_ones(desk: PaperDesk, tmp_path: Path) -> None:
    made = core(desk, tmp_path, another=pieces(ALL, higher=1), walk=pieces(ALL))
    (found,) = finer_of(made, [ALL])
    assert found is not None
    assert np.array_equal(found.high, pieces(ALL).high)


def test_bars_without_pieces_say_nothing_against_a_source(desk: PaperDesk, tmp_path: Path) -> None:
    (found,) = finer_of(core(desk, tmp_path, walk=pieces(ALL.slice(50, 60))), [ALL])
    assert found is not None
    assert len(found) == 10 * PIECES


@pytest.mark.parametrize("higher", [1, 3])
def test_bars_of_another_market_resolve_nothing(desk: PaperDesk, tmp_path: Path, higher: int) -> None:
    assert finer_of(core(desk, tmp_path, another=pieces(ALL, higher=higher)), [ALL]) == [None]
    assert finer_of(core(desk, tmp_path / "none"), [ALL]) == [None]


def test_a_backtest_that_resolves_nothing_is_compared_without(desk: PaperDesk, tmp_path: Path) -> None:
    made = core(desk, tmp_path, walk=pieces(ALL))
    config = structs.replace(made.shop.config, backtest=BacktestConfig(resolve=False))
    assert finer_of(replace(made, shop=replace(made.shop, config=config)), [ALL]) == [None]


def test_a_difference_stays_one_however_the_bars_are_resolved(desk: PaperDesk, tmp_path: Path) -> None:
    shop = core(desk, tmp_path, walk=pieces(ALL)).shop
    entries = desk.entries()
    last = [entry.body for entry in entries if isinstance(entry.body, Filled)][-1]
    lost = [Entry(one.seq, one.ts, one.body) for one in entries if one.body != last]
    window = Window(0, max(one.body.ts_close for one in entries if isinstance(one.body, BarTaken)))

    def compared(told: list[Entry]) -> tuple[int, tuple[str, ...]]:
        found = against_backtest(told, window, desk.checkpoints, shop, lambda *_: None)
        assert found.fills
        return len([row for row in found.fills if not row.as_much]), found.notes[1:]

    assert compared(entries) == (0, ())
    assert compared(lost) == (1, ())
