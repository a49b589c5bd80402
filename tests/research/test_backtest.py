"""A backtest end to end: real store, real strategy, kept run."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.clock import from_datetime, iso
from ictcli.config.records import AccountConfig, Config
from ictcli.engine.refusals import OrderEvent, Refusal
from ictcli.errors import ConfigError, DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.backtest import Backtest, Request, Workshop, backtest
from ictcli.research.metrics.definitions import METRICS
from ictcli.telemetry import silent
from tests.research.conftest import MONDAY, keep, random_walk

M5 = parse_timeframe("M5")
NOW = MONDAY + 1_500_000_000


def request(*symbols: str, **changes: Any) -> Request:
    plain = Request(
        symbols=symbols,
        strategies=("fvg_retest",),
        params={"windows": "", "min_size_atr": "0.05"},
        timeframe=M5,
        source=None,
        start=None,
        end=None,
        seed=None,
        gate=None,
    )
    return replace(plain, **changes)


def run(shop: Workshop, asked: Request, now: int = NOW) -> Backtest:
    return backtest(asked, shop, now=now, provenance={"argv": ["backtest"]}, progress=silent)


def test_a_run_is_kept_as_it_was_returned(shop: Workshop) -> None:
    result = run(shop, request("EURUSD"))
    kept = shop.store.runs.load("latest")
    assert kept.id == result.run
    assert json.loads(json.dumps(kept.document)) == json.loads(json.dumps(result.document))
    trades, signals = kept.table("trades"), kept.table("signals")
    assert trades is not None
    assert signals is not None
    assert trades.drop_columns("run").equals(result.trades)
    assert set(trades.column("run").to_pylist()) == {result.run}
    assert trades.num_rows == result.document["trades"] > 20
    assert list(result.document["metrics"]) == list(METRICS)


def test_every_signal_is_accounted_for(shop: Workshop) -> None:
    result = run(shop, request("EURUSD", "XAUUSD"))
    signals = shop.store.runs.load(result.run).table("signals")
    assert signals is not None
    outcomes = signals.column("outcome").to_pylist()
    assert outcomes.count("filled") == result.document["trades"]
    for one in result.document["series"]:
        assert one["signals"] == one["trades"] + sum(one["refusals"].values())
        assert set(one["refusals"]) <= {code.label for code in (*Refusal, *OrderEvent)}


def test_money_adds_up_to_the_closing_balance(shop: Workshop) -> None:
    result = run(shop, request("EURUSD", "XAUUSD"))
    net = sum(result.trades.column("net").to_pylist())
    account = result.document["account"]
    assert account["closing_balance"] == f"{shop.config.account.balance + net:.2f}"
    assert result.document["metrics"]["net_profit"]["value"] == f"{net:.2f}"


def test_the_same_inputs_have_the_same_hash_and_others_another(shop: Workshop) -> None:
    first, later = run(shop, request("EURUSD")), run(shop, request("EURUSD"), NOW + 10**10)
    assert first.run != later.run
    assert first.run.endswith(first.document["content_hash"][:8])
    assert first.run.startswith("20240108T000001Z-")
    assert first.document["content_hash"] == later.document["content_hash"]
    assert first.trades.equals(later.trades)
    assert first.document["metrics"] == later.document["metrics"]
    others = [request("XAUUSD"), request("EURUSD", seed=9), request("EURUSD", params={"windows": ""})]
    hashes = {run(shop, other).document["content_hash"] for other in others}
    assert len(hashes | {first.document["content_hash"]}) == 4


def test_several_symbols_are_one_list_in_order_of_closing(shop: Workshop) -> None:
    together = run(shop, request("EURUSD", "XAUUSD"))
    closed = together.trades.column("closed_at").to_pylist()
    assert closed == sorted(closed)
    assert set(together.trades.column("symbol").to_pylist()) == {"EURUSD", "XAUUSD"}
    everything = run(shop, request())
    assert everything.trades.equals(together.trades)


def test_longer_timeframes_are_made_from_stored_ones(shop: Workshop) -> None:
    result = run(shop, request("EURUSD", timeframe=parse_timeframe("M15")))
    (series,) = result.document["series"]
    assert (series["timeframe"], series["stored"]) == ("M15", "walk/EURUSD/M5")
    assert series["bars"] == 1000


def test_the_span_limits_what_is_traded(shop: Workshop) -> None:
    middle = MONDAY + 1000 * M5.ns
    result = run(shop, request("EURUSD", start=middle, end=middle + 500 * M5.ns))
    (series,) = result.document["series"]
    assert (series["bars"], series["first"]) == (500, iso(middle))
    opened = [from_datetime(moment) for moment in result.trades.column("opened_at").to_pylist()]
    assert all(middle <= moment < middle + 500 * M5.ns for moment in opened)


def test_one_bar_gives_no_trades_and_no_numbers(shop: Workshop, tmp_path: Path) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text('[[checks]]\nmetric = "net_expectancy_r"\nop = ">"\nvalue = 0\n')
    result = run(shop, request("EURUSD", end=MONDAY + M5.ns, gate=gate))
    metrics = result.document["metrics"]
    assert result.trades.num_rows == 0
    assert metrics["trades"]["value"] == 0
    undefined = (
        "net_expectancy_r",
        "win_rate",
        "profit_factor",
        "max_drawdown",
        "sharpe_daily",
        "cost_share",
    )
    assert [metrics[name]["value"] for name in undefined] == [None] * len(undefined)
    assert result.verdict == "INCONCLUSIVE"


def test_the_gate_is_judged_and_kept(shop: Workshop, tmp_path: Path) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text('[[checks]]\nmetric = "trades"\nop = ">="\nvalue = 1\n')
    assert run(shop, request("EURUSD", gate=gate)).verdict == "PASS"
    gate.write_text('[[checks]]\nmetric = "trades"\nop = ">="\nvalue = 1e9\n')
    result = run(shop, request("EURUSD", gate=gate))
    assert result.verdict == "FAIL"
    assert result.document["gate"]["checks"][0]["found"] == result.document["trades"]


def test_missing_bars_name_the_command_that_fetches_them(shop: Workshop) -> None:
    with pytest.raises(DataError, match="no bars of GBPUSD that give M5") as caught:
        run(shop, request("GBPUSD"))
    assert "ictcli fetch GBPUSD" in caught.value.hint
    with pytest.raises(DataError, match="from source 'nowhere'"):
        run(shop, request("EURUSD", source="nowhere"))
    with pytest.raises(DataError, match="from source 'nowhere'"):
        run(shop, request(source="nowhere"))
    with pytest.raises(DataError, match="no M5 bars of walk/EURUSD/M5 from 20"):
        run(shop, request("EURUSD", start=NOW * 2))
    with pytest.raises(DataError, match="that give M1"):
        run(shop, request("EURUSD", timeframe=parse_timeframe("M1")))


def test_two_sources_need_a_choice(shop: Workshop) -> None:
    keep(shop.store, SeriesKey("other", "EURUSD", M5), random_walk(9, 500, 110_000, 5))
    with pytest.raises(UsageError, match="other, walk: which one") as caught:
        run(shop, request("EURUSD"))
    assert "--source" in caught.value.hint
    assert run(shop, request("EURUSD", source="other")).document["series"][0]["source"] == "other"
    preferring = replace(shop, config=msgspec.structs.replace(shop.config, primary={"EURUSD": "walk"}))
    assert run(preferring, request("EURUSD")).document["series"][0]["source"] == "walk"


def test_what_cannot_be_asked_is_refused_with_a_suggestion(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown strategy") as caught:
        run(shop, request("EURUSD", strategies=("fvg_retst",)))
    assert "fvg_retest" in caught.value.hint
    with pytest.raises(UsageError, match="no parameter 'max_bar'") as caught:
        run(shop, request("EURUSD", params={"max_bar": "3"}))
    assert "max_bars" in caught.value.hint
    with pytest.raises(UsageError, match="max_bars"):
        run(shop, request("EURUSD", params={"max_bars": "many"}))
    with pytest.raises(ConfigError, match="no specification"):
        run(shop, request("NOSUCH"))
    with pytest.raises(ConfigError, match="does not exist"):
        run(shop, request("EURUSD", gate=tmp_path / "absent.toml"))


def test_an_account_in_an_unrelated_currency_is_refused(shop: Workshop) -> None:
    account = AccountConfig(currency="NOK")
    poor = replace(shop, config=msgspec.structs.replace(shop.config, account=account))
    with pytest.raises(ConfigError, match="needs bars of USDNOK or NOKUSD"):
        run(poor, request("EURUSD"))


def test_configured_parameters_count_and_the_command_line_wins(shop: Workshop) -> None:
    config = Config(strategies={"fvg_retest": {"max_bars": 3, "windows": ""}})
    own = replace(shop, config=config)
    plain = run(own, request("EURUSD", params={})).document["params"]
    given = run(own, request("EURUSD", params={"max_bars": "7"})).document["params"]
    assert (plain["max_bars"], given["max_bars"], given["windows"]) == (3, 7, "")


def test_costs_only_ever_cost(shop: Workshop) -> None:
    trades = run(shop, request("EURUSD")).trades
    costs = np.array(trades.column("costs").to_pylist(), dtype=float)
    assert np.all(costs >= np.array(trades.column("commission").to_pylist(), dtype=float))


@pytest.mark.parametrize(
    ("where", "message", "near"),
    [
        ('symbol = "EURUS"', "no symbol 'EURUS'", "EURUSD"),
        ('symbol = "XAUUSD"', "no symbol 'XAUUSD'", "EURUSD"),  # stored, but not in this run
        ('strategy = "fvg_retst"', "no strategy 'fvg_retst'", "fvg_retest"),
        ('setup = "NOPE"', "no setup 'NOPE'", "fvg_retest"),
        ('exit = "stopp"', "no exit 'stopp'", "stop"),
    ],
)
def test_a_gate_on_trades_that_the_run_cannot_have_is_refused(
    shop: Workshop, tmp_path: Path, where: str, message: str, near: str
) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text(f'[[checks]]\nmetric = "net_profit"\nop = ">"\nvalue = -1e9\nwhere = {{ {where} }}\n')
    with pytest.raises(ConfigError, match=message) as told:
        run(shop, request("EURUSD", gate=gate))
    assert near in told.value.hint
    assert shop.store.runs.list() == []


def test_a_gate_on_a_possible_label_without_trades_is_inconclusive(shop: Workshop, tmp_path: Path) -> None:
    gate = tmp_path / "gate.toml"
    check = '[[checks]]\nmetric = "net_profit"\nop = ">"\nvalue = -1e9\n'
    gate.write_text(check + 'where = { exit = "stop_out" }\n')
    assert run(shop, request("EURUSD", gate=gate)).verdict == "INCONCLUSIVE"
    gate.write_text(check)
    assert run(shop, request("EURUSD", gate=gate)).verdict == "PASS"
    assert run(shop, request("EURUSD", end=MONDAY + M5.ns, gate=gate)).verdict == "INCONCLUSIVE"
