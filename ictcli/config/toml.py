"""Reading TOML exactly: decimals stay decimals, and whatever is wrong becomes one line."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from ictcli.errors import ConfigError
from ictcli.plain_file import read_plain


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, its floats as ``Decimal``; a byte order mark is skipped.

    Raises:
        ConfigError: the file cannot be read or does not parse.
    """
    try:
        return tomllib.loads(read_plain(path).decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: not valid TOML: {reason}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
