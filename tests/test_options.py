"""Options that several commands share."""

from typing import Any

import click
import pytest

from ictcli.clock import NS_PER_DAY, parse_instant
from ictcli.errors import UsageError
from ictcli.market.timeframes import parse_timeframe
from ictcli.options import seed_option, span_options, symbols_argument, timeframe_option
from ictcli.session import Session


@click.command()
@symbols_argument
@timeframe_option("M15")
@span_options
@seed_option
def probe(**given: Any) -> dict[str, Any]:
    """Returns what it was given."""
    return given


def parsed(*args: str) -> dict[str, Any]:
    """What a command gets from these arguments, on 31 January 2026."""
    session = Session(args, {})
    session.now = parse_instant("2026-01-31", now=0)
    result = probe.main(list(args), standalone_mode=False, obj=session)
    assert isinstance(result, dict)
    return result


def test_symbols_come_from_arguments_and_options_once_each() -> None:
    assert parsed("EURUSD", "-s", "XAUUSD", "--symbol", "EURUSD")["symbols"] == ("EURUSD", "XAUUSD")


def test_a_timeframe_is_given_as_such() -> None:
    assert parsed()["timeframe"] == parse_timeframe("M15")
    assert parsed("-t", "h4")["timeframe"] == parse_timeframe("H4")


def test_an_unknown_timeframe_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown timeframe 'M7'") as caught:
        parsed("-t", "M7")
    assert "M15" in caught.value.hint


def test_spans_are_nanoseconds_from_dates_or_durations() -> None:
    found = parsed("--start", "7d", "--end", "2026-01-30T12:00+02:00")
    assert found["start"] == parse_instant("2026-01-31", now=0) - 7 * NS_PER_DAY
    assert found["end"] == parse_instant("2026-01-30T10:00", now=0)
    assert parsed()["start"] is None


@pytest.mark.parametrize(
    "args", [("--start", "soon"), ("--seed", "-1"), ("--seed", str(2**63)), ("--seed", "x")], ids=str
)
def test_what_does_not_parse_is_a_usage_error(args: tuple[str, ...]) -> None:
    with pytest.raises(click.BadParameter):
        parsed(*args)


def test_the_largest_seed_is_taken() -> None:
    assert parsed("--seed", str(2**63 - 1))["seed"] == 2**63 - 1
