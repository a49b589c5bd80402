"""Types, limits and refused values in plain words: the only place that reads msgspec's messages."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, inspect

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "datetime": "a date with time",
    "date": "a date",
    "time": "a time",
}
_LONGEST = 40
KEY = "(key)"
"""Stands in a list of keys for the names of a table's entries, when a name itself is refused."""
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`(?P<more>.*)")
_GOT = re.compile(r", got `(?P<got>[^`]+)`")
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>[^`]+)`")


def refused(error: msgspec.ValidationError, record: type[Struct], given: Mapping[str, Any]) -> str:
    """Why ``given`` does not fit ``record``: the key, what it must be, and what it is."""
    text, _, path = str(error).partition(" - at ")
    keys = parts_of(path)
    reason = reworded(text, record, keys, value_at(given, keys))
    return f"{'.'.join(keys).replace('.[', '[')} {reason}" if keys and _is_rule(text) else reason


def reworded(text: str, record: type[Struct], keys: list[str], value: Any = None) -> str:
    """A message about the value under ``keys`` in plain words; a record's own words stay as they are.

    Args:
        text: msgspec's message without its place.
        record: what was to be read.
        keys: from ``record`` to the value; ``[...]`` stands for any entry.
        value: what was given there; None leaves it unsaid.
    """
    if named := _NAMED.match(text):
        unknown = named["what"] == "contains unknown"
        return (
            f"has an unknown key {named['field']!r}" if unknown else f"needs a value for {named['field']!r}"
        )
    if not _is_rule(text):
        return text
    got = _GOT.search(text)
    shown = _shown(value) or (_words(got["got"]) if got else "")
    return f"must be {_requirement(text, record, keys)}" + (f", not {shown}" if shown else "")


def describe(kind: inspect.Type) -> str:
    """A type and its limits in words."""
    bare, title = bare_type(kind), extra(kind).get("title")
    if title:
        return str(title)
    if isinstance(bare, (inspect.IntType, inspect.FloatType)):
        return ("whole number" if isinstance(bare, inspect.IntType) else "number") + _limits(bare)
    if isinstance(bare, inspect.LiteralType):
        return _choices(bare)
    names = {
        inspect.StrType: "text",
        inspect.DictType: "table",
        inspect.StructType: "table",
        inspect.VarTupleType: "list",
        inspect.ListType: "list",
        inspect.DecimalType: "decimal",
        inspect.BoolType: "true or false",
    }
    least = getattr(bare, "min_length", None)
    return names.get(type(bare), "value of another kind") + (f" of at least {least}" if least else "")


def bare_type(kind: inspect.Type) -> inspect.Type:
    """A type without its title and description."""
    return bare_type(kind.type) if isinstance(kind, inspect.Metadata) else kind


def extra(kind: inspect.Type) -> dict[str, Any]:
    """Title, description and examples of a type."""
    return dict(kind.extra_json_schema or {}) if isinstance(kind, inspect.Metadata) else {}


def value_at(given: Any, keys: list[str]) -> Any:
    """What stands under ``keys``; None when that cannot be told."""
    for key in keys:
        if not isinstance(given, Mapping) or key not in given:
            return None
        given = given[key]
    return given


def parts_of(path: str) -> list[str]:
    """The keys of a path such as ``$.sources[...].seed``; entries without a name stay in brackets."""
    return re.findall(r"\[[^\]]*\]|[^.\[`]+", path.rpartition("$")[2])


def _is_rule(text: str) -> bool:
    return text.startswith(("Expected ", "Invalid ", "Number out of range", "Integer value out of range"))


def _requirement(text: str, record: type[Struct], keys: list[str]) -> str:
    kind = _type_at(inspect.type_info(record), keys)
    if isinstance(kind, inspect.UnionType) or kind is None:
        wanted = _EXPECTED.match(text)
        *first, last = [_words(one) for one in wanted["wanted"].split(" | ")] if wanted else ["another value"]
        return f"{', '.join(first)} or {last}" if first else last
    bare = bare_type(kind)
    if isinstance(bare, inspect.LiteralType):
        return _choices(bare)
    said = describe(kind)
    plain = {"text", "true or false"}
    return said if said in plain or said.startswith("one of") else f"a {said}"


def _type_at(kind: inspect.Type, keys: list[str]) -> inspect.Type | None:
    """The type behind ``keys``; None when it cannot be told."""
    bare = bare_type(kind)
    if not keys:
        return kind
    if isinstance(bare, inspect.StructType):
        fields = {field.encode_name: field.type for field in bare.fields}
        return _type_at(fields[keys[0]], keys[1:]) if keys[0] in fields else None
    if isinstance(bare, inspect.DictType):
        return _type_at(bare.key_type if keys[0] == KEY else bare.value_type, keys[1:])
    if isinstance(bare, (inspect.VarTupleType, inspect.ListType)):
        return _type_at(bare.item_type, keys[1:])
    return _type_in_union(bare, keys) if isinstance(bare, inspect.UnionType) else None


def _type_in_union(union: inspect.UnionType, keys: list[str]) -> inspect.Type | None:
    records = [one for one in union.types if isinstance(one, inspect.StructType)]
    if keys in [[record.tag_field] for record in records]:
        return inspect.LiteralType(tuple(str(record.tag) for record in records))
    return next((found for one in records if (found := _type_at(one, keys)) is not None), None)


def _choices(kind: inspect.LiteralType) -> str:
    """All choices; words by their letters, then by their number."""
    values = sorted(
        (re.sub(r"\d+", lambda digits: f"{int(digits[0]):9}", str(v)), str(v)) for v in kind.values
    )
    return "one of " + ", ".join(value for _, value in values)


def _words(name: str) -> str:
    return _WORDS.get(name, name)


def _shown(value: Any) -> str:
    """A scalar as the user wrote it, shortened; empty where that says nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST:
        return "a number of that size"
    if value is None or isinstance(value, (Mapping, list, tuple)):
        return ""
    return str(value)[:_LONGEST]


def _limits(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f" from {_limit(kind.ge)} to {_limit(kind.le)}"
    words = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
    given = [
        f"{word} {_limit(getattr(kind, name))}" for name, word in words if getattr(kind, name) is not None
    ]
    return f" {' and '.join(given)}" if given else ""


def _limit(number: float) -> str:
    return "2^63-1" if number == 2**63 - 1 else str(int(number) if number == int(number) else number)
