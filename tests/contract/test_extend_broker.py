"""The page on adding a broker, followed to the letter in a copy of the checkout."""

import sys
from pathlib import Path

import pytest

from tests.contract.pages import Checkout, commands, read

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are of a POSIX shell")
PAGE = read("extend-a-broker.md")


def test_the_broker_of_the_page_passes_the_cards(tmp_path: Path) -> None:
    """Every command, without the compiler; it takes cards by itself, so a shortened list is a failure."""
    checkout = Checkout(tmp_path, compiled=False)
    checkout.follow(PAGE)
    (cards,) = commands(PAGE)
    assert " passed" in checkout.run(cards)


@pytest.mark.proof
def test_a_broker_that_notes_and_does_not_hold_back_fails_a_card(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, compiled=False)
    checkout.follow(PAGE)
    module = checkout.folder / "ictcli" / "brokers" / "noted" / "broker.py"
    text = module.read_text(encoding="utf-8")
    spoiled = text.replace("            kept = hold()\n", "            kept = None\n")
    assert spoiled != text
    module.write_text(spoiled, encoding="utf-8")
    (cards,) = commands(PAGE)
    with pytest.raises(AssertionError, match="CardFailed"):
        checkout.run(cards)
