"""Parameters from texts, and which stored series serves a timeframe."""

from dataclasses import replace

import pytest

from ictcli.errors import UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.backtest import Workshop
from ictcli.research.choices import parse_params
from ictcli.store.selection import Selection, choose
from tests.research.conftest import keep, random_walk


def test_params_are_names_and_values() -> None:
    assert parse_params(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}
    assert parse_params([]) == {}


@pytest.mark.parametrize("texts", [["a"], ["=1"], ["a=1", "a=2"]])
def test_params_that_are_none_are_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError):
        parse_params(texts)


@pytest.mark.parametrize(
    ("wanted", "served"),
    [("M5", "M5"), ("M15", "M5"), ("H4", "H4"), ("H8", "H1"), ("D1", "H1"), ("W1", "H1")],
)
def test_the_exact_series_serves_first_then_the_longest_up_to_an_hour(
    shop: Workshop, wanted: str, served: str
) -> None:
    for name in ("H1", "H4"):
        timeframe = parse_timeframe(name)
        bars = random_walk(1, 50, 110_000, 5, minutes=timeframe.ns // 60_000_000_000)
        keep(shop.store, SeriesKey("walk", "EURUSD", timeframe), bars)
    selection = Selection(parse_timeframe("M5"), None, None, None, {})
    chosen = choose(shop.store, "EURUSD", replace(selection, timeframe=parse_timeframe(wanted)))
    assert chosen.timeframe.name == served
