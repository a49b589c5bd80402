"""Where a ledger is, and that no address shows a password."""

from pathlib import Path

import pytest

from ictcli.errors import ConfigError
from ictcli.ledger.address import (
    LEDGERS,
    Address,
    find_place,
    paper_place,
    parse_address,
    parse_open_address,
    place_of,
    replay_place,
    usual_ledger,
)
from tests.ledger.conftest import KEY


def test_a_workspace_has_its_ledger_in_its_state(state: Path) -> None:
    place = find_place(state, {})
    assert place.address == Address(file=state / "ledger" / "ledger.db")
    assert place.anchors == state / "anchors.log"
    assert place.key == KEY


def test_the_environment_names_another_database(state: Path) -> None:
    place = find_place(state, {"ICTCLI_LEDGER_URL": "postgresql://trader:pass-word@db:5433/ledger"})
    assert place.address.file is None
    assert str(place.address) == "postgresql://trader@db:5433/ledger"


def test_no_two_ledgers_of_a_workspace_share_a_file(state: Path) -> None:
    places = [place_of(name, state, {}) for name in LEDGERS]
    assert places == [find_place(state, {}), paper_place(state), replay_place(state)]
    files = [
        file
        for place in places
        for file in (place.address.file, place.anchors, place.spill, place.lock, place.backups)
    ]
    assert len(set(files)) == 15


def test_a_database_of_the_environment_is_the_brokers_and_nobody_elses(state: Path) -> None:
    environ = {"ICTCLI_LEDGER_URL": "postgresql://trader@db/ledger"}
    assert place_of("broker", state, environ).address.file is None
    assert place_of("paper", state, environ) == paper_place(state)
    assert place_of("replay", state, environ) == replay_place(state)


def test_the_brokers_ledger_is_meant_where_there_is_one(state: Path) -> None:
    assert usual_ledger(state, {}) == "paper"
    assert usual_ledger(state, {"ICTCLI_LEDGER_URL": "postgresql://trader@db/ledger"}) == "broker"
    (state / "ledger").mkdir()
    (state / "ledger" / "ledger.db").touch()
    assert usual_ledger(state, {}) == "broker"


@pytest.mark.parametrize(
    "text",
    [
        "ledger.db",
        "mysql://a/b",
        "sqlite://host/x.db",
        "sqlite:///",
        "postgresql://host",
        "postgresql://a:canary@host:port/x",
        "",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_address(text)
    assert "canary" not in refused.value.message + refused.value.hint


def test_an_sqlite_address_is_absolute_after_four_slashes() -> None:
    assert parse_address("sqlite:////srv/ledger.db").file == Path("/srv/ledger.db")
    assert parse_address("sqlite:///ledger.db").file == Path("ledger.db")


@pytest.mark.parametrize("url", ["postgresql://a:canary@h/x", "postgres://a@h/x?password=canary"])
def test_a_password_on_the_command_line_is_refused_and_never_shown(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_open_address(url)
    assert "canary" not in refused.value.message + refused.value.hint
    assert "PGPASSWORD" in refused.value.hint
    address = parse_address(url)
    assert "canary" not in f"{address} {address!r}"


def test_a_place_does_not_show_its_key(state: Path) -> None:
    shown = repr(find_place(state, {}))
    assert KEY.hex() not in shown
    assert repr(KEY) not in shown
