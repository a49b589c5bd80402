"""What configuration keys are made of: frozen tables, limited numbers, names, their documentation."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ictcli.clock import parse_instant

Fraction = Annotated[float, Meta(gt=0, le=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=10_000)]
Duration = Annotated[str, Meta(pattern=r"^[0-9]{1,6}[smhdw]$", title="duration such as 90m, 24h or 7d")]
SourceName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,30}[A-Za-z0-9_-])?$", title="name of letters, digits, . _ -"
    ),
]
TimeframeLiteral = Literal[
    "M1", "M2", "M3", "M4", "M5", "M6", "M10", "M12", "M15", "M20", "M30",
    "H1", "H2", "H3", "H4", "H6", "H8", "H12", "D1", "W1", "MN1",
]  # fmt: skip
TimeframeName = Annotated[TimeframeLiteral, Meta(title="timeframe")]


def doc(text: str, *examples: str) -> Meta:
    """The one-paragraph documentation of a key, shown by ``config schema`` and in the reference.

    Args:
        text: what the key does; without an equals sign, which marks settings in the commented file.
        examples: lines of TOML for a table that is empty by default.
    """
    return Meta(description=text, examples=list(examples) or None)


def instant(name: str, text: str) -> int:
    """The instant that a key holds, ns UTC.

    Raises:
        ValueError: it is none, or a duration.
    """
    found = instant_or_age(name, text)
    if found is None:
        raise ValueError(f"{name} must be an instant such as 2024-01-01, not a duration")
    return found


def instant_or_age(name: str, text: str) -> int | None:
    """The instant that a key holds, ns UTC; None for a duration, which counts back from now.

    Raises:
        ValueError: it is neither.
    """
    try:
        found = parse_instant(text, now=-1)
    except ValueError as error:
        raise ValueError(f"{name} is {error}") from error
    return None if found < 0 else found


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen config table that rejects unknown keys."""
