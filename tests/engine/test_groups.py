"""Groups of symbols, and the table of blackouts made from news."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_MINUTE
from ictcli.engine.groups import blackout_table, exposure_groups
from ictcli.engine.risk import in_blackout
from ictcli.errors import ConfigError
from ictcli.market.news import NewsEvent
from tests.engine.ledger import SAME_AS, spec

SPECS = [spec(name) for name in ("EURUSD", "GBPJPY", "BTCUSDT")]


def event(start: int, end: int, currency: str) -> NewsEvent:
    return NewsEvent(start, currency, start, end)


def test_stablecoins_are_in_the_group_of_their_currency() -> None:
    groups = exposure_groups(SPECS, SAME_AS)
    assert "USDT" not in groups.names
    assert groups.number[0, 2] == groups.number[2, 2]


def test_news_concern_the_series_with_that_currency() -> None:
    events = [event(0, 10, "USD"), event(20, 30, "JPY"), event(40, 50, "CAD"), event(60, 70, "ALL")]
    assert blackout_table(events, SPECS, SAME_AS).tolist() == [
        [0, 10, 0b101],
        [20, 30, 0b010],
        [60, 70, 0b111],
    ]


def test_overlapping_news_are_cut_into_intervals_that_do_not_overlap() -> None:
    events = [event(0, 100, "EUR"), event(50, 60, "JPY"), event(90, 120, "EUR"), event(5, 5, "EUR")]
    table = blackout_table(events, SPECS, SAME_AS)
    assert np.array_equal(table[1:, 0], table[:-1, 1])
    assert (table[0, 0], table[-1, 1]) == (0, 120)
    assert in_blackout(table, 1, 55)
    assert not in_blackout(table, 1, 60)


def test_no_news_are_an_empty_table() -> None:
    assert blackout_table([], SPECS, SAME_AS).shape == (0, 3)


def test_more_series_than_bits_are_refused_with_news_only() -> None:
    many = [SPECS[0]] * 64
    assert len(blackout_table([], many, SAME_AS)) == 0
    with pytest.raises(ConfigError, match="at most 63 series"):
        blackout_table([event(0, 1, "ALL")], many, SAME_AS)
    assert in_blackout(blackout_table([event(0, 1, "ALL")], many[:63], SAME_AS), 62, 0)


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from(["EUR", "USD", "JPY", "ALL"])),
        max_size=12,
    ),
    st.integers(0, 80),
)
def test_the_table_says_what_the_events_say(rows: list[tuple[int, int, str]], minute: int) -> None:
    events = [event(a * NS_PER_MINUTE, (a + b) * NS_PER_MINUTE, currency) for a, b, currency in rows]
    table = blackout_table(events, SPECS, SAME_AS)
    now = minute * NS_PER_MINUTE
    for s, mine in enumerate(({"EUR", "USD"}, {"GBP", "JPY"}, {"BTC", "USD"})):
        meant = any(one.start <= now < one.end and one.currency in {*mine, "ALL"} for one in events)
        assert in_blackout(table, s, now) == meant
