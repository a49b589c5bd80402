"""Statement files as nobody writes them: read or refused with a reason, soon, and in memory of their size."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.clock import monotonic
from ictcli.errors import IctError
from ictcli.reconcile.statements.reading import read_statement
from tests.reconcile.statements.book import book
from tests.reconcile.statements.writing import deals_csv, mt4, mt5

WHOLE = [mt5(book(1, 2)), mt4(book(1)), deals_csv(book(1, closed=2, still=0))]
PIECES = (
    "<tr>", "</tr>", "<td colspan=99999999>", "<td colspan=-1>", "<table>", "</table></table>", "<!--", "-->",
    "&#x110000;", "&amp;" * 9, "&#0;", "<script>", "\0", '"', '""', ",,,", "\r", "\n\n", "1e999", "NaN", "-0",
    "9" * 5_000, "1.2.3,4", "2026.02.30 25:61:61", "\u202e", "\x1b[2J", "<td " + "a=1 " * 300 + ">",
)  # fmt: skip
LONGEST_S, MOST_MEMORY = 10.0, 120
"""Seconds that a file may take, and bytes of memory per byte of it, beside two megabytes."""

Edit = tuple[int, int, str]
EDITS = st.lists(
    st.tuples(
        st.integers(0, 10**6), st.integers(0, 400), st.sampled_from(PIECES) | st.text(max_size=12),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def edited(text: str, edits: list[Edit]) -> str:
    for at, length, piece in edits:
        place = at % (len(text) + 1)
        text = text[:place] + piece + text[place + length :]
    return text


def attempt(path: Path, data: bytes) -> bool:
    """Whether a file was read; refused, it says why in a line."""
    path.write_bytes(data)
    begun = monotonic()
    try:
        read_statement(path)
    except IctError as error:
        assert error.message
        assert error.message.isprintable()
        return False
    finally:
        assert monotonic() - begun < LONGEST_S
    return True


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("statements") / "statement.html"


@given(st.sampled_from(WHOLE), EDITS, st.sampled_from(["utf-8", "utf-16", "cp1251"]))
def test_an_edited_statement_is_read_or_refused_with_a_reason(
    path: Path, text: str, edits: list[Edit], coding: str
) -> None:
    attempt(path, edited(text, edits).encode(coding, "replace"))


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused_with_a_reason(path: Path, data: bytes) -> None:
    attempt(path, data)


BOMBS: dict[str, Callable[[], str]] = {
    "open tags": lambda: WHOLE[0].replace("</html>", "<td>" * 60_000),
    "nested tables": lambda: "<html><title>x</title>" + "<table><tr><td>" * 30_000,
    "wide cell": lambda: WHOLE[0].replace("<td", "<td colspan=100000000", 30),
    "comment": lambda: WHOLE[0].replace("<table", "<!--" * 50_000 + "<table", 1),
    "entities": lambda: WHOLE[0].replace("</title>", "&lt;" * 150_000 + "</title>", 1),
    "one line": lambda: "Time,Deal,Symbol\n" + "x" * 1_500_000,
    "many columns": lambda: ",".join(f"c{number}" for number in range(100_000)) + "\n",
    "quotes": lambda: WHOLE[2] + '"' * 300_001,
    "digits": lambda: WHOLE[2].replace("1", "1" * 20_000, 40),
    "attributes": lambda: WHOLE[0].replace("<td", "<td " + "a=" * 100_000, 1),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_costs_time_and_memory_of_its_own_size(path: Path, name: str) -> None:
    data = BOMBS[name]().encode("utf-8", "replace")
    tracemalloc.start()
    try:
        attempt(path, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000 + MOST_MEMORY * len(data), f"{peak / len(data):.0f} bytes per byte"


@pytest.mark.proof
def test_two_thousand_drawn_statements(path: Path, proof_facts: dict[str, object]) -> None:
    counts = {"read": 0, "refused": 0}

    @settings(max_examples=2_000, derandomize=True, deadline=None)
    @given(st.sampled_from(WHOLE), EDITS)
    def drawn(text: str, edits: list[Edit]) -> None:
        counts["read" if attempt(path, edited(text, edits).encode("utf-8", "replace")) else "refused"] += 1

    drawn()
    assert min(counts.values()) > 0
    proof_facts.update(counts)
