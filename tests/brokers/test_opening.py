"""From a table of the configuration to a broker."""

import threading
from pathlib import Path

import pytest

from ictcli.brokers.opening import find_broker, open_broker
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError, SourceUnavailable, UsageError
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.opening import open_terminal
from tests.terminals.played import PlayedTerminal

TOKEN = {"ICTCLI_BRIDGE_TOKEN": "x" * 40}


def test_a_broker_that_is_not_configured_is_named_with_those_that_are() -> None:
    known = {"far": BrokerConfig(), "near": BrokerConfig()}
    assert find_broker("far", known) is known["far"]
    with pytest.raises(ConfigError, match="no broker 'farr'") as caught:
        find_broker("farr", known)
    assert "far, near" in caught.value.hint


def test_a_simulated_terminal_is_not_opened_by_its_name() -> None:
    with pytest.raises(ConfigError):
        open_broker("paper", BrokerConfig(), {}, seed=1)


def test_a_clock_rule_that_does_not_exist_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(UsageError, match="unknown clock rule"):
        open_broker("far", BrokerConfig(terminal="bridge", server_tz="mars"), TOKEN, seed=1)


def test_a_bridge_that_is_not_there_is_unreachable() -> None:
    config = BrokerConfig(terminal="bridge", port=9, deadline="1s")
    with pytest.raises(SourceUnavailable):
        open_broker("far", config, TOKEN, seed=1).connect()


def test_who_is_turned_away_by_a_bridge_is_told_why_and_what_to_do(tmp_path: Path) -> None:
    token = TOKEN["ICTCLI_BRIDGE_TOKEN"]
    server = BridgeServer(PlayedTerminal(str(tmp_path)), "127.0.0.1", 0, token, penalty=0.01)
    thread = threading.Thread(target=server.serve)
    thread.start()
    config = BrokerConfig(terminal="bridge", port=server.port)
    first = open_terminal("first", config, TOKEN)
    try:
        assert first.initialize()
        for environ, hint in ((TOKEN, "Another trader"), ({"ICTCLI_BRIDGE_TOKEN": "y" * 40}, "token_env")):
            with pytest.raises(SourceUnavailable) as caught:
                open_broker("far", config, environ, seed=1).connect()
            assert hint in caught.value.hint
    finally:
        first.shutdown()
        server.stop()
        thread.join(5)
