"""Does an edge still stand among all that was tried since: asked before a version becomes champion.

A verdict counts the attempts that were known when it was made. Whoever tries on, and then promotes the one
version that had looked good, would be judged as if he had tried but once.
"""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from ictcli.errors import DataError
from ictcli.learning.keeping import TRAINING_FILE
from ictcli.learning.trial_log import Attempt, attempts_known, by_day, log_of, read_attempts
from ictcli.learning.trust.selection import stand_of
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.models.promotion import Gate
from ictcli.models.store import ModelStore
from ictcli.models.version import Version


class _Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a training says of the attempt that it judged."""

    attempt: str = ""
    trials: int = 1


class _Training(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a training's report that is needed here."""

    evidence: _Evidence = _Evidence()


def with_later_attempts(gate: Gate, version: Version, models: ModelStore, state: Path) -> Gate:
    """The gate, closed where an edge no longer stands among the attempts as they are logged now.

    Args:
        gate: what files and card say.
        version: the one to be promoted.
        models: the registry, whose versions remember how many attempts there were.
        state: folder of the logs.
    """
    if not gate.passed:
        return gate
    reasons = objections(version, models, state)
    return replace(gate, passed=False, reasons=reasons) if reasons else gate


def objections(version: Version, models: ModelStore, state: Path) -> tuple[str, ...]:
    """Why the edge of a version no longer stands, or cannot be judged; nothing where it stands."""
    card = version.card.series
    series = SeriesKey(card.source, card.symbol, parse_timeframe(card.timeframe))
    log = log_of(state, series)
    try:
        kept = msgspec.json.decode(version.read(TRAINING_FILE), type=_Training).evidence
        logged = read_attempts(log)
    except (DataError, msgspec.MsgspecError) as error:
        return (f"its edge cannot be judged again: {error}",)
    own = _own(kept.attempt, logged)
    if own is None:
        what = f"is not in {log.name}" if log.is_file() else f"is lost with {log.name}"
        return (f"its edge cannot be judged again: its attempt {what}",)
    count = max(len(logged), attempts_known(models, series))
    stand = stand_of(np.asarray(own.returns, np.float64), by_day(logged), count)
    failing = [reason for passed, reason in stand.answers if not passed]
    added = count - kept.trials
    said = f"{added} attempt{'' if added == 1 else 's'} since it was trained"
    return (f"after {said} its edge no longer stands: {'; '.join(failing)}", *failing) if failing else ()


def _own(key: str, logged: list[Attempt]) -> Attempt | None:
    """The attempt that a version was judged by, unless its results turned out beyond belief."""
    return next((one for one in logged if one.key == key and not one.stopped), None)
