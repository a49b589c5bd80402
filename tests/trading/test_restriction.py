"""A session that may not open anything says so, and what to do."""

import pytest

from ictcli.ledger.bodies import Mode
from ictcli.trading.restriction import restricted


def test_nothing_is_said_while_everything_is_allowed() -> None:
    assert restricted("active", "account: orders, positions and money agree") == ""


@pytest.mark.parametrize(
    ("mode", "reason", "advice"),
    [
        ("reducing", "account: a position of nobody", "compare `ictcli status`"),
        ("reducing", "breaker: 5 orders in a row were refused", "lift it with `ictcli resume`"),
        ("reducing", "clock: two hours off", "when the broker's clock keeps its rule"),
        ("halted", "invariants: a deal twice", "`ictcli ledger verify`"),
        ("halted", "something else", "see `ictcli status`"),
    ],
)
def test_every_restriction_says_what_why_and_what_to_do(mode: Mode, reason: str, advice: str) -> None:
    line = restricted(mode, reason)
    assert line.startswith(f"trading is {mode}, ")
    assert f": {reason}; " in line
    assert advice in line
