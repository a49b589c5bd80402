"""A reconciliation as document, text, page, Parquet and metrics: the same facts, nothing from outside."""

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from ictcli.output import Output, plain
from ictcli.reconcile.findings import MEANINGS, Finding, Kind, finding
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.outcome import Outcome, Stamp
from ictcli.reconcile.story import Window
from ictcli.reports.reconcile_document import POLICIES, findings_table, reconcile_document
from ictcli.reports.reconcile_metrics import Told, metrics_text
from ictcli.reports.reconcile_page import reconcile_page
from ictcli.reports.reconcile_text import SHOWN, headline, reconcile_text
from tests.reconcile.outcomes import DERIVED, END, KNOWN, ROOT, START, differing, outcome

STAMP = Stamp(17, START, START + 1_500_000_000)
HOSTILE = '<script>alert("1")</script>'


def document(what: Outcome) -> dict[str, Any]:
    return reconcile_document(what, STAMP)


def text(what: Outcome) -> str:
    return reconcile_text(document(what), Output().table)


def statement(**more: Any) -> Outcome:
    base = outcome(ledger="", mode="statement_only", window=None, against="report.html")
    return replace(base, computed=base.stated, **more)


def test_the_document_says_what_the_interface_promises() -> None:
    told = document(outcome(ROOT, DERIVED, KNOWN, applied={ROOT.name: "booked"}, anchors=3))
    assert (told["mode"], told["result"], told["run"], told["seconds"]) == ("ledger", "findings", 17, 1.5)
    assert told["balance"] == {
        "stated": Decimal("10.10"), "computed": Decimal("10.00"), "difference": Decimal("-0.10"),
    }  # fmt: skip
    assert told["counts"] == {
        "roots": 1, "differences": 0, "derived": 1, "known": 1, "by_kind": {"missing_fill_local": 1},
        "by_severity": {"warning": 1},
    }  # fmt: skip
    first, second, _ = told["findings"]
    assert (first["kind"], first["key"], first["root"], first["applied"]) == (
        "missing_fill_local", "deal:7", True, "booked",
    )  # fmt: skip
    assert first["ts"] == "2023-11-14T22:13:20.123456Z"
    assert (second["caused_by"], second["ts"]) == (["missing_fill_local deal:7"], None)
    assert told["verified"] == {"events": 12, "anchors": 3}
    plain(told)


def test_every_policy_and_kind_has_words() -> None:
    assert {one.policy for one in MEANINGS.values()} == POLICIES.keys()
    assert MEANINGS.keys() == set(Kind)


def test_people_see_the_result_first_and_causes_before_what_follows() -> None:
    shown = text(outcome(ROOT, DERIVED, KNOWN))
    assert shown.startswith("FINDINGS  1 finding (1 warning), 1 that follows from it, 1 known to the ledger")
    assert "10.10 USD stated, 10.00 added up: -0.10 apart" in shown
    assert shown.index("missing_fill_local") < shown.index("└ balance_diff")
    assert max(map(len, shown.splitlines())) <= 110


def test_the_headline_counts_in_words_that_fit_the_number() -> None:
    other = finding(Kind.FEE_DIFF, "deal:8", field="fee")
    more = follower("deal:8"), DERIVED

    def line(*found: Finding) -> str:
        return headline(document(outcome(*found)))

    assert line(ROOT) == "1 finding (1 warning)"
    assert line(ROOT, other, DERIVED) == "2 findings (2 warning), 1 that follows from them"
    assert line(ROOT, *more) == "1 finding (1 warning), 2 that follow from it"
    known = "1 known to the ledger"
    assert line(DERIVED, KNOWN) == f"no finding that counts, 1 that follows from others, {known}"
    assert line(*more, KNOWN) == f"no finding that counts, 2 that follow from others, {known}"
    assert line(KNOWN) == f"no finding that counts, {known}"


def follower(key: str) -> Finding:
    """A finding that the usual one explains."""
    return finding(Kind.SWAP_DIFF, key, caused_by=(ROOT.name,))


def test_nothing_is_promised_of_a_ledger_that_is_not_what_was_written() -> None:
    broken = finding(Kind.LEDGER_INTEGRITY, "account", note="chain")
    value = finding(Kind.FILL_PRICE_DIFF, "deal:8")
    for shown in (text(outcome(ROOT, value)), reconcile_page(document(outcome(ROOT, value)))):
        assert "--apply books it" in shown
    for shown in (
        text(outcome(broken, ROOT, value)), reconcile_page(document(outcome(broken, ROOT, value))),
    ):  # fmt: skip
        assert "--apply" not in shown
        assert "nothing before the" in shown


def test_a_clean_result_is_short() -> None:
    shown = text(replace(outcome(), computed=Decimal("10.10")))
    assert shown.splitlines()[0].split(maxsplit=1) == ["CLEAN", "not a single difference"]
    assert "10.10 USD stated, the same added up" in shown
    assert len(shown.splitlines()) == 5


def test_it_is_told_how_much_was_compared_and_that_it_was_nothing() -> None:
    some = outcome(compared={"deals": 3, "orders": 1, "positions": 0})
    assert document(some)["compared"] == {"deals": 3, "orders": 1, "positions": 0}
    assert re.search(r"looked at +3 deals, 1 order, 0 positions\n", text(some))
    none = {"deals": 0, "orders": 0}
    assert re.search(r"looked at +nothing: 0 deals, 0 orders\n", text(outcome(compared=none)))
    void = outcome(compared=none, window=Window(END, END))
    assert re.search(r"looked at +a window of no length: 0 deals, 0 orders\n", text(void))


def test_an_inconclusive_result_says_why() -> None:
    verdict = Verdict("inconclusive", (finding(Kind.WINDOW_INCOMPLETE, "account"),))
    shown = text(outcome(verdict=verdict, window=Window(START, END, complete=False, why="page 3 is missing")))
    assert shown.startswith("INCONCLUSIVE")
    assert "not complete: page 3 is missing" in shown


def test_many_findings_are_cut_in_the_table_only() -> None:
    many = [finding(Kind.FEE_DIFF, f"deal:{number}") for number in range(SHOWN + 5)]
    what = outcome(*many)
    assert "and 5 more" in text(what)
    assert len(document(what)["findings"]) == len(findings_table(what)) == SHOWN + 5
    assert reconcile_page(document(what)).count("<article") == SHOWN + 5


def test_a_statement_by_itself_shows_what_it_was_verified_by() -> None:
    days = [{"day": "2024-02-01", "profit": Decimal("-1.20")}, {"day": "2024-02-02", "profit": None}]
    what = statement(details={"language": "es", "deals": 1044, "days": days, "rows": []})
    shown = text(what)
    assert "report.html with itself" in shown
    assert re.search(r"deals +1,044", shown)
    assert "2024-02-01" in shown
    page = reconcile_page(document(what))
    assert "Statement verified" in page
    assert "<td class=number>-1.20</td>" in page


def test_the_page_is_alone_and_takes_nothing_literally() -> None:
    hostile = finding(Kind.FOREIGN, "order:1", theirs=HOSTILE, note=HOSTILE, symbol=HOSTILE)
    page = reconcile_page(document(outcome(hostile, against=HOSTILE, account=HOSTILE)))
    assert "<script" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert "default-src 'none'" in page
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page
    Balanced().feed(page)


def test_the_page_shows_every_finding_once() -> None:
    lost = finding(Kind.SWAP_DIFF, "position:3", caused_by=("no such finding",))
    page = reconcile_page(document(outcome(ROOT, DERIVED, KNOWN, lost)))
    for one in (ROOT, KNOWN, lost):
        assert page.count(f"<b>{one.kind.value}</b>") == 1
    assert page.count("<li>balance_diff account balance: 1 here, 2 there") == 1


class Balanced(HTMLParser):
    """Refuses a page whose elements are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_table_of_findings_keeps_values_and_instants_exactly() -> None:
    table = findings_table(outcome(ROOT, DERIVED, KNOWN))
    first, second, _ = table.to_pylist()
    assert table["ts"].cast("int64").to_pylist() == [START, None, None]
    assert (first["ours"], first["theirs"], second["caused_by"]) == (None, "0.10 at 1.1", [ROOT.name])
    assert findings_table(outcome()).schema == findings_table(outcome(ROOT)).schema


def metrics(told: Told) -> dict[str, float]:
    """Name with labels = value; refuses what a node exporter would."""
    found = {}
    for line in metrics_text(told).splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r'(ictcli_reconcile_\w+\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\}) (\S+)', line)
            assert match, line
            assert match[1] not in found
            found[match[1]] = float(match[2])
    return found


def test_metrics_count_every_kind_also_those_not_found() -> None:
    what = outcome(ROOT, DERIVED, KNOWN, clock_offset=250_000_000)
    found = metrics(Told("broker", "ledger", 9, START, END, what, 0))
    assert found['ictcli_reconcile_exit_code{ledger="broker",mode="ledger"}'] == 9
    assert found['ictcli_reconcile_findings{ledger="broker",mode="ledger",kind="missing_fill_local"}'] == 1
    assert found['ictcli_reconcile_findings{ledger="broker",mode="ledger",kind="balance_diff"}'] == 0
    assert sum("_findings{" in name for name in found) == len(Kind)
    assert found['ictcli_reconcile_balance_difference{ledger="broker",mode="ledger",currency="USD"}'] == -0.1
    assert found['ictcli_reconcile_clock_offset_seconds{ledger="broker",mode="ledger"}'] == 0.25
    assert (
        found['ictcli_reconcile_last_run_timestamp_seconds{ledger="broker",mode="ledger"}'] == 1_700_000_007
    )
    assert found['ictcli_reconcile_last_clean_timestamp_seconds{ledger="broker",mode="ledger"}'] == 0


def test_metrics_of_a_run_that_came_to_nothing_say_so() -> None:
    found = metrics(Told('a"b\\c', "ledger", 6, START, END, None, END))
    assert found['ictcli_reconcile_exit_code{ledger="a\\"b\\\\c",mode="ledger"}'] == 6
    assert len(found) == 4


def test_metrics_count_the_differences_from_a_backtest() -> None:
    what = replace(backtest(same=False), differences=differing(3))
    found = metrics(Told("paper", "backtest", 9, START, END, what, 0))
    assert found['ictcli_reconcile_differences{ledger="paper",mode="backtest"}'] == 3
    found = metrics(Told("paper", "ledger", 0, START, END, outcome(), 0))
    assert not any("_differences" in name for name in found)


def backtest(**changed: Any) -> Outcome:
    details = {
        "same": True, "decisions_compared": 12, "decisions_different": 0, "fills_compared": 1,
        "fills_only_in_the_ledger": 0, "fills_only_in_the_backtest": 0, "fills_of_another_volume": 0,
        "slippage_points": {"mean": 0.5, "worst": 1, "best": 0}, "slipped": [],
    }  # fmt: skip
    differs = Verdict("findings" if changed else "clean", ())
    base = outcome(mode="backtest", against="the backtest", verdict=differs, details=details | changed)
    return replace(base, stated=None, computed=None)


def test_a_comparison_with_the_backtest_says_what_differs() -> None:
    shown = text(backtest())
    assert "12 decisions and 1 fill are the same" in shown
    assert "slippage points             mean 0.5, worst 1, best 0" in shown
    what = backtest(same=False, decisions_different=1, fills_only_in_the_backtest=2)
    what = replace(what, differences=differing(SHOWN + 2))
    shown = text(what)
    assert "FINDINGS  " in shown
    assert "1 decided otherwise, 2 filled in the backtest only" in shown
    assert re.search(
        r"2023-11-14T22:13:2\S+ +decision_diff +EURUSD M5 sma_cross +nothing +enter, long", shown
    )
    assert max(map(len, shown.splitlines())) <= 120
    assert "and 2 more: --json" in shown
    page = reconcile_page(document(what))
    assert "Backtest compared" in page
    assert page.count("<td>decision_diff</td>") == SHOWN + 2
    assert " 1 filled in another volume\n" in text(backtest(same=False, fills_of_another_volume=1))


def test_differences_from_a_backtest_are_rows_of_every_form() -> None:
    what = replace(backtest(same=False), differences=differing(2))
    told = document(what)
    assert [(one["kind"], one["key"], one["ours"], one["theirs"]) for one in told["differences"]] == [
        ("decision_diff", "bar:2023-11-14T22:13:20.123456Z", None, "enter, long"),
        ("decision_diff", "bar:2023-11-14T22:13:21.123456Z", None, "enter, long"),
    ]
    assert (told["findings"], told["counts"]["differences"], told["counts"]["derived"]) == ([], 2, 0)
    plain(told)
    table = findings_table(what)
    assert table.schema == findings_table(outcome(ROOT)).schema
    assert [one["field"] for one in table.to_pylist()] == ["EURUSD M5 sma_cross"] * 2


def test_differences_in_a_broken_ledger_follow_from_that() -> None:
    broken = finding(Kind.LEDGER_INTEGRITY, "account", note="chain")
    what = replace(backtest(same=False), verdict=Verdict("findings", (broken,)))
    what = replace(what, differences=differing(2, broken.name))
    assert headline(document(what)) == "1 finding (1 critical), 2 that follow from it"
    assert [one["root"] for one in findings_table(what).to_pylist()] == [True, False, False]
