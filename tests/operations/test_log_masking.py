"""Secrets: hidden by value, by name and in addresses; everything else stays as it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.config.records import Config
from ictcli.config.trading import BrokerConfig
from ictcli.operations.log_masking import MASK, Masker, is_secret_name, secrets_of

PASSWORD = 'pa"ss\\wo/rd€1'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("login failed: password=hunter2, server=x", "login failed: password=***, server=x"),
        ('{"smtp_password": "hunter2"}', '{"smtp_password": "***"}'),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("sent Bearer 0123456789abcdef to it", "sent Bearer *** to it"),
        ("postgresql://trader:s3cret@db/ledger", "postgresql://trader:***@db/ledger"),
        ("mailtos://user:pass@mail.example?to=x", "mailtos://***@mail.example?to=x"),
        ("api-key: abc123 ok", "api-key: *** ok"),
        (
            "no secret in DESK_PASSWORD or DESK_PASSWORD_FILE",
            "no secret in DESK_PASSWORD or DESK_PASSWORD_FILE",
        ),
        ("a token that was never seen", "a token that was never seen"),
        ("password_env is DESK", "password_env is DESK"),
        ("EURUSD M15: no bar for 90 s", "EURUSD M15: no bar for 90 s"),
    ],
)
def test_what_stands_behind_the_name_of_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Masker().text(text) == shown


@pytest.mark.parametrize(
    "text", [PASSWORD, f"({PASSWORD})", "pa%22ss%5Cwo%2Frd%E2%82%AC1", 'pa\\"ss\\\\wo/rd€1']
)
def test_a_known_secret_is_hidden_in_every_form(text: str) -> None:
    shown = Masker([PASSWORD]).text(f"it was {text} here")
    assert MASK in shown
    assert "wo/rd" not in shown
    assert "rd%E2" not in shown


def test_values_behind_secret_names_are_hidden_at_any_depth() -> None:
    given_value = {
        "smtp": {"password": 12345, "port": 25},
        "tokens": ["abcd1234"],
        "token": ["x"],
        "empty_token": "",
    }
    assert Masker(["abcd1234"]).value(given_value) == {
        "smtp": {"password": MASK, "port": 25}, "tokens": [MASK], "token": MASK, "empty_token": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("names", "secret"),
    [
        (("password", "SMTP_PASSWORD", "api-key", "x.token", "Authorization"), True),
        (("token_env", "token_file", "tokens_used", "symbol", "passwords", "monkey"), False),
    ],
)
def test_names_of_secrets(names: tuple[str, ...], secret: bool) -> None:
    assert {name: is_secret_name(name) for name in names} == dict.fromkeys(names, secret)


def test_secrets_are_found_in_variables_files_and_the_workspace_key(tmp_path: Path) -> None:
    key, file = tmp_path / "secret.key", tmp_path / "desk"
    key.write_text("0123456789abcdef\n")
    file.write_text("from-a-file\n")
    config = Config(brokers={"desk": BrokerConfig(password_env="DESK_PW", token_env="BRIDGE")})
    environ = {
        "DESK_PW_FILE": str(file), "BRIDGE": "abcd", "OTHER_TOKEN": "long-enough", "SHORT_TOKEN": "short",
        "HOME": "/home/somebody", "SSH_KEY_FILE": str(tmp_path / "absent"),
    }  # fmt: skip
    found = secrets_of(config, environ, key)
    assert found == ["0123456789abcdef", "abcd", "from-a-file", "long-enough"]


def test_the_current_folder_is_no_secret(tmp_path: Path) -> None:
    environ = {"PWD": "/srv/trading/desk", "SMTP_PWD": "hunter2hunter2"}
    assert secrets_of(Config(), environ, tmp_path / "none") == ["hunter2hunter2"]


@given(st.text(min_size=4, max_size=30), st.text(max_size=50), st.text(max_size=50))
def test_no_text_around_it_shows_a_secret(secret: str, before: str, after: str) -> None:
    shown = Masker([secret]).text(before + secret + after)
    assert secret not in shown.replace(MASK, "\0") or secret in MASK


@given(st.text(alphabet="abcdefghij 0123456789.,()", max_size=80))
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert Masker(["K" * 8]).text(text) == text


def test_the_user_of_a_database_is_shown_and_the_password_is_not() -> None:
    shown = Masker().text("cannot reach postgresql://me@host/ledger, postgresql+psycopg://me:pw@host/ledger")
    assert shown == "cannot reach postgresql://me@host/ledger, postgresql+psycopg://me:***@host/ledger"
