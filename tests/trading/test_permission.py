"""What live trading needs, named in full when it is missing."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ictcli.brokers.broker import Health
from ictcli.brokers.reports import AccountReport
from ictcli.config.records import Config, RiskConfig
from ictcli.config.trading import BrokerConfig, TradeConfig
from ictcli.errors import PolicyRefused
from ictcli.market.timeframes import parse_timeframe
from ictcli.trading.graduation import Standing
from ictcli.trading.latch import Latch
from ictcli.trading.permission import (
    missing_at_broker,
    missing_before_login,
    missing_in_session,
    refuse_halted,
    refuse_other_account,
    refuse_real,
    require,
)
from ictcli.trading.request import TradeRequest
from ictcli.trading.track_record import Evidence

LIVE = TradeRequest(
    ("EURUSD",), ("breaker",), {}, (parse_timeframe("M15"),), mode="live", broker="real", confirm_account=7
)
REAL = BrokerConfig(terminal="bridge", login=7)
ACCOUNT = AccountReport(7, "s", "USD", Decimal(0), Decimal(0), Decimal(0), "hedging", False, True)
WELL = Health(True, True, 0, True, 0.01)
MARK = "breaker@1:ab"


def standing(*missing: str) -> Standing:
    return Standing(MARK, Evidence(MARK), missing, ())


def lacks(request: TradeRequest = LIVE, broker: BrokerConfig | None = REAL, **config: Any) -> list[str]:
    return missing_before_login(request, broker, Config(**config), [standing()])


def test_nothing_is_missing_where_everything_is_there() -> None:
    assert lacks() == []
    assert missing_at_broker(LIVE, ACCOUNT, WELL) == []
    require([])


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (lacks(broker=None), "a broker"),
        (lacks(broker=BrokerConfig(login=7)), "a real terminal: brokers.real is simulated"),
        (lacks(broker=BrokerConfig(terminal="local")), "set brokers.real.login"),
        (lacks(replace(LIVE, confirm_account=None)), "--confirm-account with the number"),
        (lacks(replace(LIVE, confirm_account=8)), "--confirm-account 8 is not brokers.real.login 7"),
        (lacks(risk=RiskConfig(per_trade=0)), "the limit risk.per_trade"),
        (lacks(risk=RiskConfig(daily_loss=0)), "the limit risk.daily_loss"),
        (lacks(risk=RiskConfig(drawdown=0)), "the limit risk.drawdown"),
        (lacks(trade=TradeConfig(most_volume=Decimal(0))), "the limit trade.most_volume"),
        (missing_at_broker(LIVE, replace(ACCOUNT, login=8), WELL), "the broker's account is 8, not 7"),
        (missing_at_broker(LIVE, ACCOUNT, replace(WELL, clock_confirmed=False)), "a server clock"),
        (missing_at_broker(LIVE, replace(ACCOUNT, trade_allowed=False), WELL), "the permission to trade"),
        (missing_at_broker(LIVE, ACCOUNT, replace(WELL, connected=False, detail="x")), "to trade: x"),
    ],
)
def test_each_thing_that_is_missing_is_named_alone(found: list[str], word: str) -> None:
    (line,) = found
    assert word in line
    with pytest.raises(PolicyRefused, match="live trading lacks"):
        require(found)


def test_everything_that_is_missing_is_named_at_once() -> None:
    bare = replace(LIVE, confirm_account=None, broker="")
    risk = RiskConfig(per_trade=0, daily_loss=0, drawdown=0)
    found = missing_before_login(bare, None, Config(risk=risk), [standing("paper trades: 1 of 100", "days")])
    assert len(found) == 7
    assert f"{MARK}: paper trades: 1 of 100" in found


def test_where_nothing_has_been_judged_nothing_is_permitted() -> None:
    (line,) = missing_before_login(LIVE, REAL, Config(), [])
    assert line == "evidence: nothing that is traded has shown anything"


def test_a_session_trades_live_only_what_has_graduated() -> None:
    assert missing_in_session([MARK], [MARK, "other@1:cd"]) == []
    assert missing_in_session([MARK, "forecast@1:ef"], [MARK]) == [
        f"forecast@1:ef: it has not graduated, only {MARK} has"
    ]
    assert missing_in_session([MARK], []) == [f"{MARK}: it has not graduated, only nothing has"]
    assert missing_in_session([], []) == ["a strategy or a model"]


def test_the_emergency_stop_refuses_what_has_an_end_and_leaves_a_loop_up(tmp_path: Path) -> None:
    latch = Latch(tmp_path)
    once, replay = replace(LIVE, once=True), replace(LIVE, mode="replay")
    for request in (LIVE, once, replay):
        refuse_halted(latch, request)
    latch.engage("news", "me", 1)
    refuse_halted(latch, LIVE)
    for request in (once, replay):
        with pytest.raises(PolicyRefused, match="emergency stop is on: news"):
            refuse_halted(latch, request)


def test_paper_never_trades_at_an_account_with_real_money() -> None:
    paper = replace(LIVE, mode="paper")
    refuse_real(LIVE, ACCOUNT)
    refuse_real(paper, replace(ACCOUNT, demo=True))
    with pytest.raises(PolicyRefused, match="holds real money"):
        refuse_real(paper, ACCOUNT)


def test_a_ledger_takes_no_second_account() -> None:
    refuse_other_account("", ACCOUNT)
    refuse_other_account("s/7", ACCOUNT)
    with pytest.raises(PolicyRefused, match="ledger is of account s/8, and the broker's account is s/7"):
        refuse_other_account("s/8", ACCOUNT)
    with pytest.raises(PolicyRefused, match="t/7"):
        refuse_other_account("t/7", ACCOUNT)
