"""What nothing can be learned from is refused with its true cause."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.features.served import served_set
from ictcli.market.bars import Bars, make_bars
from tests.features.worlds import QUARTER, stamps
from tests.learning.proofs.desk import desk, trained
from tests.learning.proofs.null_worlds import DIGITS, walk


def still(count: int) -> Bars:
    """Bars whose price never moves."""
    price = np.full(count, 110_000)
    ts, ticks = stamps(count), np.ones(count, np.int64)
    return make_bars(
        DIGITS,
        ts,
        ts + QUARTER,
        (price, price, price, price),
        tick_volume=ticks,
        spread=np.ones(count, np.int32),
    )


def refusal(folder: Path, bars: Bars, **plan: Any) -> DataError:
    with pytest.raises(DataError) as refused:
        trained(desk(folder, bars), models=("logistic",), **plan)
    return refused.value


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("barriers", "volatility not known or 0"),
        ("horizon", "unchanged at the horizon"),
        ("trend", "no trend"),
    ],
)
def test_prices_that_never_move_are_said_to_be_the_cause(label: str, why: str, tmp_path: Path) -> None:
    found = refusal(tmp_path, still(2_000), label=label)
    assert found.message.startswith("no event is left to learn from 2,000 bars; candidates dropped: ")
    assert why in found.message
    assert "hardly moves" in found.hint


@pytest.mark.parametrize("count", [1, 184])
def test_too_few_bars_are_told_how_many_are_needed(count: int, tmp_path: Path) -> None:
    warmup = served_set("core26").warmup
    found = refusal(tmp_path, walk(1, count), horizon=24, lockbox=0.2)
    assert f"too few bars to learn from: {count:,}, but a first event needs " in found.message
    assert f"{warmup:,} to warm up" in found.message
    needed = int(found.message.split("needs ")[1].split(":")[0].replace(",", ""))
    assert (needed - 1) * 0.8 < warmup + 24 + 2 <= needed * 0.8
