"""The MetaTrader adapter passes every conformance card over the simulated terminal."""

import pytest

from ictcli.brokers.conformance import CARDS, play
from ictcli.brokers.conformance_card import Card
from tests.brokers.stage import Execution, Mode, set_stage

NAMES = [card.name for card in CARDS]
NEEDS_NOW = ("C51",)
"""A part is told in the answer only where orders are executed at once."""


@pytest.mark.parametrize("execution", ["immediate", "next_quote"])
@pytest.mark.parametrize("mode", ["hedging", "netting"])
@pytest.mark.parametrize("card", CARDS, ids=NAMES)
def test_the_adapter_passes(card: Card, mode: Mode, execution: Execution) -> None:
    if card.name in NEEDS_NOW and execution == "next_quote":
        pytest.skip("orders are filled at the next quote here, so no answer tells a part")
    play(card, set_stage(mode, execution)[0])
