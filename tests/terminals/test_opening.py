"""The terminal that a broker's table names is opened, or refused with a way out."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError, ExitCode, SourceUnavailable
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.child import ChildLine
from ictcli.terminals.opening import connect, open_terminal
from ictcli.terminals.secret import read_secret
from tests.terminals.played import PlayedTerminal

TOKEN = "a-token-of-some-length"
ENVIRON = {"ICTCLI_BRIDGE_TOKEN": TOKEN, "MT5_PASSWORD": "right"}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    server = BridgeServer(PlayedTerminal(str(tmp_path)), "127.0.0.1", 0, TOKEN, penalty=0.01)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server.port
    server.stop()
    thread.join(5)


def test_a_bridge_is_opened_and_connected_to(port: int) -> None:
    config = BrokerConfig(terminal="bridge", port=port, login=12_345, server="Played-Demo")
    terminal = open_terminal("desk", config, ENVIRON)
    connect(terminal, "desk", config, ENVIRON)
    assert terminal.account_info().login == 12_345
    terminal.shutdown()


@pytest.mark.parametrize(
    ("login", "server", "said"),
    [(999, "", "logged in to 12345, not 999"), (0, "Other", "is at 'Played-Demo', not 'Other'")],
)
def test_another_account_is_refused(port: int, login: int, server: str, said: str) -> None:
    config = BrokerConfig(terminal="bridge", port=port, login=login, server=server)
    terminal = open_terminal("desk", config, ENVIRON)
    with pytest.raises(ConfigError, match=said):
        connect(terminal, "desk", config, ENVIRON)
    terminal.shutdown()


def test_a_refused_password_is_told_without_it(port: int) -> None:
    config = BrokerConfig(terminal="bridge", port=port, login=1, password_env="MT5_PASSWORD")
    environ = ENVIRON | {"MT5_PASSWORD": "wrong"}
    terminal = open_terminal("desk", config, environ)
    with pytest.raises(SourceUnavailable, match="cannot connect to the terminal") as caught:
        connect(terminal, "desk", config, environ)
    assert "wrong" not in caught.value.message
    terminal.shutdown()


def test_a_bridge_that_is_not_there_is_unreachable() -> None:
    config = BrokerConfig(terminal="bridge", port=1)
    terminal = open_terminal("desk", config, ENVIRON)
    with pytest.raises(SourceUnavailable, match=r"bridge 127\.0\.0\.1:1: .*refused") as caught:
        connect(terminal, "desk", config, ENVIRON)
    assert caught.value.code == ExitCode.UNREACHABLE
    assert caught.value.hint.startswith("Start `python -m ictcli.terminals.bridge`")


def test_a_bridge_with_another_token_is_unreachable(port: int) -> None:
    config = BrokerConfig(terminal="bridge", port=port)
    environ = {"ICTCLI_BRIDGE_TOKEN": "quite-another-token"}
    with pytest.raises(SourceUnavailable, match="wrong token") as caught:
        connect(open_terminal("desk", config, environ), "desk", config, environ)
    assert "$ICTCLI_BRIDGE_TOKEN_FILE" in caught.value.hint


def test_a_local_terminal_needs_windows_and_the_refusal_names_the_bridge() -> None:
    config = BrokerConfig(terminal="local")
    with pytest.raises(SourceUnavailable, match="no local MetaTrader 5") as caught:
        open_terminal("desk", config, {}, platform="linux")
    assert caught.value.code == ExitCode.UNREACHABLE
    assert "ictcli.terminals.bridge" in caught.value.hint


def test_a_local_terminal_under_windows_is_a_child_process() -> None:
    terminal = open_terminal("desk", BrokerConfig(terminal="local"), {}, platform="win32")
    assert isinstance(terminal.line, ChildLine)


def test_a_simulated_terminal_is_not_opened_here() -> None:
    with pytest.raises(ConfigError, match="simulated terminal has no data"):
        open_terminal("desk", BrokerConfig(), {})


def test_a_bridge_elsewhere_is_refused() -> None:
    with pytest.raises(ConfigError, match="loopback addresses only"):
        open_terminal("desk", BrokerConfig(terminal="bridge", host="10.0.0.5"), ENVIRON)


def test_a_secret_comes_from_a_variable_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from the file\n")
    assert read_secret("T", {"T": "from the variable"}) == "from the variable"
    assert read_secret("T", {"T_FILE": str(file)}) == "from the file"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "no secret in T or T_FILE"),
        ({"T": "hush", "T_FILE": "x"}, "both T and T_FILE are set"),
        ({"T_FILE": "absent/file"}, "cannot read the file that T_FILE names: No such file"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told_without_it(environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read_secret("T", environ)
    assert "hush" not in caught.value.message + caught.value.hint
