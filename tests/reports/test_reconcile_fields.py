"""The page of reconciling lists every field of ``--json``, and no other."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from ictcli.output import SCHEMA
from ictcli.reconcile.against_backtest import Comparison
from ictcli.reconcile.backtest_run import details_of
from ictcli.reconcile.decisions_again import DecisionRow
from ictcli.reconcile.model_fills import FillRow
from ictcli.reconcile.outcome import Outcome, Stamp
from ictcli.reconcile.statement_run import details_of as details_of_statement
from ictcli.reconcile.statements.reading import read_statement
from ictcli.reconcile.worth import verify
from ictcli.reports.reconcile_document import reconcile_document
from tests.reconcile.outcomes import DERIVED, END, KNOWN, ROOT, START, differing, outcome

DOCS = Path(__file__).parents[2] / "docs"
MAPS = {"counts.by_kind", "counts.by_severity", "compared", "applied", "details.first_difference"}
"""Whose names are data, or those of another row."""
FINDING, DIFFERENCE = "findings[].", "differences[]."
OF_MODES = {
    "ledger": {"deals", "orders", "positions", "movements"},
    "backtest": {"bars", "decisions", "fills"},
}


def listed() -> set[str]:
    """First cells of the table of fields; names beside a first one are of the same place."""
    text = (DOCS / "reconcile.md").read_text(encoding="utf-8")
    section = text.partition("## Fields of `--json`")[2].partition("\n## ")[0]
    found: set[str] = set()
    for line in section.splitlines():
        if line.startswith("| `"):
            for name in line.split("|")[1].split(", "):
                field = name.strip().strip("`")
                assert field not in found
                found.add(field)
    return found


def fields(value: Any, place: str = "") -> Iterator[str]:
    """Paths of all fields below a value."""
    if isinstance(value, dict) and place not in MAPS:
        for name, own in value.items():
            yield from fields(own, f"{place}.{name}" if place else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for row in value:
            yield from fields(row, f"{place}[]")
    else:
        yield place


def told(what: Outcome) -> set[str]:
    document = reconcile_document(what, Stamp(17, START, END))
    return {*fields({"schema": SCHEMA, "command": "reconcile", **document})}


def backtest() -> Outcome:
    row = DecisionRow(START, "X", "M5", "s", "enter", "")
    fill = FillRow("i", "X", "s", "order", 1, 5, Decimal(1), Decimal(2), 6, Decimal(1), Decimal(3), 7, 1.0)
    found = Comparison(START, END, START, 30, 0, (row,), (fill,))
    return outcome(mode="backtest", details=details_of(found))


def statement(folder: Path) -> Outcome:
    """The example of the page of statements."""
    lines = (DOCS / "statements.md").read_text(encoding="utf-8").splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith("    # account"))
    rows = [line.strip() for line in lines[begin : begin + 9] if line.startswith("    ")]
    (folder / "deals.csv").write_text("\n".join(rows) + "\n")
    read = read_statement(folder / "deals.csv")
    details = details_of_statement(read, verify(read))
    return outcome(ledger="", mode="statement_only", window=None, details=details)


def test_every_field_is_listed_and_no_other(tmp_path: Path) -> None:
    whole = outcome(ROOT, DERIVED, KNOWN, applied={ROOT.name: "booked"}, anchors=3, differences=differing(1))
    found = told(whole) | told(backtest()) | told(statement(tmp_path))
    found |= told(outcome(details={"source": "csv"}))
    found -= {"window", "verified", "findings", "details"}  # of a comparison without one
    assert {name.replace(DIFFERENCE, FINDING) for name in found if name.startswith(DIFFERENCE)} == {
        name for name in found if name.startswith(FINDING)
    }
    assert {name for name in found if not name.startswith(DIFFERENCE)} == listed()


def test_what_was_compared_is_listed_by_mode() -> None:
    text = (DOCS / "reconcile.md").read_text(encoding="utf-8")
    for names in OF_MODES.values():
        assert all(f"`{name}`" in text.partition("## Fields of `--json`")[2] for name in names)
