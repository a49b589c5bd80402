"""A run as a short Markdown page."""

from typing import Any

from ictcli.reports.markdown import markdown_summary


def tables(text: str) -> list[list[str]]:
    """Lines of each table."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [block for block in blocks if block[0].startswith("|")]


def test_the_verdict_comes_first(document: dict[str, Any]) -> None:
    lines = markdown_summary(document).splitlines()
    assert lines[0] == r"## fvg\_retest M15: INCONCLUSIVE"
    assert lines[2].startswith("sim/EURUSD, sim/XAUUSD, 2024-01-01 to 2024-02-29, 2,000 bars. Run `20240301T")
    assert "Gate INCONCLUSIVE: 0 of 1 checks met, 1 inconclusive (config/gates.toml)" in lines
    assert lines[-1] == "Too few trades to tell an edge or a loss: 5, 30 at least."


def test_checks_and_metrics_are_tables_with_equal_columns(document: dict[str, Any]) -> None:
    checks, metrics = tables(markdown_summary(document))
    assert checks[2] == (
        r"| **INCONCLUSIVE** | net\_expectancy\_r (low) \> 0 | 0.379 R, low -0.500 R "
        "| interval includes the limit |"
    )
    assert metrics[2] == "| trades | 5 | - | 5 |"
    assert "| expectancy | 0.379 R | -0.500 R to 1.200 R | 5 |" in metrics
    for table in (checks, metrics):
        assert len({line.count("|") for line in table}) == 1


def test_without_a_gate_nobody_reads_a_verdict(document: dict[str, Any]) -> None:
    text = markdown_summary({**document, "gate": None})
    assert text.startswith(r"## fvg\_retest M15: no gate asked")
    assert len(tables(text)) == 1


def test_names_cannot_break_the_page(document: dict[str, Any]) -> None:
    document["gate"]["checks"][0] |= {"condition": "net_profit[setup=a|b\n# x] > 0", "reason": "<script>"}
    document["strategy"] = "*a*\n# b"
    text = markdown_summary(document)
    assert r"net\_profit\[setup=a\|b \# x\] \> 0" in text
    assert r"\<script\>" in text
    assert text.splitlines()[0] == r"## \*a\* \# b M15: INCONCLUSIVE"
