"""What an operator asks of a workspace beside trading: room, logs, alerts, backups, models, odd values."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ictcli.clock import iso, parse_duration
from ictcli.config.records import Config
from ictcli.errors import DataError
from ictcli.operations.backup_standing import standing
from ictcli.operations.log_files import FOLDER, log_files
from ictcli.operations.outbox_listing import summary
from ictcli.trading.metrics import FOLDER as METRICS

if TYPE_CHECKING:
    from ictcli.models.store import ModelStore
    from ictcli.operations.baselines_history import Judged

_NOTHING = {"unusual": [], "judged": 0, "too_short": 0, "longest": 0, "needed": 0, "error": ""}


NO_ALERTS: dict[str, Any] = {
    "unacknowledged": {"info": 0, "warning": 0, "critical": 0}, "oldest": None, "waiting": 0, "failed": 0,
}  # fmt: skip
"""What is said of alerts where the outbox cannot be read."""
NO_BACKUP: dict[str, Any] = {"last": None, "drill": None, "held": None, "beyond": [], "overdue": []}
"""What is said of backups where nothing is known of them."""


def disk(folder: Path) -> dict[str, int]:
    """Room on the disk that holds a folder, which may not exist yet."""
    usage = shutil.disk_usage(next(part for part in (folder, *folder.parents) if part.exists()))
    return {"free_bytes": usage.free, "total_bytes": usage.total}


def logs(state: Path) -> dict[str, Any]:
    """The log files: how many, how large, and when a line was written last."""
    files = log_files(state / FOLDER)
    sizes, changed = [], []
    for path in files:
        try:
            found = path.stat()
        except OSError:
            continue
        sizes.append(found.st_size)
        changed.append(found.st_mtime_ns)
    return {"files": len(sizes), "bytes": sum(sizes), "last": iso(max(changed)) if changed else None}


def alerts(state: Path) -> dict[str, Any]:
    """Alerts that nobody acknowledged, by severity; the oldest; deliveries that wait or failed.

    Raises:
        DataError: the outbox is damaged.
    """
    found = summary(state)
    return {
        "unacknowledged": found.unacknowledged,
        "oldest": iso(found.oldest) if found.oldest else None,
        "waiting": found.waiting,
        "failed": found.failed,
    }


def backup(
    workspace: Path, state: Path, config: Config, events: Mapping[str, int], now: int
) -> dict[str, Any]:
    """When a backup was made and restored from last, what is overdue, and ledgers of which one holds more."""
    found = standing(workspace / config.backup.folder, state, config.backup, now)
    last = found.last
    return {
        "last": iso(last.made.at) if last.made else None,
        "drill": iso(last.drill.at) if last.drill else None,
        "held": asdict(found.any) if found.any else None,
        "beyond": found.beyond(events),
        "overdue": list(found.late),
    }


def models(store: "ModelStore") -> list[dict[str, Any]]:
    """Models in service: whose champion is asked when nobody names a version.

    Raises:
        DataError: the aliases of a model are damaged.
    """
    found = []
    for name in store.names():
        aliases = store.aliases(name)
        if aliases.champion:
            since = aliases.last.at if aliases.last else None
            found.append(
                {
                    "model": name, "champion": aliases.champion, "challenger": aliases.challenger or None,
                    "changed": since,
                }
            )  # fmt: skip
    return found


def unusual(data: Path, state: Path, config: Config, now: int) -> dict[str, Any]:
    """Measurements whose last quarter hour was not as usual; how many were judged, how many could not be."""
    if not (data / METRICS).is_dir():
        return dict(_NOTHING)
    from ictcli.operations.baselines_history import judge  # noqa: PLC0415 - loads DuckDB

    try:
        found = judge(
            data, state, now=now, learn_from=parse_duration(config.metrics.learn_from),
            false_alarm=config.metrics.false_alarm,
        )  # fmt: skip
    except DataError as error:
        return {**_NOTHING, "error": error.message}
    return {**_NOTHING, **_deviations(found)}


def _deviations(found: "Judged") -> dict[str, Any]:
    longest = max((windows for _, windows in found.short), default=0)
    return {
        "unusual": [
            {
                "account": one.account, "metric": one.metric, "label": one.label, "since": iso(one.start),
                "value": one.value, "usual": one.usual, "distance": one.distance, "limit": one.limit,
            }
            for one in found.unusual
        ],
        "judged": len(found.deviations),
        "too_short": len(found.short),
        "longest": longest,
        "needed": found.needed,
    }  # fmt: skip


def unusual_text(one: Mapping[str, Any]) -> str:
    """An unusual measurement in words."""
    label = f" of {one['label']}" if one["label"] else ""
    return (
        f"{one['metric']}{label}: {one['value']:.4g}, usually {one['usual']:.4g} "
        f"({one['distance']:.1f} spreads away, {max(one['limit'], 0.0):.1f} are usual)"
    )


def history_days(windows: int) -> float:
    """Days that so many quarter hours are, for people."""
    return windows / 96


def worst(unacknowledged: dict[str, int]) -> Sequence[str]:
    """Alerts in words, the gravest first; nothing where there are none."""
    order = ("critical", "warning", "info")
    return [f"{unacknowledged[severity]} {severity}" for severity in order if unacknowledged.get(severity)]
