"""Series that share one account stop together when its balance is gone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ictcli.engine.refusals import Refusal
from ictcli.engine.simulate import Simulation
from ictcli.market.bars import Bars
from ictcli.strategies.signals import Signals

Play = tuple[Bars, Signals, Simulation]


def stop_at_ruin(plays: Sequence[Play], opening: int) -> list[Simulation]:
    """The simulations without anything opened after the joint balance first fell to zero or below.

    Args:
        plays: bars, signals and simulation of each series, all on one account.
        opening: opening balance in minor units.
    """
    moment = _ruin(plays, opening)
    return [result if moment is None else _until(play, moment) for play in plays for result in play[2:]]


def _ruin(plays: Sequence[Play], opening: int) -> int | None:
    """The close of the trade that emptied the account, nanoseconds UTC."""
    closes = np.concatenate([bars.ts_close[result.trades["closed"]] for bars, _, result in plays])
    nets = np.concatenate([result.trades["gross"] - result.trades["commission"] for _, _, result in plays])
    order = np.argsort(closes, kind="stable")
    gone = np.flatnonzero(opening + np.cumsum(nets[order]) <= 0)
    return int(closes[order][gone[0]]) if len(gone) else None


def _until(play: Play, moment: int) -> Simulation:
    bars, signals, result = play
    kept = bars.ts[result.trades["opened"]] < moment
    trades = result.trades[kept]
    codes = result.codes.copy()
    valid = codes != Refusal.INVALID_SIGNAL
    known = bars.ts_close[np.where(valid, signals.bar, 0).astype(np.int64)]
    codes[(known >= moment) & np.isin(codes, [Refusal.NONE, Refusal.IN_POSITION])] = Refusal.BALANCE_EXHAUSTED
    codes[result.trades["signal"][~kept]] = Refusal.BALANCE_EXHAUSTED
    lost = result.trades[~kept]
    balance = result.balance - int((lost["gross"] - lost["commission"]).sum())
    return replace(result, trades=trades, codes=codes, balance=balance)
