"""What an account keeps apart."""

from decimal import Decimal

from ictcli.trading.account import LEGS, first_legs
from ictcli.trading.identity import intent_id
from ictcli.trading.wishes import Units


def units(symbol: str) -> Units:
    """How a series counts."""
    return Units(symbol, 5, Decimal("0.01"), 2)


def test_every_timeframe_of_a_symbol_has_entries_of_its_own_names() -> None:
    legs = first_legs([units("EURUSD"), units("GBPUSD"), units("EURUSD"), units("EURUSD")])
    assert legs == [0, 0, LEGS, 2 * LEGS]
    names = {intent_id(1, "fvg_retest", "EURUSD", 5, leg, "place") for leg in (legs[0], legs[2], legs[3])}
    assert len(names) == 3
