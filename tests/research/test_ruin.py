"""One account that is gone is gone for every series."""

import numpy as np

from ictcli.engine.refusals import Refusal
from ictcli.engine.simulate import simulate
from ictcli.research.ruin import Play, stop_at_ruin
from tests.engine import samples

CALM = (100_000, 100_020, 99_999, 100_000)
CRASH = (50_000, 50_010, 49_990, 50_000)


def play(rows: list[tuple[int, int, int, int]], *orders: tuple[int, ...]) -> Play:
    bars = samples.bars(rows, [0] * len(rows))
    signals = samples.signals(*orders)
    on = samples.on_account("100.00", compound=False)
    return bars, signals, simulate(bars, signals, samples.spec(), on)


def test_nothing_is_opened_after_the_joint_balance_is_gone() -> None:
    # The first series loses about 12,500 on bar 2 by a gap; the other would trade on bars 1, 3 and 5.
    broken = play([CALM, CALM, CRASH, CRASH], (0, 1, 99_998, 0, 0))
    fine = play(
        [CALM] * 7, (0, 1, 99_990, 0, 2), (2, 1, 99_990, 0, 1), (4, 1, 99_990, 0, 1), (4, 1, 99_990, 0, 1)
    )
    first, second = stop_at_ruin([broken, fine], 10_000)
    assert first.trades.tolist() == broken[2].trades.tolist()
    assert second.trades["opened"].tolist() == [1]
    assert [Refusal(code).label for code in second.codes] == ["none", *["balance_exhausted"] * 3]
    net = second.trades["gross"] - second.trades["commission"]
    assert second.balance == 10_000 + int(net.sum())


def test_an_account_that_lives_changes_nothing() -> None:
    plays = [play([CALM] * 5, (0, 1, 99_990, 0, 1)), play([CALM] * 5, (2, -1, 100_100, 0, 1))]
    for before, after in zip(plays, stop_at_ruin(plays, 10_000), strict=True):
        assert after is before[2]


def test_invalid_signals_keep_their_code() -> None:
    broken = play([CALM, CALM, CRASH, CRASH], (0, 1, 99_998, 0, 0))
    odd = play([CALM] * 5, (0, 0, 99_990, 0, 0), (99, 1, 99_990, 0, 0))
    codes = stop_at_ruin([broken, odd], 10_000)[1].codes
    assert np.all(codes == Refusal.INVALID_SIGNAL)
