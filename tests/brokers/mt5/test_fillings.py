"""Which filling mode an order goes with."""

import pytest

from ictcli.brokers.mt5.fillings import Fillings, ladder
from tests.brokers.mt5.scripted_terminal import symbol

FOK, IOC, RETURN = 0, 1, 2


@pytest.mark.parametrize(
    ("execution", "mask", "modes"),
    [
        (0, 0, (FOK, IOC, RETURN)),
        (1, 2, (FOK, IOC, RETURN)),
        (2, 1, (FOK,)),
        (2, 2, (IOC,)),
        (2, 3, (FOK, IOC)),
        (2, 0, ()),
        (3, 0, (RETURN,)),
        (3, 2, (IOC, RETURN)),
        (3, 3, (FOK, IOC, RETURN)),
    ],
)
def test_the_mask_counts_where_execution_is_market_or_exchange(
    execution: int, mask: int, modes: tuple[int, ...]
) -> None:
    info = symbol(trade_exemode=execution, filling_mode=mask)
    assert ladder(info, pending=False) == modes


def test_a_resting_order_stays() -> None:
    assert ladder(symbol(filling_mode=1), pending=True)[0] == RETURN


def test_the_first_mode_that_the_check_takes_is_remembered_and_not_checked_again() -> None:
    asked = []

    def attempt(filling: int) -> int:
        asked.append(filling)
        return 10030 if filling == FOK else 0

    fillings = Fillings()
    assert fillings.choose(symbol(), attempt, pending=False) == IOC
    assert fillings.choose(symbol(), attempt, pending=False) == IOC
    assert asked == [FOK, IOC]


def test_resting_orders_have_a_memory_of_their_own() -> None:
    fillings = Fillings()
    assert fillings.choose(symbol(), lambda _: 0, pending=False) == FOK
    assert fillings.choose(symbol(), lambda _: 0, pending=True) == RETURN


def test_another_refusal_or_no_answer_does_not_speak_of_filling_and_is_not_remembered() -> None:
    fillings = Fillings()
    assert fillings.choose(symbol(), lambda _: 10019, pending=False) == FOK
    assert fillings.choose(symbol(), lambda _: None, pending=False) == FOK
    assert fillings.choose(symbol(), lambda f: 10030 if f == FOK else 0, pending=False) == IOC


def test_what_the_server_refused_is_not_tried_again_until_a_new_connection() -> None:
    fillings = Fillings()
    fillings.choose(symbol(), lambda _: 0, pending=False)
    fillings.refuse("EURUSD", FOK, pending=False)
    assert fillings.choose(symbol(), lambda _: 0, pending=False) == IOC
    fillings.refuse("EURUSD", IOC, pending=False)
    assert fillings.choose(symbol(), lambda _: 0, pending=False) is None
    fillings.forget()
    assert fillings.choose(symbol(), lambda _: 0, pending=False) == FOK
