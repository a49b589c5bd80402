from decimal import Decimal

import pytest

from ictcli.reconcile.mismatch import Doubts


@pytest.mark.parametrize(
    ("stated", "computed", "decimals", "contradicts"),
    [
        ("0.45", "0.4500652", 2, False),
        ("0.46", "0.4500652", 2, True),
        ("0.5", "0.4500652", 2, True),  # a digit was lost
        ("0.5", "0.5049", 2, False),
        ("0.505", "0.5052", 2, False),
        ("2", "2.5", 0, False),
        ("2", "2.51", 0, True),
    ],
)
def test_a_rounded_number_may_be_half_of_its_last_digit_off(
    stated: str, computed: str, decimals: int, *, contradicts: bool
) -> None:
    doubts = Doubts(whole=True)
    doubts.near("results", Decimal(stated), Decimal(computed), decimals)
    assert bool(doubts.mismatches) is contradicts
