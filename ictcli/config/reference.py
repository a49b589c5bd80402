"""What can be configured, as data: behind ``config schema``, the commented file and docs/configuration.md."""

import textwrap
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct, inspect

from ictcli.config.loading import flatten
from ictcli.config.records import Config
from ictcli.config.wording import bare_type, describe, extra


class Key(Struct, frozen=True):
    """One configurable key.

    Attributes:
        key: dotted path; ``NAME`` stands for a name the user chooses.
        type: its type and limits in words.
        default: the built-in value in TOML, empty for a key that must be given.
        text: what it does.
        examples: TOML lines for a table that is empty by default.
    """

    key: str
    type: str
    default: str
    text: str
    examples: tuple[str, ...] = ()


class Table(Struct, frozen=True):
    """One table of the config file with its keys."""

    name: str
    text: str
    keys: tuple[Key, ...]


def tables() -> list[Table]:
    """Every table, in the order of the config file; source kinds come as ``sources.NAME (kind)``."""
    found = []
    for field in _fields(Config):
        inner = bare_type(field.type)
        if isinstance(inner, inspect.StructType):
            found.append(Table(field.name, _summary(inner.cls), tuple(_keys(inner.cls, field.name))))
            continue
        found.append(Table(field.name, _text(field.type), (_key(field, field.name),)))
        found += list(_variants(field.name, inner))
    return found


def commented_file() -> str:
    """The config file that ``init`` writes: every key with its default, commented out."""
    lines = [
        "# Configuration of this ictcli workspace. Every key is optional; the values shown are the defaults.",
        "# An environment variable wins over this file: ICTCLI_ACCOUNT__CURRENCY sets account.currency.",
        "# `ictcli config show --origin` says where each value comes from, `ictcli config check` tests it.",
    ]
    for table in tables():
        if "(" in table.name:
            continue
        lines += ["", *_comment(table.text), f"[{table.name}]"]
        for key in table.keys:
            if key.examples:
                text = [] if key.key == table.name else _comment(f"{key.text} For example:")
                lines += [*text, *(f"# {example}" for example in key.examples)]
            elif key.key != table.name:
                lines += [
                    *_comment(f"{key.text} ({key.type})"),
                    f"# {key.key.split('.')[-1]} = {key.default}",
                ]
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """The key reference of docs/configuration.md."""
    parts = []
    for table in tables():
        parts.append(f"### `[{table.name}]`\n\n{table.text}\n")
        if any(key.key == table.name for key in table.keys):
            parts += ["\n".join(["```toml", f"[{key.key}]", *key.examples, "```\n"]) for key in table.keys]
            continue
        rows = [
            f"| `{key.key}` | {_cell(key.type)} | {f'`{key.default}`' if key.default else 'required'} "
            f"| {_cell(key.text)} |"
            for key in table.keys
        ]
        parts.append("\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def toml_value(value: Any) -> str:
    """A value in TOML's inline notation."""
    if isinstance(value, dict):
        inside = ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Decimal):
        return f'"{value:f}"'
    return msgspec.json.encode(str(value)).decode()


def defaults() -> dict[str, Any]:
    """Dotted key = built-in value."""
    return flatten(Config())


def _keys(record: type, prefix: str) -> Iterator[Key]:
    for field in _fields(record):
        yield _key(field, f"{prefix}.{field.name}")


def _key(field: inspect.Field, key: str) -> Key:
    default: Any = ""
    if field.default_factory is not msgspec.NODEFAULT:
        default = toml_value(field.default_factory())
    elif field.default is not msgspec.NODEFAULT:
        default = toml_value(field.default)
    about = extra(field.type)
    return Key(
        key=key,
        type=describe(field.type),
        default=default,
        text=str(about.get("description", "")),
        examples=tuple(about.get("examples") or ()),
    )


def _variants(name: str, kind: inspect.Type) -> Iterator[Table]:
    if not isinstance(kind, inspect.DictType) or not isinstance(kind.value_type, inspect.UnionType):
        return
    for variant in kind.value_type.types:
        if isinstance(variant, inspect.StructType):
            tag = Key(f"{name}.NAME.kind", "text", "", f"`{variant.tag}`")
            keys = (tag, *_keys(variant.cls, f"{name}.NAME"))
            yield Table(f"{name}.NAME (kind {variant.tag})", _summary(variant.cls), keys)


def _text(kind: inspect.Type) -> str:
    return str(extra(kind).get("description", ""))


def _fields(record: type) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _summary(record: type) -> str:
    return (record.__doc__ or "").strip()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 104, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
