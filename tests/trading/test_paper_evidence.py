"""What paper trading earns: bars that are taken as they close, and nothing that is played back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE, now_ns
from ictcli.config.records import Config
from ictcli.ledger.address import paper_place
from ictcli.ledger.bodies import BarTaken, Reconciled
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.backtest import Workshop
from ictcli.research.choices import choose_strategies
from ictcli.store.store import Store
from ictcli.trading.control import spool_folder
from ictcli.trading.graduation import strategy_mark
from ictcli.trading.lock import LOGIN
from ictcli.trading.paper import trade_paper
from ictcli.trading.request import Outside, TradeRequest
from ictcli.trading.spool import lay, spool_of
from ictcli.trading.track_record import Evidence, gather
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

M5 = parse_timeframe("M5")
REQUEST = TradeRequest(("BTCUSD",), ("sma_cross",), {}, (M5,), once=True)
OUTSIDE = Outside(
    ending=lambda: "", alive=lambda _: None, ready=lambda _: None, tell=lambda _: None,
    show=lambda _: None, progress=lambda *_: None, provenance={"time": "2024", "version": "1"}, environ={},
)  # fmt: skip

CLEAN = Reconciled(key="r", result="clean", since=0, until=now_ns(), findings=0, digest="d")


def session(shop: Workshop, bars: Bars) -> tuple[list[bool], Evidence]:
    """Trade what reached the store: which bars were told to be timely, and what was earned so far."""
    if len(bars):
        keep(shop.store, SeriesKey("walk", "BTCUSD", M5), bars)
    trade_paper(REQUEST, shop, OUTSIDE)
    with reading(paper_place(shop.store.state_dir).address) as stored:
        entries = [entry_of(event) for event in stored.events()]
    (choice,) = choose_strategies(["sma_cross"], {}, {})
    timely = [one.body.timely for one in entries if isinstance(one.body, BarTaken)]
    return timely, gather([entries], strategy_mark(choice, None))


def ending_now(bars: Bars) -> Bars:
    """The same bars, the last of which has just closed."""
    ts = now_ns() // M5.ns * M5.ns - np.arange(len(bars), 0, -1) * M5.ns
    return replace(bars, ts=ts, ts_close=ts + 5 * NS_PER_MINUTE)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A workspace without bars."""
    create(tmp_path)
    return Workshop(Store(tmp_path / "data", tmp_path / "state", 0), load_symbols(None), Config(), tmp_path)


def test_bars_that_were_fetched_later_earn_nothing_and_those_that_just_closed_earn_a_day(
    shop: Workshop,
) -> None:
    state = shop.store.state_dir
    walk = random_walk(1, 900, 6_000_000, 2)
    session(shop, walk.slice(0, 400))
    timely, evidence = session(shop, walk.slice(400, 880))
    assert (len(timely), any(timely)) == (480, False)
    assert (evidence.trades, evidence.days, evidence.reconciled, evidence.orders) == (0, 0, 0, 0)
    timely, evidence = session(shop, ending_now(walk.slice(880, 900)))
    assert len(timely) == 500
    assert 1 <= sum(timely) <= 3
    assert timely[-1]
    assert not any(timely[:497])
    assert 1 <= evidence.days <= 2
    assert evidence.reconciled == 0
    lay(spool_of(spool_folder(state), LOGIN), paper_place(state).key, [CLEAN], "night", now_ns())
    _, evidence = session(shop, walk.slice(0, 0))
    assert evidence.reconciled == 1
