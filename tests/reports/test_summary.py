"""The report as text: everything on it, nothing wider than a terminal."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ictcli.engine.order_log import EQUITY, ORDERS
from ictcli.engine.refusals import refusal_table
from ictcli.engine.trades import TRADES
from ictcli.reports.layout import WIDTH
from ictcli.reports.summary import explained, month_lines, report_document, report_text, result_text
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.signal_log import SIGNALS
from tests.reports.conftest import metric


def test_no_line_is_wider_than_the_screen(document: dict[str, Any], trades: pa.Table) -> None:
    for text in (result_text(document), report_text(document, trades)):
        assert max(len(line) for line in text.splitlines()) <= WIDTH
        assert not any(line != line.rstrip() for line in text.splitlines())


def test_checks_too_wide_for_a_line_tell_their_reason_below(document: dict[str, Any]) -> None:
    check = document["gate"]["checks"][0]
    check |= {
        "condition": "net_expectancy_r (high) >= -1.23457e+06",
        "reason": "only 249 of 1000000 observations",
    }
    lines = result_text(document).splitlines()
    assert max(map(len, lines)) <= WIDTH
    at = next(i for i, line in enumerate(lines) if "1.23457e+06" in line)
    assert lines[at].startswith(
        "  INCONCLUSIVE  net_expectancy_r (high) >= -1.23457e+06: 0.379 R, low -0.500 R,"
    )
    assert f"{lines[at]} {lines[at + 1].strip()}".endswith("only 249 of 1000000 observations")


def test_the_gate_is_told_with_every_reason(document: dict[str, Any]) -> None:
    text = result_text(document)
    assert "Gate INCONCLUSIVE: 0 of 1 checks met, 1 inconclusive (config/gates.toml)" in text
    assert "low -0.500 R  interval includes the limit" in text
    assert "Gate: none asked" in result_text({**document, "gate": None})


def test_a_report_shows_all_its_parts(document: dict[str, Any], trades: pa.Table) -> None:
    text = report_text(document, trades)
    for part in (
        "20240301T000000Z-abcdef01",
        "fvg_retest on EURUSD, XAUUSD M15 from sim",
        "Too few trades to tell an edge or a loss: 5, 30 at least.",
        "10,000.00 USD, 0.5 % risk per trade on the opening balance",
        "in_position  2: the series already had a position",
        "Ambiguous stops, whose bar also touched the target: 1",
        "market order at the next open",
        "ictcli backtest EURUSD --strategy fvg_retest",
        "sim/EURUSD/M1 abababab",
    ):
        assert part in text


def test_what_every_symbol_was_charged_is_shown_zero_included(
    document: dict[str, Any], trades: pa.Table
) -> None:
    lines = report_text(document, trades).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Series "))
    assert lines[start + 2].split() == [
        "EURUSD",
        "1,000",
        "4",
        "8/40",
        "100.0",
        "%",
        "3.50",
        "USD",
        "none",
        "0",
    ]
    assert lines[start + 3].split() == ["XAUUSD", "1,000", "4", "8/40", "100.0", "%", "none", "none", "0"]


def test_a_report_holds_every_metric_and_every_part(document: dict[str, Any], trades: pa.Table) -> None:
    document["metrics"] = {name: metric(1.25, 0.5, 2.5) for name in METRICS}
    text = report_text(document, trades)
    for definition in METRICS.values():
        assert text.count(f"\n{definition.label}  ") == 1, definition.label
    for title in ("Symbol ", "Side ", "Session ", "Day ", "Hour (NY) ", "Exit "):
        assert f"\n{title}" in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_metric_that_was_judged_gives_the_unit(document: dict[str, Any]) -> None:
    check = document["gate"]["checks"][0]
    check |= {"metric": "dsr", "judged": "psr", "found": 0.97, "found_bound": None, "bound": "value"}
    assert "97.0 %" in result_text(document)


def test_months_are_a_grid_of_net_results(document: dict[str, Any], trades: pa.Table) -> None:
    line = next(line for line in report_text(document, trades).splitlines() if line.startswith("2024 "))
    # 120 - 50 in January, -50.50 + 75.25 + 0 in February
    assert line.split() == ["2024", "70", "25", "95"]


@pytest.mark.parametrize(
    ("net", "shown"),
    [
        *(("-9999.49", "-9999"), ("-9999.50", "-10k"), ("0.40", "0"), ("999499", "999k"), ("-999500", "-1m")),
        *(("355123", "355k"), ("-999499999", "-999m"), ("999500000", "1b"), ("2e12", "2e+12")),
    ],
)
def test_a_grid_of_large_results_fits_the_screen(net: str, shown: str) -> None:
    rows = [{"month": f"2024-{month:02}", "net": Decimal(net)} for month in range(1, 13)]
    lines = month_lines(rows)
    assert lines[2].split()[1:13] == [shown] * 12
    assert max(map(len, lines)) <= WIDTH


def test_a_run_without_trades_still_makes_a_report(document: dict[str, Any]) -> None:
    document["metrics"]["trades"]["value"] = 0
    text = report_text(document, TRADES.empty_table())
    assert "No trades: nothing is shown" in text
    assert "Fill assumptions" in text


def test_the_document_adds_breakdowns_to_what_was_kept(document: dict[str, Any], trades: pa.Table) -> None:
    report = report_document(document, trades)
    assert {key: report[key] for key in document} == document
    assert [row["symbol"] for row in report["by_symbol"]] == ["EURUSD", "XAUUSD"]
    assert [row["month"] for row in report["by_month"]] == ["2024-01", "2024-02"]
    assert [row["session"] for row in report["by_session"]] == ["london"]
    assert {row["exit"] for row in report["by_exit"]} == {"stop", "target"}
    assert report["best"][0]["net"] > 0 > report["worst"][0]["net"]


def test_the_page_on_backtests_prints_the_tables_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backtest.md").read_text(encoding="utf-8")
    assert refusal_table() in page
    tables = {name: part.split("| column of")[0] for name, part in _parts(page)}
    for name, schema in (("trades", TRADES), ("orders", ORDERS), ("signals", SIGNALS), ("equity", EQUITY)):
        assert [field.name for field in schema if f"`{field.name}`" not in tables[name]] == []


def _parts(page: str) -> list[tuple[str, str]]:
    """Name of each described table, and what follows its name."""
    found = page.split("| column of `")[1:]
    return [(each.partition("`")[0], each) for each in found]


def test_a_report_begins_and_ends_with_what_decides(document: dict[str, Any], trades: pa.Table) -> None:
    document["gate"]["checks"] = document["gate"]["checks"][:1]
    lines = report_text(document, trades).splitlines()
    verdicts = [at for at, line in enumerate(lines) if line.startswith("Gate ")]
    assert len(verdicts) == 2
    assert verdicts[0] < 6
    assert verdicts[1] > len(lines) - 6
    assert "at the top of this report" in lines[-1]
    order = [next(at for at, line in enumerate(lines) if line.startswith(name))
             for name in ("Metric ", "Series ", "Symbol ", "Fill assumptions", "Provenance")]  # fmt: skip
    assert order == sorted(order)


def test_a_result_names_the_attempts_that_deflate_it(document: dict[str, Any]) -> None:
    earlier = {"runs": ["first"], "trials": 2, "effective_trials": 1.5, "unreadable": []}
    assert "Earlier attempts" not in result_text(document)
    assert "2 trials with this one, 1.5 effective trials" in result_text({**document, "earlier": earlier})


def test_an_order_that_trading_refused_is_explained_though_no_rule_of_the_engine_did() -> None:
    assert "the send gate or the broker refused" in explained("refused")


def test_a_year_is_summed_to_the_unit() -> None:
    rows = [
        {"month": "2024-01", "net": Decimal("-9876.40")},
        {"month": "2024-02", "net": Decimal("-6554.10")},
    ]
    assert month_lines(rows)[-1].split() == ["2024", "-9876", "-6554", "-16,430"]


def test_a_drawdown_that_stops_trading_names_both_of_its_keys() -> None:
    told = explained("drawdown")
    assert "risk.drawdown" in told
    assert "sizing.throttle" in told
