"""TOML as editors write it."""

from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.config.toml import read_toml
from ictcli.errors import ConfigError


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "ictcli.toml"
    path.write_bytes(b"\xef\xbb\xbf[account]\r\nbalance = 1.10\r\n")
    assert read_toml(path) == {"account": {"balance": Decimal("1.10")}}


def test_other_encodings_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ictcli.toml"
    path.write_text("[account]", encoding="utf-16")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_toml(path)
