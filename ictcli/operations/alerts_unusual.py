"""Measurements that are not as usual, as alerts: judged once a quarter hour, at most one a day of each."""

from pathlib import Path

from ictcli.clock import iso, parse_duration
from ictcli.config.metrics import MetricsConfig
from ictcli.errors import DataError
from ictcli.operations.alerts import Alert, daily
from ictcli.operations.baselines import WINDOW
from ictcli.operations.baselines_history import Deviation, judge
from ictcli.trading.pulse import Pulse, last_beat

_JUDGED = Path("alerts", "unusual.pulse")


def unusual_alerts(data: Path, state: Path, config: MetricsConfig, now: int) -> list[Alert]:
    """What was not as usual in the last quarter hour; nothing where that was judged before.

    Args:
        data: folder of the workspace.
        state: folder of the workspace.
        config: how far back baselines are learned from, and how seldom they may be wrong.
        now: ns UTC.
    """
    judged = state / _JUDGED
    if last_beat(judged) // WINDOW == now // WINDOW:
        return []
    Pulse(judged).beat(now)
    try:
        found = judge(
            data, state, now=now, learn_from=parse_duration(config.learn_from), false_alarm=config.false_alarm
        )
    except DataError as error:
        return [daily("unreadable", "warning", error.message, now, "metrics")]
    return [_alert(one, now) for one in found.unusual]


def _alert(one: Deviation, now: int) -> Alert:
    label = f" of {one.label}" if one.label else ""
    text = (
        f"account {one.account}: {one.metric}{label} was {one.value:.6g} from {iso(one.start)} on, "
        f"usual is {one.usual:.6g}"
    )
    return daily("metric_unusual", "warning", text, now, f"{one.account}/{one.metric}/{one.label}")
