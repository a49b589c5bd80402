"""The reference of all keys, and the commented file made from it."""

import re
import tomllib
from pathlib import Path

import msgspec

from ictcli.config.loading import load
from ictcli.config.records import Config, SimSource
from ictcli.config.reference import commented_file, defaults, markdown, tables, toml_value
from ictcli.market.timeframes import TIMEFRAMES


def test_every_key_has_a_type_and_a_meaning() -> None:
    for table in tables():
        assert table.text, table.name
        for key in table.keys:
            assert key.type, key.key
            assert key.text, key.key


def test_every_default_is_in_the_reference() -> None:
    documented = {key.key for table in tables() for key in table.keys}
    leaves = {re.sub(r"^account\.same_as\..*", "account.same_as", key) for key in defaults()}
    assert leaves <= documented


def test_the_commented_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ictcli.toml"
    file.write_text(commented_file(), encoding="utf-8")
    assert load(tmp_path, files=[file], environ={}).config == Config()


def test_the_commented_file_switched_on_says_the_defaults_and_valid_examples(tmp_path: Path) -> None:
    lines = [re.sub(r"^# (?=[\w.\"]+ = )", "", line) for line in commented_file().splitlines()]
    file = tmp_path / "ictcli.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    config = load(tmp_path, files=[file], environ={}).config
    assert isinstance(config.sources["sim"], SimSource)
    assert config.primary
    assert config.detect.params == {"fvg": {"min_size_atr": 0.25}, "swing.short": {"left": 2}}
    config = msgspec.structs.replace(config, detect=msgspec.structs.replace(config.detect, params={}))
    for table in ("data", "account", "fetch", "detect", "backtest", "log"):
        assert getattr(config, table) == getattr(Config(), table)


def test_lines_of_the_commented_file_fit_the_page() -> None:
    assert max(len(line) for line in commented_file().splitlines()) <= 110


def test_the_markdown_reference_names_every_key() -> None:
    page = markdown()
    assert '| `account.balance` | decimal | `"100000.00"` | Opening balance' in page
    assert '[primary]\nXAUUSD = "broker"' in page


def test_timeframes_of_the_config_are_those_of_the_market() -> None:
    from typing import get_args

    from ictcli.config.fields import TimeframeName

    assert set(get_args(get_args(TimeframeName)[0])) == set(TIMEFRAMES)


def test_toml_values_read_back() -> None:
    value = {"a": 'quote " and \\', "b": [1, 2.5, True], "c": {"d": "é\n"}}
    assert tomllib.loads(f"v = {toml_value(value)}")["v"] == value
