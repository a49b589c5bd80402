"""docs/results.md: its verdict follows from its table, and README repeats no other."""

import pytest

from docs.readme_example import README
from docs.results import END, FEWEST, HOLD, LEVEL, NULL, PAGE
from ictcli.stats.multiplicity import benjamini_hochberg
from ictcli.strategies.known import STRATEGIES

Row = dict[str, str]
NO_EDGE = "No strategy has an edge on these bars."


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """The rows of the long table; columns of one name keep the first."""
    lines = PAGE.read_text(encoding="utf-8").partition(END)[0].splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("| series | bars from |"))
    head, _, *cells = (_cells(line) for line in lines[first:] if line.startswith("|"))
    return [dict(reversed([*zip(head, own, strict=True)])) for own in cells]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_every_shipped_strategy_was_traded(rows: list[Row]) -> None:
    assert {row["strategy"] for row in rows} == set(STRATEGIES) - {"sma_cross"}


def test_each_series_is_compared_with_random_entries_on_it(rows: list[Row]) -> None:
    nulls = {row["series"]: row["expectancy R"] for row in rows if row["strategy"] == NULL}
    assert [row for row in rows if nulls[row["series"]] != row[f"{NULL} R"]] == []


def test_rows_with_few_trades_have_no_verdict(rows: list[Row]) -> None:
    few = [row for row in rows if int(row["trades"].replace(",", "")) < FEWEST]
    assert few
    assert {row["p (BH)"] for row in few} == {f"under {FEWEST}"}


def test_the_verdict_follows_from_the_p_values_of_the_table(rows: list[Row]) -> None:
    judged = [row for row in rows if not row["p (BH)"].startswith("under")]
    tested = benjamini_hochberg([float(row["p"]) for row in judged], LEVEL)
    kept = [row for row, fell in zip(judged, tested.rejected, strict=True) if fell]
    gains = [row for row in kept if float(row["expectancy R"]) > 0]
    page = PAGE.read_text(encoding="utf-8")
    assert f"Of {len(judged)} rows" in page
    assert f"{len(kept) - len(gains)} lose, {len(gains)} gain" in page
    assert (NO_EDGE in page) == all(row["strategy"] in (NULL, HOLD) for row in gains)


def test_readme_says_no_edge_only_while_the_page_does() -> None:
    claims = "none of them has an edge" in README.read_text(encoding="utf-8")
    assert claims == (NO_EDGE in PAGE.read_text(encoding="utf-8"))
