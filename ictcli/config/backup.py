"""Configuration of backups."""

from typing import Annotated

from msgspec import Meta

from ictcli.config.fields import Count, Duration, Record, doc


class BackupConfig(Record, frozen=True):
    """Where backups go and how many are kept (docs/backup.md)."""

    folder: Annotated[str, doc("Folder of the backups; relative to the workspace.")] = "backups"
    runs: Annotated[bool, doc("Whether stored runs are in every backup.")] = False
    bars: Annotated[
        bool, doc("Whether data of record (bars, ticks, detections) are in every backup; they are large.")
    ] = False
    logs: Annotated[bool, doc("Whether the logs of the state folder are in every backup.")] = False
    keep_daily: Annotated[
        int, Meta(ge=1, le=10_000), doc("Days of which the newest backup is kept; days without one are none.")
    ] = 7
    keep_weekly: Annotated[Count, doc("ISO weeks of which the newest backup is kept.")] = 5
    keep_monthly: Annotated[Count, doc("Months of which the newest backup is kept.")] = 12
    stale_after: Annotated[Duration, doc("Age of the last backup from which `doctor` warns.")] = "36h"
    drill_after: Annotated[Duration, doc("Age of the last restore drill from which `doctor` warns.")] = "35d"

    def __post_init__(self) -> None:
        if not self.folder.strip() or "\0" in self.folder:
            raise ValueError("folder must name a directory")
