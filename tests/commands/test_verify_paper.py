"""``backtest --verify-paper``: the same bars through everything that trades give the same trades."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ictcli.__main__ import run
from ictcli.brokers.simulated.server import TradeServer
from ictcli.clock import parse_instant
from ictcli.config.records import Config
from ictcli.engine.world import Quote
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.backtest import Request, Workshop, trade
from ictcli.store.store import Store
from ictcli.strategies.known import STRATEGIES
from ictcli.trading import simulated_world, verifying
from ictcli.trading.verifying import verify_paper
from ictcli.workspace import create

PAIR = ("EURUSD", "EURJPY")
"""Two symbols of one account; the profit of the second is converted by a third."""
SPAN = ("2024-01-08", "2024-01-17")
OFTEN = {"model2022.hours": "any", "random_entry.probability": "0.1"}
"""Parameters with which strategies that trade seldom trade within the span."""
REAL_COSTS = {"slippage_points": 2, "slippage_share": 0.05, "resolve": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three weeks of a simulated market."""
    folder = tmp_path_factory.mktemp("verified")
    create(folder)
    at = ("-w", str(folder), "fetch", *PAIR, "USDJPY", "--source", "sim")
    assert run([*at, "--start", SPAN[0], "--end", SPAN[1], "-q"]) == 0
    return folder


def verified(
    folder: Path,
    strategies: tuple[str, ...],
    params: Mapping[str, str] | None = None,
    end: str = SPAN[1],
    **changes: Mapping[str, Any],
) -> tuple[dict[str, Any], set[int]]:
    """Trade on paper; what differed, and the numbers of the strategies that traded."""
    config = Config()
    for table, values in ({"backtest": {"resolve": False}} | changes).items():
        own = msgspec.structs.replace(getattr(config, table), **values)
        config = msgspec.structs.replace(config, **{table: own})
    shop = Workshop(Store(folder / "data", folder / "state", 0), load_symbols(None), config, folder)
    request = Request(
        PAIR, strategies, params or {}, parse_timeframe("M15"), None, parse_instant(SPAN[0], now=0),
        parse_instant(end, now=0), 1, None,
    )  # fmt: skip
    found = trade(request, shop, lambda *_: None)
    owners = {int(one) for one in found.played.books.trades["owner"]}
    return verify_paper(found, [None] * len(strategies), lambda *_: None), owners


@pytest.mark.no_cover
def test_shipped_strategies_trade_on_paper_as_in_the_backtest(folder: Path) -> None:
    """All on one account, so that what one does bears on what another may."""
    found, owners = verified(folder, tuple(STRATEGIES), OFTEN)
    assert (found["mismatches"], found["first"]) == (0, [])
    assert len(owners) >= len(STRATEGIES) - 1


ALIKE = {
    "netting": {"account": {"mode": "netting"}},
    "slippage, commission and swap": {"backtest": REAL_COSTS},
    "shares of volume": {
        "backtest": {"fill_share": 0.002, "lots_per_tick": Decimal("0.01"), "resolve": False}
    },
    "shares of volume, rests cancelled": {
        "backtest": {"fill_share": 0.002, "unfilled": "cancel", "resolve": False},
    },
    "minutes within bars": {"backtest": {"resolve": True}},
}


@pytest.mark.no_cover
@pytest.mark.parametrize("how", list(ALIKE))
def test_other_accounts_and_costs_are_traded_alike(folder: Path, how: str) -> None:
    changes: Any = ALIKE[how]
    found, _ = verified(folder, ("fvg_retest", "turtle_soup"), end="2024-01-12", **changes)
    assert (found["mismatches"], found["first"]) == (0, [])
    assert found["compared"] > 10


class Careless(TradeServer):
    """A server that fills one point off from a moment on."""

    def open_phase(self, s: int, quote: Quote) -> None:
        """Let an open happen, a point higher than it was."""
        super().open_phase(s, quote._replace(open=quote.open + 1, high=max(quote.high, quote.open + 1)))


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in terminal is that server's."""
    plain = simulated_world.simulated_world

    def made(*given: Any, **named: Any) -> Any:
        return plain(*given, **named, make=Careless)

    monkeypatch.setattr(verifying, "simulated_world", made)


def asked(folder: Path, *more: str) -> list[str]:
    return ["-w", str(folder), "backtest", *PAIR, "--strategy", "fvg_retest", "-t", "M15",
            "--end", "2024-01-11", "--verify-paper", *more]  # fmt: skip


def test_the_command_compares_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(asked(folder, "--json")) == 0
    paper = json.loads(capsys.readouterr().out)["paper"]
    assert paper["compared"] > 3
    assert (paper["mismatches"], paper["first"]) == (0, [])


@pytest.mark.usefixtures("careless")
def test_a_broker_that_fills_a_point_off_ends_in_exit_3(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(asked(folder, "--json")) == 3
    paper = json.loads(capsys.readouterr().out)["paper"]
    assert paper["mismatches"] > 0
    assert paper["first"][0]["field"] in {"entry", "entry_value", "exit_value", "exists", "opened"}
