"""The page of findings says what the code does."""

from decimal import Decimal
from pathlib import Path

from ictcli.reconcile.findings import MEANINGS, Kind
from ictcli.reconcile.tolerances import Tolerances
from tests.reconcile.rules.books import Books, cash, changed, fill, n, order, verdict

PAGE = Path(__file__).parents[2] / "docs" / "reconcile-findings.md"


def rows() -> list[list[str]]:
    """Cells of the table of kinds."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")
    ]


def test_the_table_is_that_of_the_code() -> None:
    told = [(row[0], row[1], row[4], row[5]) for row in rows()]
    assert told == [
        (f"`{kind.value}`", meaning.says, f"`{meaning.severity}`", f"`{meaning.policy}`")
        for kind, meaning in MEANINGS.items()
    ]
    assert list(MEANINGS) == list(Kind)
    assert len(told) == 28
    assert all(len(row) == 7 for row in rows())


def test_the_tolerances_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): row[3] for row in rows()}
    default = Tolerances()
    halves = {default.price_ticks, default.volume_steps, default.aggregate_units}
    assert halves == {Decimal("0.5")}
    assert told["fill_price_diff"] == told["stop_diff"] == "½ tick"
    assert told["fill_qty_diff"] == told["position_qty_diff"] == "from ½ step on"
    assert told["fill_time_diff"] == f"{default.time // 10**9} s"
    assert told["fee_diff"] == told["unexplained_cash"] == f"{default.money_units} unit"
    assert told["avg_price_diff"].startswith(f"{default.average * 100:.2f} %")
    assert told["clock_skew"] == f"{default.clock_warn // 10**9} s"


def behind(books: Books) -> None:
    books.drop(12)
    books.fills.append(fill(15, order=502, magic=72, intent="i502", position=901, over=True))
    books.of("fills", "deal", 13)["price"] = n("1.2")
    books.facts = {"faults": ("chain broken",), "clock_offset": 2 * 10**9}


def abroad(books: Books) -> None:
    books.orders += [order(600, magic=5), order(601, magic=71)]
    books.orders = [one for one in books.orders if one["order"] != 503]
    books.cash += [cash(40, "250"), cash(0, "9", key="x")]
    books.contracts = {"EURUSD": {"digits": 4}}
    books.held[900] |= {"stop": None, "swap": 0, "price": n("1.2")}


def test_findings_bear_the_keys_that_the_page_names() -> None:
    keys = {row[0].strip("`"): row[6] for row in rows()}
    found = verdict(changed(behind), changed(abroad)).findings
    assert len({one.kind for one in found}) >= 14
    for one in found:
        what, _, ticket = one.key.partition(":")
        assert (f"`{what}:" if ticket else f"`{what}`") in keys[one.kind.value]
