"""The names of the rules are documented."""

from pathlib import Path

from ictcli.market.validation.rules import RULES


def test_the_table_in_the_documentation_is_the_table_in_the_code() -> None:
    text = (Path(__file__).parents[2] / "docs" / "fetch.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]

    assert rows == [f"| `{rule.name}` | {rule.effect} | {rule.meaning} |" for rule in RULES]
