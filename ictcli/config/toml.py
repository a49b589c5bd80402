"""Reading TOML exactly: decimals stay decimals, and whatever is wrong becomes one line."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from ictcli.errors import ConfigError
from ictcli.plain_file import read_plain

_FORM = "Correct it there; https://toml.io says how a table, a text and a number are written."


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, its floats as ``Decimal``; a byte order mark is skipped.

    Raises:
        ConfigError: the file cannot be read or does not parse.
    """
    try:
        return tomllib.loads(read_plain(path).decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: it is no UTF-8 text", hint=_FORM) from error
    except (ValueError, ArithmeticError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: not valid TOML: {reason}", hint=_FORM) from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not valid TOML: nested too deeply", hint=_FORM) from error
    except OSError as error:
        hint = "It must be a file that you may read."
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint=hint) from error
