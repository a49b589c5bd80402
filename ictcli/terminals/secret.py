"""Secrets from the environment: in a variable, or in a file that a variable names."""

from collections.abc import Mapping
from pathlib import Path

from ictcli.errors import ConfigError


def read_secret(name: str, environ: Mapping[str, str]) -> str:
    """The secret in the variable ``name``, or in the file that ``name`` with ``_FILE`` behind it names.

    Raises:
        ConfigError: neither is set, both are, or the file cannot be read; the secret is never shown.
    """
    file = environ.get(f"{name}_FILE", "")
    value = environ.get(name, "")
    if file and value:
        raise ConfigError(f"both {name} and {name}_FILE are set", hint="Unset one of them.")
    if file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError(f"cannot read the file that {name}_FILE names: {reason}") from None
    if not value:
        raise ConfigError(
            f"no secret in {name} or {name}_FILE", hint=f"Set {name}, or {name}_FILE to a file that holds it."
        )
    return value
