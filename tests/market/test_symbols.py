"""Specifications: built in, overridden, found by broker names."""

from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from ictcli.errors import ConfigError
from ictcli.market.calendars import calendar
from ictcli.market.symbols import SymbolBook, load_symbols, stanza


@pytest.fixture(scope="module")
def book() -> SymbolBook:
    return load_symbols(None)


def write(folder: Path, text: str) -> Path:
    path = folder / "symbols.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("EURUSD", "EURUSD"),
        ("eurusd", "EURUSD"),
        ("EUR/USD", "EURUSD"),
        ("EURUSD.x", "EURUSD"),
        ("EURUSDm", "EURUSD"),
        ("XAUUSD.raw", "XAUUSD"),
    ],
)
def test_broker_names_resolve(book: SymbolBook, asked: str, found: str) -> None:
    spec = book.resolve(asked)
    assert spec is not None
    assert spec.name == found


def test_a_futures_code_takes_its_roots_specification(book: SymbolBook) -> None:
    spec = book.resolve("ESH4")
    assert spec is not None
    assert (spec.name, spec.asset, spec.calendar) == ("ESH4", "future", "cme")


@pytest.mark.parametrize("name", ["NOSUCH", "EURUSDH4", ""])
def test_unknown_names_resolve_to_nothing(book: SymbolBook, name: str) -> None:
    assert book.resolve(name) is None


def test_an_unknown_symbol_is_refused_where_money_is_needed(book: SymbolBook) -> None:
    with pytest.raises(ConfigError, match="EURUSX") as caught:
        book.require("EURUSX")
    assert "Did you mean EURUSD?" in caught.value.hint
    assert "money" not in caught.value.message  # what it is needed for is the asker's matter


def test_every_built_in_specification_is_consistent(book: SymbolBook) -> None:
    assert book.names == sorted(book.names)
    for name in book.names:
        spec = book.require(name)
        assert calendar(spec.calendar).name == spec.calendar
        assert spec.tick_value == spec.tick_size * spec.contract_size
        assert spec.tick_size >= spec.point


def test_every_currency_pair_pays_about_the_same_commission(book: SymbolBook) -> None:
    """Units of the quote currency per US dollar, round rates of 2025."""
    rates = {
        "USD": 1,
        "JPY": 145,
        "CHF": 0.85,
        "CAD": 1.38,
        "GBP": 0.76,
        "EUR": 0.90,
        "AUD": 1.54,
        "NZD": 1.70,
        "SGD": 1.31,
        "NOK": 10.2,
        "SEK": 9.6,
        "MXN": 18.8,
        "ZAR": 18.0,
        "CNH": 7.2,
        "PLN": 3.75,
    }
    pairs = [spec for spec in map(book.require, book.names) if spec.asset == "fx"]
    assert len(pairs) > 30
    for spec in pairs:
        assert float(spec.commission) / rates[spec.quote] == pytest.approx(3.50, rel=0.05), spec.name


def test_the_file_says_why_a_commission_is_zero(book: SymbolBook) -> None:
    free = {spec.asset for spec in map(book.require, book.names) if not spec.commission}
    assert free == {"energy", "index", "crypto"}
    text = files("ictcli.market").joinpath("symbols.toml").read_text(encoding="utf-8")
    assert text.count("spread only at most brokers") == len(free)


def test_overrides_change_single_keys(tmp_path: Path, book: SymbolBook) -> None:
    path = write(tmp_path, "[EURUSD]\nspread = 3\n")
    changed = load_symbols(path).require("EURUSD")
    assert changed.spread == 3
    assert changed.contract_size == book.require("EURUSD").contract_size


def test_the_printed_stanza_is_a_complete_specification(tmp_path: Path) -> None:
    spec = load_symbols(write(tmp_path, stanza("AUDCAD", 5))).require("AUDCAD")
    assert (spec.point, spec.base, spec.quote) == (Decimal("0.00001"), "AUD", "CAD")


def test_more_suffixes_can_be_declared(tmp_path: Path) -> None:
    assert load_symbols(write(tmp_path, 'suffixes = ["_weird"]\n')).resolve("XAUUSD_weird") is not None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[EURUSD", "not valid TOML"),
        ('EURUSD = "x"', "must be a table"),
        ("suffixes = 3", "list of strings"),
        ("[EURUSD]\nspred = 3", "unknown key 'spred'"),
        ("[EURUSD]\nspread = -3", "spread"),
        ('[EURUSD]\ntick_size = "0"', "tick_size must be above 0"),
        ('[EURUSD]\ntick_size = "0.000015"', "multiple of the point"),
        ('[EURUSD]\nvolume_min = "200"', "volume_min must not exceed"),
        ('[EURUSD]\ncommission = "-1"', "commission"),
        ("[NEWONE]\ndigits = 2", "NEWONE"),
        ("[EURUSD]\ntick_size = 1e999999", "tick_size must be from 1e-12 to 1e12"),
        ("[EURUSD]\ncontract_size = 1e-99999", "contract_size must be from 1e-12 to 1e12"),
        ('[EURUSD]\nvolume_max = "1e999999"', "volume_max must be from 1e-12 to 1e12"),
        ("[EURUSD]\ncommission = 1e999999", "commission must not be negative, nor above"),
        ("[EURUSD]\nspread = 99999999999999999999", "spread must be a whole number from 0 to 1000000"),
        ('[EURUSD]\nasset = "stock"', "asset must be one of crypto, energy, future, fx, index, metal"),
        ("[EURUSD]\ntick_size = true", "tick_size must be a decimal, not true"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_symbols(write(tmp_path, text))


@pytest.mark.parametrize(
    "name",
    ["../../x", "a/b", "a\\b", "=1+1", "-x", "+x", "@x", ".x", "x.", "x ", "C:x", "a@b", "\x1b[2J", "\0", ""],
)
def test_a_name_that_is_no_folder_or_a_formula_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "symbols.toml"
    quoted = "".join(one if one.isalnum() else f"\\u{ord(one):04x}" for one in name)
    path.write_text(f'["{quoted}"]\nspread = 3\n')
    with pytest.raises(ConfigError, match="is no name for a symbol"):
        load_symbols(path)


@pytest.mark.parametrize("name", ["#AAPL", "US 30", "BTC-USD", "EURUSD.r", "[SP500]", "BRK.B", "^VIX", "A"])
def test_names_that_brokers_give_are_taken(tmp_path: Path, name: str) -> None:
    path = tmp_path / "symbols.toml"
    path.write_text(stanza("EURUSX", 5).replace("[EURUSX]", f'["{name}"]'))
    assert name in load_symbols(path).names


def test_a_missing_file_changes_nothing(tmp_path: Path, book: SymbolBook) -> None:
    assert load_symbols(tmp_path / "none.toml").names == book.names


def test_margins_are_the_limits_for_retail_accounts(book: SymbolBook) -> None:
    rates = {name: str(book.require(name).margin) for name in book.names}
    assert (rates["EURUSD"], rates["AUDUSD"], rates["XAUUSD"], rates["XAGUSD"]) == (
        "0.0333",
        "0.05",
        "0.05",
        "0.1",
    )
    assert (rates["US500"], rates["US2000"], rates["USOIL"], rates["BTCUSD"]) == ("0.05", "0.1", "0.1", "0.5")
    assert all(book.require(name).margin < 1 for name in book.names)


def test_swaps_are_zero_until_they_are_given(book: SymbolBook, tmp_path: Path) -> None:
    assert all(book.require(name).swap_long == book.require(name).swap_short == 0 for name in book.names)
    given = '[EURUSD]\nswap_long = "-6.2"\nswap_triple = "friday"\nstops_level = 10\n'
    spec = load_symbols(write(tmp_path, given)).require("EURUSD")
    assert (spec.swap_long, spec.swap_triple, spec.stops_level) == (Decimal("-6.2"), "friday", 10)


def test_a_symbol_that_does_not_say_has_no_leverage(tmp_path: Path) -> None:
    without = "\n".join(line for line in stanza("AAABBB", 5).splitlines() if not line.startswith("margin"))
    assert load_symbols(write(tmp_path, without)).require("AAABBB").margin == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('margin = "0"', "margin must be above 0"),
        ('margin = "1.5"', "margin must be above 0 and at most 1"),
        ('swap_long = "NaN"', "swap_long must be from -1e6 to 1e6 points"),
        ('swap_short = "-2e6"', "swap_short must be from"),
        ('fee = "-1"', "fee must not be negative"),
        ('swap_triple = "sunday"', "swap_triple"),
        ("freeze_level = -1", "freeze_level"),
    ],
)
def test_limits_and_costs_that_make_no_sense_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        load_symbols(write(tmp_path, f"[EURUSD]\n{line}\n"))
