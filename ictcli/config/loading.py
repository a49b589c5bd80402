"""How a configuration is put together: layers merged by precedence, every value with its origin.

Precedence: flag > ``ICTCLI_*`` environment > ``config/ictcli.toml`` > user config directory > default.
An environment variable names a key by its path with double underscores: ``ICTCLI_ACCOUNT__CURRENCY``.
"""

import difflib
import hashlib
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from ictcli.config.records import Config, FileSource, Mt5Source, SimSource
from ictcli.config.toml import read_toml
from ictcli.config.wording import KEY, parts_of, reworded, value_at
from ictcli.errors import ConfigError
from ictcli.plain_file import is_there

_HINT = "See `ictcli config schema` for every key and its limits."

_KINDS: dict[str, type[Struct]] = {"sim": SimSource, "file": FileSource, "mt5": Mt5Source}


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

    def origin(self, key: str) -> str:
        """Where the value of a dotted key was given; ``default`` when nowhere."""
        return self.origins.get(key, "default")


def load(
    workspace: Path, *, files: list[Path], environ: Mapping[str, str], flags: Mapping[str, Any] | None = None
) -> Loaded:
    """Merge the layers, least important first, and check the result.

    Args:
        workspace: directory that relative paths in the config start from.
        files: TOML files, least important first; absent ones are skipped.
        environ: environment; only ``ICTCLI_*`` names that contain ``__`` are keys.
        flags: dotted key = value, from the command line.

    Raises:
        ConfigError: a file does not parse, a key is unknown, or a value does not fit its type.
    """
    try:
        return _load(workspace, files, environ, flags or {})
    except RecursionError:
        names = ", ".join(str(path) for path in files if path.is_file())
        raise ConfigError(f"{names or 'config'}: tables are nested too deeply", hint=_HINT) from None


def _load(workspace: Path, files: list[Path], environ: Mapping[str, str], flags: Mapping[str, Any]) -> Loaded:
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for path in files:
        if is_there(path):
            _merge(merged, read_toml(path), origins, str(path))
    for name, text in sorted(environ.items()):
        if name.startswith("ICTCLI_") and "__" in name:
            keys = _env_keys(name)
            _merge(merged, _nest(keys, _env_value(keys, text)), origins, f"${name}")
    for dotted, value in flags.items():
        _merge(merged, _nest(dotted.split("."), value), origins, "command line")
    _check_keys(merged, Config, (), origins)
    _check_finite(merged, (), origins)
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


def fingerprint(config: Config) -> str:
    """Hash of every configured value; equal configurations have equal hashes on every machine."""
    return hashlib.sha256(msgspec.json.encode(config, order="sorted")).hexdigest()


def _env_keys(name: str) -> list[str]:
    keys = name.removeprefix("ICTCLI_").split("__")
    lower = [key.lower() for key in keys]
    return [*lower[:1], *keys[1:]] if lower[0] == "primary" else lower


def _env_value(keys: list[str], text: str) -> Any:
    """A text as the type of its key: numbers, lists and tables in TOML, strings as they are."""
    hint: Any = Config
    for key in keys:
        hint = get_type_hints(hint).get(key) if isinstance(hint, type) and issubclass(hint, Struct) else None
    if hint is str or get_origin(hint) is Literal or keys[0] == "primary":
        return text
    try:
        return tomllib.loads(f"v = {text}", parse_float=Decimal)["v"]
    except (ValueError, ArithmeticError, RecursionError):
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
    for name, table in tables.items():
        if isinstance(table, dict) and isinstance(kind := table.get("kind"), str) and kind in _KINDS:
            _check_keys(table, _KINDS[kind], ("sources", name), origins)


def _check_finite(value: Any, at: tuple[str, ...], origins: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_finite(item, (*at, key), origins)
    elif isinstance(value, Decimal) and not value.is_finite():
        where = ".".join(at)
        shown = where if where.isprintable() else ascii(where)
        raise ConfigError(f"{origins.get(where, 'config')}: {shown}: must be a finite number")


def _convert(merged: dict[str, Any], origins: dict[str, str]) -> Config:
    try:
        return msgspec.convert(merged, Config, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at ")
        keys = _offender(merged, place)
        key = ".".join(keys).replace(".[", "[") or "config"
        asked = [*keys[:-1], KEY] if place.startswith("`key`") else keys
        reason = reworded(text, Config, asked, value_at(merged, asked))
        if (inner := f"{key}.{reason.split()[0]}") in origins:
            key = inner
        hint = f"Use one of {', '.join(_KINDS)}." if key.endswith(".kind") else _HINT
        raise ConfigError(f"{_origin(key, origins)}: {key}: {reason}", hint=hint) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ConfigError(f"config: {' '.join(str(error).split())}", hint=_HINT) from error


def _offender(merged: dict[str, Any], place: str) -> list[str]:
    """The keys behind a place such as ``$.sources[...].seed``, which does not say which source."""
    parts = parts_of(place)
    keys: list[str] = []
    for part in [*parts, "[...]"] if place.startswith("`key`") else parts:
        key = _misfit(merged, keys) if part == "[...]" else part
        if not key:
            break
        keys.append(key)
    return keys


def _misfit(merged: dict[str, Any], keys: list[str]) -> str:
    """The first entry of the table under ``keys`` that alone is refused; empty when there is none."""
    table = value_at(merged, keys)
    for name, value in table.items() if isinstance(table, dict) else ():
        try:
            msgspec.convert(_nest([*keys, name], value), Config, strict=True, str_keys=True)
        except msgspec.ValidationError:
            return str(name)
    return ""


def _origin(key: str, origins: dict[str, str]) -> str:
    """Where ``key``, or the nearest table around it, was given."""
    while key and key not in origins:
        key = key.rpartition(".")[0]
    return origins.get(key, "config")
