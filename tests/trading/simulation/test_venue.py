"""The model of a broker, on its own: what MT5 does with orders, positions and money."""

from random import Random

import pytest

from ictcli.clock import NS_PER_SECOND
from ictcli.trading.simulation.books import BUY, CANCELLED, IN, OUT, SELL, Answer, Ask
from ictcli.trading.simulation.faults import Faults, Menu
from ictcli.trading.simulation.matching import COMMISSION, SPREAD
from ictcli.trading.simulation.schedule import Schedule
from ictcli.trading.simulation.venue import Venue


def a_venue(menus: dict[str, Menu] | None = None, *, deduplicates: bool = False) -> Venue:
    schedule, faults = Schedule(0), Faults(Random(1), menus or {})
    return Venue(schedule, faults, Random(2), {"EURUSD": 108_000}, deduplicates=deduplicates)


def bought(venue: Venue, volume: int = 10, magic: int = 7) -> Answer:
    return venue.execute(Ask(1, "EURUSD", BUY, volume, magic=magic, stop=107_000))


def test_a_market_order_opens_a_position_at_the_offer() -> None:
    venue = a_venue()
    answer = bought(venue)
    assert (answer.code, answer.volume, answer.price) == (10009, 10, 108_000 + SPREAD)
    position = venue.books.positions[answer.order]
    assert (position.volume, position.stop, position.magic) == (10, 107_000, 7)
    assert venue.books.balance == 1_000_000 - 10 * COMMISSION


def test_a_close_books_profit_and_leaves_nothing() -> None:
    venue = a_venue()
    position = bought(venue).order
    venue.prices["EURUSD"] = 108_100
    answer = venue.execute(Ask(1, "EURUSD", SELL, 10, magic=8, position=position))
    assert answer.code == 10009
    assert not venue.books.positions
    deal = venue.books.deals[-1]
    assert (deal.entry, deal.position, deal.profit) == (OUT, position, (100 - SPREAD) * 10)
    assert venue.books.balance == 1_000_000 + deal.profit - 20 * COMMISSION


def test_a_second_order_of_one_magic_is_executed_twice_unless_the_broker_deduplicates() -> None:
    plain, careful = a_venue(), a_venue(deduplicates=True)
    first, second = bought(plain), bought(plain)
    assert first.order != second.order
    assert len(plain.books.positions) == 2
    assert bought(careful) == bought(careful)
    assert len(careful.books.positions) == 1


def test_closing_what_is_gone_or_more_than_is_open_is_refused() -> None:
    venue = a_venue()
    position = bought(venue).order
    assert venue.execute(Ask(1, "EURUSD", SELL, 11, position=position)).code == 10038
    assert venue.execute(Ask(1, "EURUSD", SELL, 10, position=position)).code == 10009
    assert venue.execute(Ask(1, "EURUSD", SELL, 10, position=position)).code == 10036


def test_a_resting_order_fills_when_the_market_comes_and_can_be_withdrawn_before() -> None:
    venue = a_venue()
    limit = Ask(5, "EURUSD", 2, 10, price=107_990, magic=3)
    order = venue.execute(limit).order
    assert venue.execute(Ask(8, order=order)).code == 10009
    assert venue.books.done[-1].state == CANCELLED
    order = venue.execute(limit).order
    venue.prices["EURUSD"] = 107_900
    venue.schedule.wait(2 * NS_PER_SECOND)
    assert venue.books.positions[order].volume == 10
    assert venue.execute(Ask(8, order=order)).code == 10013


def test_a_cancel_can_lose_the_race() -> None:
    venue = a_venue({"cancel": (("filled first", 1.0),)})
    order = venue.execute(Ask(5, "EURUSD", 2, 10, price=107_900, magic=3)).order
    assert venue.execute(Ask(8, order=order)).code == 10013
    assert venue.books.positions[order].volume == 10


def test_a_partial_fill_leaves_the_rest_cancelled() -> None:
    venue = a_venue({"execution": (("partial", 1.0),)})
    answer = bought(venue, 9)
    assert (answer.code, answer.volume) == (10010, 4)
    order = venue.books.done[-1]
    assert (order.state, order.remaining) == (CANCELLED, 5)


def test_a_placed_order_is_filled_later() -> None:
    venue = a_venue({"execution": (("placed", 1.0),)})
    assert bought(venue).code == 10008
    assert not venue.books.deals
    venue.schedule.wait(3 * NS_PER_SECOND)
    assert [deal.entry for deal in venue.books.deals] == [IN]


@pytest.mark.parametrize("action", [6, 7])
def test_a_change_without_a_change_is_said_to_be_none(action: int) -> None:
    venue = a_venue()
    position = bought(venue).order
    order = venue.execute(Ask(5, "EURUSD", 2, 10, price=107_900, magic=3)).order
    asked = {
        6: Ask(6, "EURUSD", stop=107_100, position=position),
        7: Ask(7, "EURUSD", price=107_800, order=order),
    }[action]
    assert venue.execute(asked).code == 10009
    assert venue.execute(asked).code == 10025


def test_a_stop_closes_a_position_with_the_positions_magic() -> None:
    venue = a_venue()
    bought(venue)
    venue.prices["EURUSD"] = 106_900
    venue.schedule.wait(2 * NS_PER_SECOND)
    assert not venue.books.positions
    assert (venue.books.deals[-1].reason, venue.books.deals[-1].magic) == (4, 7)


def test_what_people_do_moves_money_by_the_books() -> None:
    hands: Menu = (("deposit", 0.3), ("foreign trade", 0.4), ("closed by hand", 0.3))
    venue = a_venue({"hand": hands})
    venue.market.hands = True
    bought(venue)
    venue.schedule.wait(200 * NS_PER_SECOND)
    deals = venue.books.deals
    assert {deal.type for deal in deals} == {0, 1, 2}
    assert venue.books.balance == 1_000_000 + sum(deal.profit + deal.commission for deal in deals)
