"""Secrets kept out of whatever is written for people: by their values, and by the names they stand behind."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

MASK = "***"
_FOLDER = "PWD"
"""A shell's current folder, which only sounds like a password."""
_SHORTEST, _SHORTEST_GUESSED = 4, 8
"""Shorter values are words of the language; those of variables that only sound secret must be longer."""
_LONGEST_FILE = 4096
_MOST_NAMES = 1_024
_NAME = r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?|authorization|dsn"
_SECRET_NAME = re.compile(rf"(?:^|[_\-.])(?:{_NAME})(?:$|[_\-.0-9])", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"(?i)\b((?:[\w.\-]*[_\-.])?(?:{_NAME})[\"']?\s*[=:]\s*[\"']?)((?:bearer|basic)\s+)?([^\s\"',;&)}}\]]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer)\s+[A-Za-z0-9+/=._~-]{8,}")
_IN_ADDRESS = re.compile(
    r"((?<![A-Za-z0-9+.-])(?!postgres)[A-Za-z][A-Za-z0-9+.-]*://)[^\s/@:]*(?::[^\s/@]*)?@"
)
_IN_DATABASE = re.compile(r"(\bpostgres[A-Za-z0-9+.-]*://[^\s/@:]*:)[^\s/@]*@")
"""A user of a database without a password is no secret, and told to people; elsewhere it may be a token."""


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether what is called so is not to be shown: ``smtp_password``, ``Authorization``, ``api-key``.

    The name of a variable or file that holds a secret is none.
    """
    return bool(_SECRET_NAME.search(name)) and not re.search(r"(?i)[_\-.](?:env|file)$", name)


class Masker:
    """Replaces secrets by asterisks.

    Args:
        secrets: values that must not be shown wherever they stand.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._names: dict[str, str] = {}
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """Without secrets: known values, what ``password=`` and the like give, logins in addresses."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        if "://" in text:
            text = _IN_DATABASE.sub(rf"\1{MASK}@", _IN_ADDRESS.sub(rf"\1{MASK}@", text))
        if "=" in text or ":" in text:
            text = _ASSIGNED.sub(rf"\1{MASK}", text)
        return _BEARER.sub(rf"\1 {MASK}", text) if "bearer" in text.lower() else text

    def value(self, value: Any, name: str = "") -> Any:
        """A value of plain types without secrets; nothing of what stands behind a secret's name is kept."""
        if name and is_secret_name(name) and value not in (None, ""):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._name(str(key)): self.value(own, str(key)) for key, own in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(own) for own in value]
        return value if value is None or isinstance(value, bool | int | float) else self.text(str(value))

    def _name(self, name: str) -> str:
        """The name of a value without secrets; there are few names, so they are remembered."""
        if name not in self._names:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
            self._names[name] = self.text(name)
        return self._names[name]


def secrets_of(config: Struct, environ: Mapping[str, str], key: Path) -> list[str]:
    """Every secret that this process can know of.

    Variables that the configuration names, variables that sound secret, the files that either name with
    ``_FILE`` behind, and the workspace's key.

    Args:
        config: any key that ends in ``_env`` names a variable.
        environ: environment variables.
        key: file of the workspace's key, which may be absent.
    """
    named = set(secret_variables(config))
    found = [value for name in named for value in _values(name, environ) if len(value) >= _SHORTEST]
    for name in environ:
        bare = name.removesuffix("_FILE")
        if bare not in {*named, _FOLDER} and (is_secret_name(bare) or bare.endswith("_KEY")):
            found += [value for value in _values(bare, environ) if len(value) >= _SHORTEST_GUESSED]
    found += [value for value in _read(key) if len(value) >= _SHORTEST_GUESSED]
    return sorted(set(found))


def secret_variables(record: Any) -> Iterator[str]:
    """Names of environment variables that a configuration takes secrets from."""
    if isinstance(record, Struct):
        for name in record.__struct_fields__:
            value = getattr(record, name)
            if isinstance(value, str) and name.endswith("_env") and value:
                yield value
            else:
                yield from secret_variables(value)
    elif isinstance(record, Mapping):
        for value in record.values():
            yield from secret_variables(value)
    elif isinstance(record, list | tuple):
        for value in record:
            yield from secret_variables(value)


def _values(name: str, environ: Mapping[str, str]) -> list[str]:
    given = environ.get(name, "")
    file = environ.get(f"{name}_FILE", "")
    lines = [given, *given.splitlines()] if given else []
    return [*lines, *(_read(Path(file)) if file else ())]


def _read(path: Path) -> list[str]:
    """What a file of a secret holds, whole and by lines; nothing where it cannot be read or is none."""
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST_FILE:
            return []
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return []
    return [text, *text.splitlines()] if text else []


def _forms(secret: str) -> set[str]:
    """A secret as it may stand in a text: as it is, in an address, in JSON, as Python shows it."""
    escaped = secret.replace("\\", "\\\\")
    double, single = escaped.replace('"', '\\"'), escaped.replace("'", "\\'")
    return {form for form in (secret, quote(secret, safe=""), quote(secret), double, single) if form}
