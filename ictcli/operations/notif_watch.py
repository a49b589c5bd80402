"""Does the notifier that is up do its work? Seen from outside."""

from pathlib import Path

from ictcli.operations.alerts_spool import inbox
from ictcli.operations.notif_running import PULSE
from ictcli.trading.pulse import last_beat


def notifier_trouble(state: Path, longest: int, now: int) -> str:
    """Why the notifier seems not to do its work; empty when it does.

    Args:
        state: the workspace's state folder.
        longest: ns that its heartbeat may be old, or what waits in the spool may wait.
        now: ns UTC.
    """
    beat = last_beat(state / PULSE)
    if now - beat > longest:
        return "the notifier holds the outbox and gives no heartbeat"
    waiting = [path.stat().st_mtime_ns for path in inbox(state).glob("[0-9]*.json")]
    if waiting and now - min(waiting) > longest:
        return "alerts wait in the spool and nobody takes them in"
    return ""
