import math
from decimal import Decimal

import msgspec
import pytest

from ictcli.market.symbols import SymbolBook, load_symbols
from ictcli.sources.sim.instruments import FALLBACK_PRICE, instrument

NAMES = load_symbols(None).names


@pytest.mark.parametrize("name", NAMES)
def test_every_known_symbol_has_unit_variance_and_a_start_price_of_many_ticks(
    book: SymbolBook, name: str
) -> None:
    spec = book.require(name)
    assumed = instrument(spec)
    total = assumed.own**2 + sum(weight**2 for _, weight in assumed.factors)
    assert math.isclose(total, 1.0)
    assert len(assumed.factors) <= 3
    assert assumed.price >= 0.999 * 10_000 * float(spec.tick_size)
    assert 0.03 < assumed.volatility < 1.0


def test_crosses_start_at_the_ratio_of_their_dollar_rates(book: SymbolBook) -> None:
    euro, pound = instrument(book.require("EURUSD")).price, instrument(book.require("GBPUSD")).price
    assert instrument(book.require("EURGBP")).price == pytest.approx(euro / pound)


def test_futures_and_stablecoin_pairs_follow_their_underlying(book: SymbolBook) -> None:
    for name, root in (("MES", "US500"), ("GC", "XAUUSD"), ("6EH4", "EURUSD"), ("BTCUSDT", "BTCUSD")):
        follower, leader = instrument(book.require(name)), instrument(book.require(root))
        assert (follower.root, follower.factors, follower.own) == (leader.root, leader.factors, leader.own)


def test_the_yen_future_mirrors_the_spot_pair(book: SymbolBook) -> None:
    future, spot = instrument(book.require("6J")), instrument(book.require("USDJPY"))
    assert future.own == -spot.own
    assert future.factors == tuple((name, -weight) for name, weight in spot.factors)
    assert future.price * spot.price == pytest.approx(1)


@pytest.mark.parametrize("asset", ["fx", "metal", "energy", "index", "crypto", "future"])
def test_an_unknown_symbol_follows_its_asset_class(book: SymbolBook, asset: str) -> None:
    spec = msgspec.structs.replace(
        book.require("XAUUSD"), name="QQQ", base="QQQ", quote="ZZZ", asset=asset, tick_size=Decimal("0.01")
    )
    assumed = instrument(spec)
    assert assumed.root == "QQQ"
    assert assumed.price in (FALLBACK_PRICE, 78.0)
