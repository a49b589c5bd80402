"""What each return code and each error of MetaTrader proves about a request."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.mt5 import outcomes
from ictcli.brokers.reports import OutcomeKind
from ictcli.brokers.requests import Amend, Cancel, Close, Place, Protect, Request
from ictcli.terminals.constants import ErrorCode, Retcode
from tests.brokers.mt5.scripted_terminal import checked, sent

MARKET = Place("EURUSD", 1, "market", Decimal("0.1"), 77)
LIMIT = Place("EURUSD", 1, "limit", Decimal("0.1"), 77, price=Decimal("1.09"))
CLOSE = Close("EURUSD", 5, -1, Decimal("0.1"), 78)
OTHERS: list[Request] = [
    CLOSE,
    Cancel("EURUSD", 6),
    Protect("EURUSD", 5, None, None),
    Amend("EURUSD", 6, Decimal("1.08")),
]

BY_THE_BOOK: dict[OutcomeKind, set[int]] = {
    "done": {10009},
    "placed": {10008},
    "partial": {10010},
    "retryable": {10004, 10020, 10021, 10024, 10029, 10030},
    "unknown": {10011, 10012, 10023, 10028, 10031, 10039},
    "noop": {10025},
    "rejected": {
        *(10006, 10007, 10013, 10014, 10015, 10016, 10017, 10018, 10019, 10022, 10026, 10027, 10032),
        *(10033, 10034, 10035, 10036, 10038, 10040, 10041, 10042, 10043, 10044, 10045, 10046),
    },
}  # fmt: skip
SURELY_UNSENT = {-2, -3, -5, -6, -7, -8, -10003, -10004}


def test_every_return_code_means_what_the_taxonomy_says() -> None:
    assert {code for codes in BY_THE_BOOK.values() for code in codes} == set(outcomes.RETURN_CODES)
    for kind, codes in BY_THE_BOOK.items():
        for code in codes:
            assert outcomes.RETURN_CODES[code].kind == kind, code


def test_every_return_code_that_metatrader_has_is_in_the_table() -> None:
    assert {int(code) for code in Retcode} == set(outcomes.RETURN_CODES)
    for code in Retcode:
        assert outcomes.RETURN_CODES[code].name == code.name


def test_every_error_is_in_one_table_and_only_the_proven_ones_count_as_not_sent() -> None:
    assert set(outcomes.NOT_SENT) == SURELY_UNSENT
    listed = {int(code) for code in ErrorCode} - {1, -4}
    assert set(outcomes.NOT_SENT) | set(outcomes.MAYBE_SENT) == listed
    assert not set(outcomes.NOT_SENT) & set(outcomes.MAYBE_SENT)


@given(st.integers(0, 2**32 - 1))
def test_a_return_code_that_nobody_lists_proves_nothing(code: int) -> None:
    if code in outcomes.RETURN_CODES:
        return
    for request in (MARKET, LIMIT, *OTHERS):
        assert outcomes.told(sent(code), request).kind == "unknown"


@given(st.integers(-20_000, 20_000))
def test_none_is_unsent_only_for_the_codes_that_prove_it(code: int) -> None:
    outcome = outcomes.failed((code, "text"))
    assert (outcome.sent == "no") == (code in SURELY_UNSENT)
    assert (outcome.kind == "unknown") == (code not in SURELY_UNSENT)
    assert outcome.sent in ("no", "unknown")


@pytest.mark.parametrize("code", [-10003, -10004])
def test_without_a_connection_the_request_may_be_asked_again(code: int) -> None:
    assert outcomes.failed((code, "")).kind == "retryable"


def test_an_executed_market_order_is_done_and_a_resting_one_placed() -> None:
    done = outcomes.told(sent(10009, deal=5, order=6, volume=0.1, price=1.10013), MARKET)
    assert (done.kind, done.deal, done.order) == ("done", 5, 6)
    assert (done.volume, done.price) == (Decimal("0.1"), Decimal("1.10013"))
    assert outcomes.told(sent(10009, order=6), LIMIT).kind == "placed"


def test_tickets_and_prices_that_were_not_told_are_none() -> None:
    done = outcomes.told(sent(10009), MARKET)
    assert (done.deal, done.order, done.volume, done.price) == (None, None, None, None)
    assert outcomes.told(sent(10009, price=float("nan")), MARKET).price is None


def test_closed_already_ends_a_close_and_nothing_else() -> None:
    assert outcomes.told(sent(10036), CLOSE).kind == "noop"
    assert outcomes.told(sent(10036), Protect("EURUSD", 5, None, None)).kind == "rejected"


@pytest.mark.parametrize("request_", [MARKET, LIMIT, CLOSE, Cancel("EURUSD", 6)])
def test_no_changes_as_an_answer_to_anything_but_a_change_proves_nothing(request_: Request) -> None:
    assert outcomes.told(sent(10025), request_).kind == "unknown"


def test_no_changes_is_success_for_a_change() -> None:
    for request in (Protect("EURUSD", 5, None, None), Amend("EURUSD", 6, Decimal("1.08"))):
        assert outcomes.told(sent(10025), request).kind == "noop"


def test_a_silent_terminal_leaves_the_outcome_unknown() -> None:
    outcome = outcomes.silent("no answer within 20 s")
    assert (outcome.kind, outcome.sent) == ("unknown", "unknown")


@given(st.one_of(st.sampled_from(sorted(outcomes.RETURN_CODES)), st.integers(0, 2**32 - 1)))
def test_a_check_leaves_nothing_unknown_for_it_executes_nothing(code: int) -> None:
    outcome = outcomes.checked(checked(code), MARKET)
    assert outcome.kind != "unknown"
    assert outcome.sent == "no"
    assert (outcome.kind == "done") == (code in (0, 10009))


def test_messages_say_number_name_the_brokers_words_and_what_to_do() -> None:
    said: Any = outcomes.told(sent(10019, comment="No money"), MARKET).message
    assert said == "10019 NO_MONEY (No money): free margin or trade less"
    assert "unlisted" in outcomes.told(sent(4), MARKET).message
