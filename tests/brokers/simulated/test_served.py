"""A served terminal: its market passes by itself, the same for the same seed, and every request is kept."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.brokers.simulated import served as served_module
from ictcli.brokers.simulated.opening import open_server
from ictcli.brokers.simulated.served import ServedOptions, passing_clock, served
from ictcli.brokers.simulated.served_market import ServedMarket
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_records import ServerOptions
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND, now_ns, parse_instant
from ictcli.config.records import Config
from ictcli.engine.world import Quote
from ictcli.errors import UsageError
from ictcli.market.symbols import load_symbols
from ictcli.research.accounts import Floor
from tests.brokers.simulated.serving import serve
from tests.engine.worlds import World, minutes

START = "2026-01-14T12:00:00Z"
SMALL: dict[str, Any] = {"start": START, "history": "2h", "ahead": "2h", "warm_up": 0}


class Stepping:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = parse_instant(START, now=0)

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def stepping(monkeypatch: pytest.MonkeyPatch) -> Stepping:
    clock = Stepping()
    monkeypatch.setattr(served_module, "passing_clock", lambda options: clock)
    return clock


def connected(**options: Any) -> SimulatedTerminal:
    terminal = served(**(SMALL | options))
    assert terminal.initialize() is True
    assert terminal.symbol_select("BTCUSD") is True
    return terminal


def buy(terminal: SimulatedTerminal, **changes: Any) -> Any:
    tick = terminal.symbol_info_tick("BTCUSD")
    return terminal.order_send(
        {"action": 1, "symbol": "BTCUSD", "volume": 0.01, "type": 0, "price": tick.ask, "magic": 7} | changes
    )


def test_the_market_passes_before_every_call(stepping: Stepping) -> None:
    terminal = connected()
    first = terminal.symbol_info_tick("BTCUSD")
    assert first.bid > 0
    stepping.now += 61 * NS_PER_SECOND
    second = terminal.symbol_info_tick("BTCUSD")
    assert 40 < second.time - first.time <= 62
    rows = terminal.copy_rates_from_pos("BTCUSD", 1, 0, 3)
    assert np.diff(rows["time"]).tolist() == [60, 60]
    assert rows["time"][-1] <= second.time < rows["time"][-1] + 60
    assert rows["close"][-1] == second.bid


def test_bars_of_the_past_are_there_from_the_start(stepping: Stepping) -> None:
    terminal = connected()
    assert len(terminal.copy_rates_from_pos("BTCUSD", 1, 1, 1000)) == 120
    assert len(terminal.copy_rates_from_pos("BTCUSD", 15, 1, 1000)) == 8


def test_the_same_seed_and_start_make_the_same_prices(stepping: Stepping) -> None:
    def prices(seed: int) -> list[float]:
        stepping.now = parse_instant(START, now=0)
        terminal = connected(seed=seed)
        stepping.now += 10 * NS_PER_MINUTE
        seen: list[float] = terminal.copy_rates_from_pos("BTCUSD", 1, 0, 100)["close"].tolist()
        return seen

    assert prices(3) == prices(3)
    assert prices(3) != prices(4)


def test_prices_do_not_depend_on_how_often_somebody_looks(stepping: Stepping) -> None:
    often, seldom = connected(), connected()
    for _ in range(90):
        stepping.now += 2 * NS_PER_SECOND
        often.symbol_info_tick("BTCUSD")
    for name in ("time", "open", "high", "low", "close"):
        one, other = (each.copy_rates_from_pos("BTCUSD", 1, 0, 50)[name] for each in (often, seldom))
        assert one.tolist() == other.tolist()
    assert often.symbol_info_tick("BTCUSD") == seldom.symbol_info_tick("BTCUSD")


def test_bars_made_of_ticks_are_those_of_the_market(stepping: Stepping) -> None:
    options = ServedOptions(start=START, history="1h", ahead="1h")
    floor = served_module._floor(options, load_symbols(None), stepping.now)
    fed = floor.series[0].bars
    whole = Floor(floor.series, 1, (None,))
    made = []
    for one in (floor, whole):
        server = open_server(one, Config(), ServerOptions())
        ServedMarket(server, [fed], one.fine).advance(int(fed.ts_close[-1]))
        made.append(server.bars("BTCUSD", floor.series[0].key.timeframe))
    for name in ("ts", "open", "high", "low", "close"):
        assert (
            getattr(made[0], name).tolist() == getattr(made[1], name).tolist() == getattr(fed, name).tolist()
        )


class Told(TradeServer):
    """A server that tells in which order it is driven."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.told: list[str] = []

    def open_phase(self, s: int, quote: Quote) -> None:
        self.told.append(f"open {quote.bar} of {s}")
        super().open_phase(s, quote)

    def inside_phase(self, s: int, quote: Quote, ends: int) -> None:
        self.told.append(f"inside {quote.bar} of {s}")
        super().inside_phase(s, quote, ends)

    def close_bar(self, s: int, quote: Quote, ends: int) -> None:
        self.told.append(f"close {quote.bar} of {s}")
        super().close_bar(s, quote, ends)

    def learn(self, now: int) -> None:
        self.told.append(f"learn {now // NS_PER_MINUTE}")
        super().learn(now)


def test_bars_of_all_series_close_and_are_learned_before_the_next_ones_open() -> None:
    row = (1000, 1001, 999, 1000)
    world = World([minutes(row, row), minutes(row, row)])
    plain = serve(world)
    server = Told(world.desk().world, plain.scene.symbols, ServerOptions(), 0)
    market = ServedMarket(server, world.bars, [None, None])
    market.advance(0)
    market.advance(10 * NS_PER_MINUTE)
    assert server.told == [
        *("open 0 of 0", "open 0 of 1", "learn 0"),
        *("inside 0 of 0", "inside 0 of 1", "close 0 of 0", "close 0 of 1", "learn 1"),
        *("open 1 of 0", "open 1 of 1"),
        *("inside 1 of 0", "inside 1 of 1", "close 1 of 0", "close 1 of 1", "learn 10"),
    ]


def test_orders_are_filled_as_the_market_passes(stepping: Stepping) -> None:
    terminal = connected()
    result = buy(terminal)
    assert (result.retcode, terminal.positions_total()) == (10008, 0)
    stepping.now += 30 * NS_PER_SECOND
    assert terminal.positions_total() == 1
    (booked,) = [one for one in terminal.history_deals_get(position=result.order) if one.symbol]
    assert (booked.magic, booked.volume) == (7, 0.01)


def test_at_once_means_at_the_quote_of_the_moment(stepping: Stepping) -> None:
    terminal = connected(execution="immediate")
    ask = terminal.symbol_info_tick("BTCUSD").ask
    result = buy(terminal)
    assert (result.retcode, result.price) == (10009, pytest.approx(ask, abs=ask * 1e-3))
    assert terminal.positions_total() == 1


def test_account_and_clock_are_as_asked(stepping: Stepping) -> None:
    terminal = connected(balance="5000", mode="netting", login=77, server="Other", clock="utc")
    info = terminal.account_info()
    assert (info.balance, info.margin_mode, info.login, info.server) == (5_000.0, 0, 77, "Other")
    assert terminal.symbol_info_tick("BTCUSD").time <= stepping.now // NS_PER_SECOND


def test_requests_are_kept_with_what_was_really_done(stepping: Stepping, tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    terminal = connected(
        record=str(file), faults=["lost_done", "lost", "twice", "none"], execution="immediate"
    )
    answers = [buy(terminal, magic=magic) for magic in (1, 2, 3, 4)]
    assert [answer and answer.retcode for answer in answers] == [None, None, 10009, 10009]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    arrived, answered = lines[::2], lines[1::2]
    assert [line["arrived"] for line in arrived] == [line["answered"] for line in answered] == [1, 2, 3, 4]
    assert [line["request"]["magic"] for line in arrived] == [1, 2, 3, 4]
    assert [line["executed"] for line in answered] == [1, 0, 2, 1]
    assert [line["result"] and line["result"]["retcode"] for line in answered] == [None, None, 10009, 10009]
    assert [one.magic for one in terminal.positions_get()] == [1, 3, 3, 4]


def test_the_file_of_requests_is_only_added_to(stepping: Stepping, tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    for _ in range(2):
        buy(connected(record=str(file)))
    assert len(file.read_text().splitlines()) == 4


def test_the_clock_starts_where_asked_and_runs_at_its_speed() -> None:
    began = now_ns()
    clock = passing_clock(ServedOptions(start=START, speed=1000.0))
    seen = clock()
    spent = now_ns() - began
    start = parse_instant(START, now=0)
    assert start <= seen <= start + 1000 * spent
    assert began <= passing_clock(ServedOptions())() <= now_ns()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stranger": 1}, "stranger"),
        ({"seed": "x"}, "seed"),
        ({"speed": 0.0}, "speed"),
        ({"start": "soon"}, "soon"),
        ({"history": "long"}, "long"),
        ({"faults": ["earthquake"]}, "earthquake"),
        ({"rates": {"lost": 2.0}}, "rates"),
        ({"record": "nowhere/at/all"}, "nowhere"),
    ],
)
def test_what_cannot_be_served_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        served(**(SMALL | options))
    assert isinstance(caught.value, UsageError) or "record" in options
