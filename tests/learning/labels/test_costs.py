"""Costs of a round trip as a fraction of the entry."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest

from ictcli.learning.labels.costs import costs_of, trade_costs
from ictcli.market.bars import make_bars
from ictcli.market.symbols import SymbolSpec, load_symbols
from tests.learning.labels.bars import bars_of


def gold() -> SymbolSpec:
    known = load_symbols(None).require("XAUUSD")
    return msgspec.structs.replace(
        known, digits=2, spread=30, contract_size=Decimal(100), commission=Decimal("3.5"), fee=Decimal("0.5")
    )


def test_spread_charges_and_slippage_add_up() -> None:
    bars = bars_of([(200_000, 200_000, 200_000, 200_000), (250_000, 250_000, 250_000, 250_000)], spread=25)
    own = costs_of(bars, gold(), slippage_points=5)
    assert own.spread.tolist() == [25 / 200_000, 25 / 250_000]
    assert own.slippage.tolist() == [10 / 200_000, 10 / 250_000]
    assert own.charges == pytest.approx([2 * 4.0 / (100 * 2000.0), 2 * 4.0 / (100 * 2500.0)], rel=1e-15)
    assert own.total.tolist() == (own.spread + own.charges + own.slippage).tolist()
    assert trade_costs(bars, gold(), 5).tolist() == own.total.tolist()


def test_a_bar_without_a_spread_costs_the_typical_one() -> None:
    row = (200_000, 200_000, 200_000, 200_000)
    bars = bars_of([row, row])
    mixed = make_bars(2, bars.ts, bars.ts_close, (bars.open,) * 4, spread=np.array([-1, 0], np.int32))
    assert costs_of(bars, gold()).spread.tolist() == [30 / 200_000] * 2
    assert costs_of(mixed, gold()).spread.tolist() == [30 / 200_000, 0.0]


def test_finer_points_change_nothing() -> None:
    bars = bars_of([(200_000, 200_100, 199_000, 200_050)] * 3)
    assert trade_costs(bars.rescaled(4), gold()) == pytest.approx(trade_costs(bars, gold()), rel=1e-14)
    spread = bars_of([(200_000, 200_100, 199_000, 200_050)] * 3, spread=17)
    assert trade_costs(spread.rescaled(4), gold()) == pytest.approx(trade_costs(spread, gold()), rel=1e-14)


def test_the_result_of_a_trade_at_the_quotes_is_the_return_on_bids_less_the_spread() -> None:
    bid_in, bid_out, spread = 2000.0, 2010.0, 0.25
    cost = costs_of(bars_of([(200_000,) * 4], spread=25), gold()).spread[0]
    bought_at_ask = (bid_out - (bid_in + spread)) / bid_in
    sold_at_bid = (bid_in - (bid_out + spread)) / bid_in
    gross = (bid_out - bid_in) / bid_in
    assert gross - cost == pytest.approx(bought_at_ask, rel=1e-12)
    assert -gross - cost == pytest.approx(sold_at_bid, rel=1e-12)
