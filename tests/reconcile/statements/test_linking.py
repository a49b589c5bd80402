"""Which deals made a position."""

from dataclasses import replace
from decimal import Decimal

from ictcli.reconcile.statements.linking import link
from ictcli.reconcile.statements.record import (
    ZERO,
    ClosedPosition,
    OpenPosition,
    StatedDeal,
    Statement,
)

D = Decimal
SECOND = 1_000_000_000
ENTRY = StatedDeal(
    1, 1, SECOND, "EURUSD", "buy", "in", D(1), D("1.1"), 10, 0, ZERO, ZERO, ZERO, ZERO, None, ""
)
EXIT = replace(ENTRY, row=2, deal=2, time=9 * SECOND, kind="sell", entry="out", order=11, profit=D(5))
CLOSED = ClosedPosition(
    1, 10, "EURUSD", 1, D(1), SECOND, D("1.1"), 9 * SECOND, D("1.1"), None, None, ZERO, ZERO, ZERO, D(5), ""
)
OPEN = OpenPosition(
    1, 10, "EURUSD", 1, D("0.6"), SECOND, D("1.1"), D("1.1"), None, None, ZERO, ZERO, ZERO, ZERO, ""
)  # fmt: skip
EMPTY = Statement("mt5", "1", "S", "", "EUR", "hedge", 0, 2, "en")


def exits(statement: Statement) -> dict[int, list[int]]:
    return {position: [deal.deal for deal in deals] for position, deals in link(statement).exits.items()}


def part(number: int, volume: str, profit: str, second: int) -> StatedDeal:
    return replace(EXIT, row=number, deal=number, volume=D(volume), profit=D(profit), time=second * SECOND)


def test_one_deal_that_says_the_same_closed_the_position() -> None:
    other = replace(EXIT, row=3, deal=3, profit=D(6))
    twin = replace(CLOSED, row=2, position=20, profit=D(6))
    assert exits(replace(EMPTY, deals=(ENTRY, EXIT, other), positions=(CLOSED, twin))) == {10: [2], 20: [3]}


def test_several_deals_that_sum_up_to_it_closed_the_position() -> None:
    deals = (
        ENTRY,
        part(2, "0.3", "1", 3),
        part(3, "0.3", "2", 5),
        part(4, "0.3", "9", 6),
        part(5, "0.4", "2", 9),
    )
    found = link(replace(EMPTY, deals=deals, positions=(CLOSED,)))
    assert [deal.deal for deal in found.exits[10]] == [2, 3, 5]
    assert [deal.deal for deal in found.loose] == [4]


def test_what_left_a_position_that_is_still_open_belongs_to_it() -> None:
    deals = (ENTRY, part(2, "0.4", "1", 3))
    assert exits(replace(EMPTY, deals=deals, open_positions=(OPEN,))) == {10: [2]}


def test_the_nearest_deal_is_taken_where_the_file_contradicts_itself() -> None:
    far = replace(EXIT, row=3, deal=3, time=7 * SECOND, price=D("1.3"), profit=D(8))
    wrong = replace(CLOSED, profit=D("5.01"))
    assert exits(replace(EMPTY, deals=(ENTRY, EXIT, far), positions=(wrong,))) == {10: [2]}


def test_what_fits_nothing_stays_loose() -> None:
    strange = replace(EXIT, symbol="USDJPY", time=4 * SECOND, price=D(150), volume=D(3))
    found = link(replace(EMPTY, deals=(ENTRY, strange), positions=(CLOSED,)))
    assert ([deal.deal for deal in found.loose], found.unclosed) == ([2], [CLOSED])


def test_a_position_that_the_deal_tells_is_believed() -> None:
    told = replace(EXIT, position=77)
    assert exits(replace(EMPTY, source="csv", deals=(ENTRY, told))) == {77: [2]}
