"""The models of docs/results.md: what is said of the table follows from it."""

import pytest

from docs.training_results import BEGIN, END, LEVEL, PAGE, SERIES, trainings
from ictcli.stats.multiplicity import benjamini_hochberg

Row = dict[str, str]
SECTION = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
UNEXPLAINED = 58.0
"""Per cent of right directions above which a page must explain itself."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """The rows of the long table; columns of one name keep the first."""
    lines = SECTION.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("| series | learned |"))
    head, _, *cells = (_cells(line) for line in lines[first:] if line.startswith("|"))
    return [dict(reversed([*zip(head, own, strict=True)])) for own in cells]


@pytest.fixture(scope="module")
def trained(rows: list[Row]) -> list[Row]:
    """Those that were not refused."""
    return [row for row in rows if not row["verdict"].startswith("refused")]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]


def _percent(cell: str) -> float:
    return float(cell.removesuffix("%"))


def test_everything_was_learned_on_every_series(rows: list[Row]) -> None:
    wanted = [("/".join(series), learnt, models) for series in SERIES for learnt, models, _ in trainings()]
    assert [(row["series"], row["learned"], row["models"]) for row in rows] == wanted


def test_p_values_are_adjusted_over_the_whole_table(rows: list[Row], trained: list[Row]) -> None:
    tested = benjamini_hochberg([None if row["p"] == "-" else float(row["p"]) for row in trained], LEVEL)
    assert [float(row["p (BH)"]) for row in trained] == pytest.approx(tested.adjusted, abs=2e-4)
    edges = [row for row in trained if row["verdict"] == "edge"]
    both = [row for row, fell in zip(trained, tested.rejected, strict=True) if fell and row in edges]
    assert f"Of {len(trained)} models, {sum(tested.rejected)} forecast better" in SECTION
    assert f"and {len(edges)} pass all four" in SECTION
    assert f"Trainings refused: {len(rows) - len(trained)}." in SECTION
    assert ("No model has an edge on these bars." in SECTION) == (not both)


def test_accuracies_beyond_what_prices_allow_are_those_of_the_base_rate(trained: list[Row]) -> None:
    beyond = [row for row in trained if _percent(row["accuracy"]) > UNEXPLAINED]
    assert [row for row in beyond if _percent(row["accuracy"]) > _percent(row["base"]) + 1.0] == []
    assert {row["learned"] for row in beyond}.isdisjoint({"barriers", "horizon"})


def test_every_ensemble_says_what_it_adds_to_its_best_member(trained: list[Row]) -> None:
    gains = [line for line in SECTION.splitlines() if line.startswith("|") and line.count("|") == 9]
    assert len(gains) == 2 + sum(row["models"] == "ensemble" for row in trained)
