"""Configurations drawn key by key: a value or a reason in one line, whatever its type, depth or size."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.clock import monotonic
from ictcli.config.loading import load
from ictcli.config.reference import commented_file, tables
from ictcli.errors import ConfigError

KEYS = sorted(key.key for table in tables() for key in table.keys)
LONGEST_S = 5.0
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["90m", "2024-01-01", "EURUSD", "M15", "../..", "nan", "\0", "9" * 400]
)
SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.dates().map(str)
    | st.sampled_from([2**63, -(2**63) - 1, 10**400])
)
LIKELY = st.booleans() | st.integers(0, 30) | st.floats(0, 1) | st.sampled_from(["90m", "36h", "M15", "sim"])
VALUES = LIKELY | st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=8,
)


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return "{" + ", ".join(f"{quoted(name)} = {toml(inner)}" for name, inner in value.items()) + "}"


def quoted(text: str) -> str:
    plain = "".join(one if one.isprintable() and one not in '"\\' else f"\\U{ord(one):08x}" for one in text)
    return f'"{plain}"'


def attempt(folder: Path, text: str, environ: dict[str, str] | None = None) -> bool:
    """Whether a configuration was taken; refused, it says why in a line, and soon."""
    path = folder / "ictcli.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    begun = monotonic()
    try:
        load(folder, files=[path], environ=environ or {})
    except ConfigError as error:
        assert error.message
        assert "\n" not in error.message
        return False
    finally:
        assert monotonic() - begun < LONGEST_S, text[:500]
    return True


def table_of(key: str, value: str) -> str:
    """A document that sets one key."""
    *above, last = [part if part != "*" and "NAME" not in part.upper() else "any" for part in key.split(".")]
    head = f"[{'.'.join(above)}]\n" if above else ""
    return f"{head}{last} = {value}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config")


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_at_any_key_is_taken_or_refused_with_a_reason(folder: Path, key: str, value: Any) -> None:
    attempt(folder, table_of(key, toml(value)))


@given(st.sampled_from(KEYS), TEXTS.filter(lambda text: "\0" not in text))
def test_any_variable_is_taken_or_refused_with_a_reason(folder: Path, key: str, text: str) -> None:
    name = "ICTCLI_" + key.upper().replace(".", "__")
    attempt(folder, "", {name: text})


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("utf-8", "replace")))
def test_any_text_is_taken_or_refused_with_a_reason(folder: Path, text: str) -> None:
    attempt(folder, text)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5_000,
        "a = " + "[" * 500 + "]" * 500,
        "[" + ".".join("a" * 2_000) + "]",
        "a = {b = " * 800 + "1" + "}" * 800,
        "\n".join(f"[sources.s{number}]\nkind = 'sim'" for number in range(1_000)),
        "x = '" + "a" * 2_000_000,
        "\ufeff" + commented_file(),
        "[trade.fees." + "x" * 100_000 + "]\nper_trade = 1",
        '[account]\nbalance = {"0" = [], "\\U0000000a" = inf}',
    ],
    ids=["open", "deep", "path", "tables", "many", "long", "mark", "name", "line"],
)
def test_what_is_deep_long_or_strange_ends_soon(folder: Path, text: str) -> None:
    attempt(folder, text)


@pytest.mark.proof
def test_three_thousand_drawn_configurations(folder: Path, proof_facts: dict[str, object]) -> None:
    counts = {"taken": 0, "refused": 0}

    @settings(max_examples=3_000, derandomize=True, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES), min_size=1, max_size=3))
    def drawn(pairs: list[tuple[str, Any]]) -> None:
        unique = {key.rpartition(".")[0]: (key, value) for key, value in pairs}
        text = "".join(table_of(key, toml(value)) for key, value in unique.values())
        counts["taken" if attempt(folder, text) else "refused"] += 1

    drawn()
    assert counts["refused"] > 0
    proof_facts.update(counts)
