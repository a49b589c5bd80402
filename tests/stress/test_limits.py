"""Limits are kept, and a trader that does not keep one, or breaks at it, is caught."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ictcli.brokers.broker import Broker
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.config.trading import BrokerConfig
from ictcli.errors import DataError
from ictcli.market.bars import Bars
from ictcli.stress.limits_cases import LIMITS, as_it_is
from ictcli.stress.scenario import Verdict
from ictcli.stress.scenarios import limits
from ictcli.stress.scenarios.limits import play
from ictcli.telemetry import silent
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock
from tests.stress.settings import setting_of

NAMED = {one.name: one for one in LIMITS}


def test_the_limits_of_the_list_are_there() -> None:
    assert NAMED.keys() >= {
        "zero balance", "most positions", "smallest volume", "huge spread", "weekend", "clocks set ahead",
        "clocks set back", "into a leap day", "symbol suspended",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["zero balance", "clocks set back"])
def test_a_limit_is_kept(tmp_path: Path, name: str) -> None:
    assert play(NAMED[name], setting_of(tmp_path), 1) == ""


def test_a_limit_that_is_not_enforced_is_found_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = replace(NAMED["huge spread"], change=as_it_is)
    monkeypatch.setattr(limits, "LIMITS", (loose,))
    (claim,) = limits.run(setting_of(tmp_path), 1, silent)
    assert (claim.verdict, claim.value, claim.n) == (Verdict.FAIL, 1.0, 1)
    assert claim.note.endswith("not because the spread is too wide")


class Fragile(Mt5Broker):
    """Reads no bars once a clock was set back."""

    def bars(self, symbol: str, timeframe: Any, start: int, end: int) -> Bars:
        """Bars, unless readings go back."""
        found = super().bars(symbol, timeframe, start, end)
        if len({self._stamps.to_server(int(ts)) for ts in found.ts}) < len(found):
            raise DataError("the terminal's bars are not in order")
        return found


def fragile(terminal: Terminal, table: BrokerConfig, around: Surroundings, clock: ServerClock) -> Broker:
    """Makes it."""
    return cast("Broker", Fragile(terminal, table, around, clock))


def test_a_loop_that_ends_at_a_limit_is_found(tmp_path: Path) -> None:
    longer = replace(NAMED["clocks set back"], start="2026-11-01T06:02Z", minutes=2)
    assert "not in order" in play(longer, setting_of(tmp_path), 1, fragile)
