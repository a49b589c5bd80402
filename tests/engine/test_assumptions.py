"""The list of assumptions."""

from pathlib import Path

from ictcli.engine.assumptions import ASSUMPTIONS, assumption_table


def test_the_page_on_fills_prints_the_list_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "fills.md").read_text(encoding="utf-8")
    assert assumption_table() in page


def test_every_rule_is_stated_once() -> None:
    topics = [one.topic for one in ASSUMPTIONS]
    assert len(set(topics)) == len(topics)
    assert len({one.rule for one in ASSUMPTIONS}) == len(topics)


def test_a_rule_fits_into_a_cell_of_a_table() -> None:
    for one in ASSUMPTIONS:
        assert "|" not in one.topic + one.rule
        assert "\n" not in one.rule
        assert not one.rule.endswith(".")
