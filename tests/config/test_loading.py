"""Layers of configuration: which wins, what is refused, and with what words."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.config.loading import Loaded, fingerprint, flatten, load
from ictcli.config.records import Config, FileSource, SimSource
from ictcli.errors import ConfigError


def loaded(tmp_path: Path, text: str = "", **environ: str) -> Loaded:
    """Load one file and some variables."""
    file = tmp_path / "ictcli.toml"
    file.write_text(text, encoding="utf-8")
    return load(tmp_path, files=[file], environ=environ)


def refusal(tmp_path: Path, text: str = "", **environ: str) -> ConfigError:
    """The error that loading ends in."""
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text, **environ)
    assert "\n" not in caught.value.message
    return caught.value


def test_no_file_and_no_variable_means_the_defaults(tmp_path: Path) -> None:
    found = load(tmp_path, files=[tmp_path / "absent.toml"], environ={})
    assert found.config == Config()
    assert found.origin("account.balance") == "default"
    assert (found.data_dir, found.state_dir) == (tmp_path / "data", tmp_path / "state")


def test_flag_beats_environment_beats_workspace_beats_user(tmp_path: Path) -> None:
    user, own = tmp_path / "user.toml", tmp_path / "own.toml"
    user.write_text('[account]\ncurrency = "AAA"\nbalance = 1\n[log]\nlevel = "INFO"\n[fetch]\nmax_jump = 9')
    own.write_text('[account]\ncurrency = "BBB"\nbalance = 2\n[log]\nlevel = "ERROR"')
    environ = {"ICTCLI_ACCOUNT__CURRENCY": "CCC", "ICTCLI_ACCOUNT__BALANCE": "3"}
    found = load(tmp_path, files=[user, own], environ=environ, flags={"account.currency": "DDD"})
    assert found.config.account.currency == "DDD"
    assert found.config.account.balance == 3
    assert found.config.log.level == "ERROR"
    assert found.config.fetch.max_jump == 9
    keys = ["account.currency", "account.balance", "log.level", "fetch.max_jump", "data.dir"]
    origins = ["command line", "$ICTCLI_ACCOUNT__BALANCE", str(own), str(user), "default"]
    assert [found.origin(key) for key in keys] == origins


def test_decimals_are_exact(tmp_path: Path) -> None:
    found = loaded(tmp_path, "[account]\nbalance = 0.1000000000000000000001\n")
    assert found.config.account.balance == Decimal("0.1000000000000000000001")


def test_a_text_key_takes_the_variable_as_it_is(tmp_path: Path) -> None:
    assert loaded(tmp_path, ICTCLI_DATA__DIR="2024").config.data.dir == "2024"
    assert loaded(tmp_path, ICTCLI_DATA__DIR="true").config.data.dir == "true"


def test_lists_and_tables_come_from_variables_in_toml(tmp_path: Path) -> None:
    source = loaded(tmp_path, ICTCLI_SOURCES__SIM='{kind = "sim", symbols = ["USDJPY"]}').config.sources[
        "sim"
    ]
    assert isinstance(source, SimSource)
    assert source.symbols == ("USDJPY",)


def test_symbols_keep_their_case_in_variables(tmp_path: Path) -> None:
    assert loaded(tmp_path, ICTCLI_PRIMARY__EURUSD="Broker").config.primary == {"EURUSD": "Broker"}


def test_sources_of_both_kinds(tmp_path: Path) -> None:
    text = '[sources]\na.kind = "sim"\n[sources.b]\nkind = "file"\npath = "x.csv"\ntimeframe = "M5"\n'
    sources = loaded(tmp_path, text).config.sources
    assert isinstance(sources["a"], SimSource)
    assert sources["b"] == FileSource(path="x.csv", timeframe="M5")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[account]\nbalance = 0", "account.balance", "balance must be above 0"),
        ("[account]\nbalance = nan", "account.balance", "must be a finite number"),
        ('[account]\nbalance = "inf"', "account.balance", "balance must be above 0 and below 1e12"),
        ('[account]\nbalance = "NaN"', "account.balance", "balance must be above 0 and below 1e12"),
        ("[account]\nrisk_per_trade = 1.5", "account.risk_per_trade", "above 0 and at most 1, not 1.5"),
        ('[account]\ncurrency = "usd"', "account.currency", "a currency code such as USD, not 'usd'"),
        ('[data]\nkeep_replaced = "1 day"', "data.keep_replaced", "a duration such as 90m"),
        ('[data]\ndir = ""', "data.dir", "dir must name a directory"),
        ('[backtest]\ntimeframe = "M7"', "backtest.timeframe", "one of D1, H1, H2, H3, H4"),
        ("[backtest]\nseed = -1", "backtest.seed", "from 0 to 2^63-1, not -1"),
        ("[backtest]\nresamples = 1e400", "backtest.resamples", "must be a whole number from 100"),
        ("[fetch]\nmax_jump = inf", "fetch.max_jump", "must be a finite number"),
        ("[fetch]\nchunk_rows = 99999999999999999999", "fetch.chunk_rows", "from 1000 to 50000000"),
        ("data = 5", "data", "must be a table, not 5"),
        ("[sources.x]", "sources.x", "needs a value for 'kind'"),
        ('[sources.x]\nkind = "mt9"', "sources.x.kind", "must be one of file, mt5, sim, not 'mt9'"),
        ("[sources.x]\nkind = 5", "sources.x.kind", "must be one of file, mt5, sim, not 5"),
        ('[sources.x]\nkind = "file"', "sources.x", "needs a value for 'path'"),
        (
            '[sources.x]\nkind = "sim"\nseed = "a"',
            "sources.x.seed",
            "must be a whole number from 0 to 2^63-1, not 'a'",
        ),
        ('[sources.x]\nkind = "sim"\nstart = "soon"', "sources.x.start", "start is not an instant: 'soon'"),
        ('[sources.x]\nkind = "sim"\nstart = "7d"', "sources.x.start", "not a duration"),
        ('[sources.x]\nkind = "sim"\nend = "2020-01-01"', "sources.x.end", "end must come after start"),
        ('[sources.x]\nkind = "sim"\nsymbols = []', "sources.x.symbols", "at least one symbol"),
        ('[sources."../x"]\nkind = "sim"', "sources.../x", "must be a name of letters, digits, . _ -"),
        (
            '[primary]\nEURUSD = "a/b"',
            "primary.EURUSD",
            "must be a name of letters, digits, . _ -, not 'a/b'",
        ),
        (
            "[strategies]\nx.a = [1]",
            "strategies.x.a",
            "must be true or false, a whole number, a number or text",
        ),
        ("[account.same_as]\nA = 3", "account.same_as.A", "must be text, not 3"),
        (
            '[sources.x]\nkind = "sim"\nsymbols = [3]',
            "sources.x.symbols[0]",
            "must be text, not a whole number",
        ),
        ("[strategies]\nfvg = 3", "strategies.fvg", "must be a table, not 3"),
    ],
    ids=str,
)
def test_a_bad_value_is_refused_with_file_key_and_reason(
    text: str, key: str, reason: str, tmp_path: Path
) -> None:
    error = refusal(tmp_path, text)
    assert error.message.startswith(f"{tmp_path / 'ictcli.toml'}: {key}: ")
    assert reason in error.message
    assert not re.search(r"`|Expected|enum|regex|\[\.\.\.\]", error.message)


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ('[acount]\ncurrency = "EUR"', "acount", "account"),
        ("[account]\nballance = 5", "account.ballance", "balance"),
        ('[sources.x]\nkind = "sim"\nsed = 5', "sources.x.sed", "seed"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(
    text: str, key: str, near: str, tmp_path: Path
) -> None:
    error = refusal(tmp_path, text)
    assert error.message == f"{tmp_path / 'ictcli.toml'}: unknown key {key!r}"
    assert error.hint == f"Did you mean {near!r}?"


@pytest.mark.parametrize(
    "name", ["ICTCLI_ACOUNT__BALANCE", "ICTCLI_ACCOUNT__BALANCES", "ICTCLI__X", "ICTCLI_X__"]
)
def test_an_unknown_variable_with_a_table_is_refused(name: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, **{name: "5"}).message.startswith(f"${name}: unknown key ")


def test_the_offending_variable_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, ICTCLI_BACKTEST__CONFIDENCE="2")
    assert error.message.startswith("$ICTCLI_BACKTEST__CONFIDENCE: backtest.confidence: ")


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"[a",
        b"a = " + b"[" * 5000,
        b"a = " + b"9" * 5000,
        b"a = 1e99999999999999999999",
        b"\x00",
    ],
    ids=range(6),
)
def test_what_is_not_toml_is_refused_in_one_line(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ictcli.toml"
    file.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, files=[file], environ={})
    assert caught.value.message.startswith(str(file))
    assert "\n" not in caught.value.message


def test_equal_configurations_have_equal_fingerprints(tmp_path: Path) -> None:
    first = loaded(tmp_path, '[primary]\nA = "x"\nB = "y"\n').config
    second = loaded(tmp_path, '[primary]\nB = "y"\nA = "x"\n').config
    assert fingerprint(first) == fingerprint(second) != fingerprint(Config())


def test_flatten_names_every_leaf() -> None:
    flat = flatten(Config())
    assert flat["account.balance"] == "100000.00"
    assert flat["account.same_as.USDT"] == "USD"
    assert flat["sources"] == {}


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=4))
def test_any_environment_is_accepted_or_refused_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]
) -> None:
    try:
        load(Path(), files=[], environ={f"ICTCLI_{name}": text for name, text in environ.items()})
    except ConfigError as error:
        assert error.message.startswith("$ICTCLI_")
