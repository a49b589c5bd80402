"""How a configuration is put together: layers merged by precedence, every value with its origin.

Precedence: flag > ``ICTCLI_*`` environment > ``config/ictcli.toml`` > user config directory > default.
An environment variable names a key by its path with double underscores: ``ICTCLI_ACCOUNT__CURRENCY``.
"""

import difflib
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from ictcli.config.records import Config, FileSource, SimSource
from ictcli.errors import ConfigError


class Loaded(Struct, frozen=True):
    """A configuration and where each given value came from (dotted key = origin)."""

    config: Config
    origins: dict[str, str]
    workspace: Path

    @property
    def data_dir(self) -> Path:
        """Absolute path of the data directory."""
        return self.workspace / self.config.data.dir

    @property
    def state_dir(self) -> Path:
        """Absolute path of the state directory."""
        return self.workspace / self.config.data.state


def load(
    workspace: Path, *, files: list[Path], environ: Mapping[str, str], flags: Mapping[str, Any] | None = None
) -> Loaded:
    """Merge the layers, least important first, and check the result.

    Args:
        workspace: directory that relative paths in the config start from.
        files: TOML files, least important first; absent ones are skipped.
        environ: environment; only ``ICTCLI_*`` names that contain ``__`` or a top-level table are read.
        flags: dotted key = value, from the command line.

    Raises:
        ConfigError: a file does not parse, a key is unknown, or a value does not fit its type.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for path in files:
        if path.is_file():
            _merge(merged, _read(path), origins, str(path))
    for name, text in sorted(environ.items()):
        if name.startswith("ICTCLI_") and "__" in name:
            keys = name.removeprefix("ICTCLI_").lower().split("__")
            _merge(merged, _nest(keys, _env_value(text)), origins, f"${name}")
    for dotted, value in (flags or {}).items():
        _merge(merged, _nest(dotted.split("."), value), origins, "command line")
    _check_keys(merged, Config, (), origins)
    return Loaded(_convert(merged, origins), origins, workspace)


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted key = plain value, for every leaf of a config record."""
    data = msgspec.to_builtins(value) if isinstance(value, Struct) else value
    if not isinstance(data, dict) or not data:
        return {prefix: data}
    flat: dict[str, Any] = {}
    for key, item in data.items():
        flat |= flatten(item, f"{prefix}.{key}" if prefix else key)
    return flat


def user_config_file(environ: Mapping[str, str]) -> Path:
    """The per-user config file, which may be absent."""
    base = environ.get("APPDATA") or environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "ictcli" / "ictcli.toml"


def fingerprint(config: Config) -> str:
    """Hash of every configured value; equal configurations have equal hashes on every machine."""
    return hashlib.sha256(msgspec.json.encode(config, order="sorted")).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _env_value(text: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def _nest(keys: list[str], value: Any) -> dict[str, Any]:
    for key in reversed(keys):
        value = {key: value}
    return dict(value)


def _merge(into: dict[str, Any], layer: dict[str, Any], origins: dict[str, str], origin: str) -> None:
    def walk(target: dict[str, Any], source: dict[str, Any], prefix: str) -> None:
        for key, value in source.items():
            dotted = f"{prefix}{key}"
            if isinstance(value, dict):
                below = target.get(key)
                target[key] = below = below if isinstance(below, dict) else {}
                origins.setdefault(dotted, origin)
                walk(below, value, f"{dotted}.")
            else:
                target[key] = value
                origins[dotted] = origin

    walk(into, layer, "")


def _check_keys(
    table: dict[str, Any], record: type[Struct], at: tuple[str, ...], origins: dict[str, str]
) -> None:
    hints = get_type_hints(record)
    names = [field.encode_name for field in msgspec.structs.fields(record)]
    tag = record.__struct_config__.tag_field
    for key, value in table.items():
        if key == tag:
            continue
        where = ".".join((*at, key))
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            raise ConfigError(
                f"{origins.get(where, 'config')}: unknown key {where!r}",
                hint=f"Did you mean {near[0]!r}?" if near else "See `ictcli config schema`.",
            )
        inner = hints[key]
        if isinstance(value, dict):
            if isinstance(inner, type) and issubclass(inner, Struct):
                _check_keys(value, inner, (*at, key), origins)
            elif key == "sources" and not at:
                _check_sources(value, origins)


def _check_sources(tables: dict[str, Any], origins: dict[str, str]) -> None:
    kinds: dict[str, type[Struct]] = {"sim": SimSource, "file": FileSource}
    for name, table in tables.items():
        if isinstance(table, dict) and table.get("kind") in kinds:
            _check_keys(table, kinds[table["kind"]], ("sources", name), origins)


def _convert(merged: dict[str, Any], origins: dict[str, str]) -> Config:
    try:
        return msgspec.convert(merged, Config, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        key = path.rstrip("`")
        where = origins.get(key, "config")
        raise ConfigError(f"{where}: {key}: {reason}" if key else f"{where}: {reason}") from error
