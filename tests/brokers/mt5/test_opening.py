"""From a table of the configuration to a broker."""

from random import Random

import pytest

from ictcli.brokers.mt5.breaker import Breaker
from ictcli.brokers.mt5.opening import broker_at, open_broker
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError, SourceUnavailable, UsageError
from tests.brokers.mt5.scripted_terminal import ScriptedTerminal


def test_the_password_is_read_when_it_is_needed_and_goes_to_the_login_only() -> None:
    terminal = ScriptedTerminal()
    config = BrokerConfig(terminal="bridge", login=7, server="Demo", password_env="MT5_PASSWORD")
    broker = broker_at(terminal, config, {"MT5_PASSWORD": "hunter2"}, Random(1))
    broker.connect()
    assert terminal.named("login")[0][1]["password"] == "hunter2"
    assert "hunter2" not in repr(vars(broker))
    assert "hunter2" not in str(terminal.named("initialize"))


def test_a_password_that_is_not_there_is_a_config_error_before_anything_is_sent() -> None:
    terminal = ScriptedTerminal()
    config = BrokerConfig(terminal="bridge", login=7, password_env="MT5_PASSWORD")
    with pytest.raises(ConfigError, match="MT5_PASSWORD"):
        broker_at(terminal, config, {}, Random(1)).connect()
    assert terminal.named("login") == []


def test_a_simulated_terminal_is_not_opened_by_its_name() -> None:
    with pytest.raises(ConfigError):
        open_broker("paper", BrokerConfig(), {}, Random(1))


def test_a_clock_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown clock rule"):
        broker_at(ScriptedTerminal(), BrokerConfig(server_tz="mars"), {}, Random(1))


def test_a_bridge_that_is_not_there_is_unreachable() -> None:
    config = BrokerConfig(terminal="bridge", port=9, deadline="1s")
    with pytest.raises(SourceUnavailable):
        open_broker("far", config, {"ICTCLI_BRIDGE_TOKEN": "x" * 40}, Random(1)).connect()


def test_a_breaker_that_was_left_open_is_handed_on() -> None:
    left = Breaker(position="open", failures=5, opened=1, until=2**62)
    broker = broker_at(ScriptedTerminal(), BrokerConfig(login=7), {}, Random(1), left)
    with pytest.raises(SourceUnavailable, match="5 times in a row"):
        broker.connect()
