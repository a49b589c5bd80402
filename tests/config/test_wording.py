"""Refused values in words: what the value must be, what it is, and nothing of the library's own language."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from ictcli.config.wording import refused


class Sample(Struct, forbid_unknown_fields=True):
    """Every kind of field that a file of ours has."""

    count: Annotated[int, Meta(ge=1, le=9)] = 1
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    half: Annotated[float, Meta(ge=0)] = 0.5
    word: Literal["a2", "a10"] = "a2"
    flag: bool = True
    text: str = ""
    when: datetime | None = None
    day: date = date(2024, 1, 1)
    rows: Annotated[list[int], Meta(min_length=1)] = msgspec.field(default_factory=lambda: [1])
    names: tuple[str, ...] = ()
    inner: dict[str, Annotated[int, Meta(le=5)]] = {}
    mixed: int | str = 0

    def __post_init__(self) -> None:
        if self.text == "own":
            raise ValueError("text must not be own")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"count": 0}, "count must be a whole number from 1 to 9, not 0"),
        ({"count": 10**400}, "count must be a whole number from 1 to 9, not a number of that size"),
        ({"count": "x" * 99}, f"count must be a whole number from 1 to 9, not '{'x' * 40}…'"),
        ({"share": 1}, "share must be a number above 0 and below 1, not 1"),
        ({"half": float("nan")}, "half must be a number at least 0, not nan"),
        ({"half": 10**400}, "half must be a number at least 0, not a number of that size"),
        ({"word": "b"}, "word must be one of a2, a10, not 'b'"),
        ({"word": ["b"]}, "word must be one of a2, a10, not a list"),
        ({"flag": 3}, "flag must be true or false, not 3"),
        ({"text": None}, "text must be text, not nothing"),
        ({"text": "own"}, "text must not be own"),
        ({"when": 3}, "when must be a date with time or nothing, not 3"),
        ({"day": True}, "day must be a value of another kind, not true"),
        ({"rows": []}, "rows must be a list of at least 1"),
        ({"rows": [1, "x"]}, "rows[1] must be a whole number, not text"),
        ({"names": "x"}, "names must be a list, not 'x'"),
        ({"names": ["x", True]}, "names[1] must be text, not true or false"),
        ({"inner": 3}, "inner must be a table, not 3"),
        ({"inner": {"a": 7}}, "inner[...] must be a whole number at most 5"),
        ({"mixed": 1.5}, "mixed must be a whole number or text, not 1.5"),
        ({"other": 1}, "has an unknown key 'other'"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_refusal_names_the_key_the_rule_and_the_value(given: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(given, Sample)
    assert refused(caught.value, Sample, given) == said
